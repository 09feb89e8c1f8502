"""Batches: whole examples packed into rows, with a segment number that keeps them from seeing each other.

Tokens to copy are dealt from shuffled decks, so that every token gets the same number of examples.
Everything dealt is counted: the truth about a token is what was in the batches, not what was in the corpus.
"""
import json
import random

import numpy

import prompts
from prompts import COPY, PROMPTS, Example
from tokenizer import NEWLINE, WORK, BOS, Tokenizer

OTHER_PARAGRAPHS = 5  # one in so many of the paragraphs without a text-only word is used
FREE_SHARE = 0.03  # of the raw text: lines of words, emoji and rare letters


class Deck:
    """Deals each card once before any card comes again."""

    def __init__(self, cards, rng):
        self.cards, self.rng, self.hand = list(cards), rng, []

    def deal(self):
        if not self.hand:
            self.hand = self.cards[:]
            self.rng.shuffle(self.hand)
        return self.hand.pop()


class Batches:
    """Batches of one of `world` processes. All of them draw from the same plan with seeds of their own."""

    def __init__(self, plan, rank, world, seed, grades_folder=WORK):
        self.plan, self.rng = plan, random.Random(seed * 1000 + rank)
        self.tokenizer = tokenizer = Tokenizer()
        with open(f"{grades_folder}/grades.json", encoding="utf-8") as file:
            grades = json.load(file)
        self.deck_order = grades["deck"][:]
        random.Random(seed).shuffle(self.deck_order)  # the first phases use a part of the deck: the same on all ranks
        self.glosses = grades["glosses"]
        self.rare = {int(token): dose for token, dose in grades["rare"].items()}
        self.barred = set(grades["never"]) | set(grades["unused"]) | set(self.rare) | set(grades["textOnly"])
        self.never = numpy.array(sorted(grades["never"] + grades["unused"]))
        self.words = [i for i in grades["deck"] if tokenizer.starts_word[i] and tokenizer.pieces[i][1:].isalpha() and i < 6000]
        self.emoji = [c for c in PROMPTS["emoji"] if self.barred.isdisjoint(tokenizer.rest(c))]
        self.templates = [t for t in COPY if not t.get("heldOut")]
        self.weights = [t["weight"] for t in self.templates]
        self.single = [t for t in self.templates if t["chat"] and t["shots"][0] == 0 and "{X}\" \"" not in t["answer"]]
        archive = numpy.load(f"{grades_folder}/text.npz")
        self.text, ends = archive["ids"], numpy.cumsum(archive["lengths"])
        self.spans = list(zip(ends - archive["lengths"], ends))
        # All paragraphs with a text-only word and a part of the others: those words are to be seen often.
        owners = numpy.repeat(numpy.arange(len(self.spans)), archive["lengths"])
        told = set(owners[numpy.isin(self.text, grades["textOnly"])].tolist())
        cards = [n for n in range(len(self.spans)) if n in told or n % OTHER_PARAGRAPHS == 0]
        self.paragraphs = Deck(cards, self.rng)
        self.left = []  # what is left of the paragraph being read
        self.decks, self.waiting, self.dealt, self.phase = {}, [], {}, None
        self.count = numpy.zeros(tokenizer.size, dtype=numpy.int64)
        self.copied = numpy.zeros(tokenizer.size, dtype=numpy.int64)
        # Doses of rare tokens: fixed steps, fixed rank, drawn from one common seed.
        dice, self.doses = random.Random(seed + 1), {}
        for token, dose in sorted(self.rare.items()):
            for _ in range(dose):
                step, owner = dice.randrange(plan["rareFrom"], plan["rareUntil"]), dice.randrange(world)
                if owner == rank:
                    self.doses.setdefault(step, []).append(token)

    # Strings to copy

    def token(self, phase):
        size = phase.get("deck", len(self.deck_order))
        if size not in self.decks:
            self.decks[size] = Deck(self.deck_order[:size], self.rng)
        return self.decks[size].deal()

    def natural(self):
        """Some words as text, tokenised as text; a third of them with emoji or rare letters."""
        while True:
            parts = [self.tokenizer.pieces[self.rng.choice(self.words)][1:] for _ in range(self.rng.randint(1, 3))]
            if self.rng.random() < 0.35:
                parts.insert(self.rng.randint(0, len(parts)), "".join(self.rng.choice(self.emoji) for _ in range(self.rng.randint(1, 3))))
            text = " ".join(parts)
            ids = self.tokenizer.rest(text if self.rng.random() < 0.6 else " " + text)
            if self.barred.isdisjoint(ids):
                return ids

    def string(self, phase):
        kind = self.rng.random()
        if kind < 0.78:
            return [self.token(phase)]
        if kind < 0.94:
            return [self.token(phase) for _ in range(self.rng.randint(2, 4))]
        return self.natural()

    def shot(self, phase):
        return self.tokenizer.rest(self.rng.choice(PROMPTS["shotWords"])) if self.rng.random() < 0.15 else self.string(phase)

    # Tasks. Each gives one example of at most `room` tokens.

    def copy(self, phase, room):
        if self.rng.random() < phase["dense"]:
            return self.run(phase, room)
        template = self.rng.choices(self.templates, self.weights)[0]
        least, most = template["shots"]
        shots = least + int((most - least + 1) * self.rng.random() ** 1.7)
        x = self.string(phase)
        if template.get("same"):
            strings = [x] * (shots + 1)
        else:
            strings = [self.shot(phase) for _ in range(shots)] + [x]
            for n, text in enumerate(template.get("fixed", [])):
                strings[n] = self.tokenizer.rest(text)
        limit = min(room, 700) - 60
        return prompts.copy_example(self.tokenizer, template, strings, self.rng, limit)

    def run(self, phase, room):
        if self.rng.random() < 0.12:  # a list of arrows is a run too
            strings = [[self.token(phase)] for _ in range(min(self.rng.randint(3, 14), (room - 10) // 9))]
            return prompts.copy_example(self.tokenizer, COPY[0], strings, self.rng)
        pattern = self.rng.choice(PROMPTS["runs"])
        most = (room - 14) // pattern.count("{run}")
        size = self.rng.randint(min(6, most), max(min(6, most), min(most, 60)))
        return prompts.run_example(self.tokenizer, pattern, [self.token(phase) for _ in range(size)])

    def raw(self, phase, room):
        example, size = Example(self.tokenizer), min(room - 1, self.rng.randint(60, 250))
        if self.rng.random() < FREE_SHARE:
            ids = [i for _ in range(8) for i in self.natural()]
            return example.add(ids[:size], True)
        while len(self.left) < size:
            first, last = self.spans[self.paragraphs.deal()]
            self.left += self.text[first:last].tolist() + [NEWLINE]
        taken, self.left = self.left[:size], self.left[size:]
        return example.add(taken, True)

    def example(self, task, phase, room):
        if task in ("copy", "raw"):
            return getattr(self, task)(phase, room)
        if task == "meaning":
            return prompts.meaning_example(self.tokenizer, self.rng, self.glosses)
        return getattr(prompts, f"{task}_example")(self.tokenizer, self.rng)

    # Packing

    def batch(self, step):
        """The phase and ids, targets, segments, copies, each [rows, length]. Target -1: not learned; copies: of a copy task."""
        phase = next(p for p in self.plan["phases"] if step < p["until"])
        if phase is not self.phase:  # shares hold for a phase: what was dealt before must not be made up for
            self.phase, self.dealt = phase, {}
        rows, length, tasks = phase["rows"], phase["length"], phase["tasks"]
        row_ids = [[] for _ in range(rows)]
        row_loss = [[] for _ in range(rows)]
        row_segment = [[] for _ in range(rows)]
        row_copies = [[] for _ in range(rows)]
        segment = 0
        pending, self.waiting = self.waiting, []
        for token in self.doses.get(step, []):
            template = self.rng.choice(self.single)
            pending.insert(0, prompts.copy_example(self.tokenizer, template, [[token]], self.rng))

        def place(example):
            nonlocal segment
            row = min(range(rows), key=lambda r: len(row_ids[r]))
            if len(row_ids[row]) + len(example.ids) > length:
                return False
            row_ids[row] += example.ids
            row_loss[row] += example.loss
            row_segment[row] += [segment] * len(example.ids)
            row_copies[row] += [bool(example.copied)] * len(example.ids)
            segment += 1
            numpy.add.at(self.copied, example.copied, 1)
            return True

        for example in pending:
            if not place(example):
                self.waiting.append(example)
        missed, total = 0, sum(tasks.values())
        while missed < 4:
            # The task that is furthest behind its share of tokens comes next.
            all_dealt = sum(self.dealt.get(t, 0) for t in tasks) + 1
            task = min(sorted(tasks), key=lambda t: self.dealt.get(t, 0) / all_dealt / (tasks[t] / total))
            example = self.example(task, phase, length)
            self.dealt[task] = self.dealt.get(task, 0) + len(example.ids)
            if not place(example):
                self.waiting.append(example)
                missed += 1
        for row in range(rows):  # the rest of each row
            room = length - len(row_ids[row])
            if room >= 24:
                filler = self.run(phase, room) if "raw" not in tasks else self.raw(phase, room)
                if len(filler.ids) <= room:
                    row_ids[row] += filler.ids
                    row_loss[row] += filler.loss
                    row_segment[row] += [segment] * len(filler.ids)
                    row_copies[row] += [bool(filler.copied)] * len(filler.ids)
                    segment += 1
                    numpy.add.at(self.copied, filler.copied, 1)

        ids = numpy.zeros((rows, length), dtype=numpy.int64)
        loss = numpy.zeros((rows, length), dtype=bool)
        copies = numpy.zeros((rows, length), dtype=bool)
        segments = numpy.full((rows, length), -1, dtype=numpy.int64)
        for row in range(rows):
            size = len(row_ids[row])
            ids[row, :size], loss[row, :size], segments[row, :size] = row_ids[row], row_loss[row], row_segment[row]
            copies[row, :size] = row_copies[row]
        self.count += numpy.bincount(ids[segments >= 0], minlength=self.tokenizer.size)
        assert self.count[self.never].sum() == 0, "a withheld token got into a batch"
        targets = numpy.full((rows, length), -1, dtype=numpy.int64)
        learned = loss[:, 1:] & (segments[:, 1:] == segments[:, :-1])
        targets[:, :-1][learned] = ids[:, 1:][learned]
        return phase, ids, targets, segments, copies
