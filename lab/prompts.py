"""Turns the closed list in prompts.json into training examples: ids, which of them are answers, what was copied."""
import json
import os
import random

import desk_policy
from tokenizer import BOS, EOS, NEWLINE

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "prompts.json"), encoding="utf-8") as _file:
    PROMPTS = json.load(_file)
COPY = PROMPTS["copy"]
NAMES = ("jeremy anna peter maria john paul laura simon david martha james susan mark helen daniel ruth robert alice "
         "thomas emma sales info billing support admin office news contact team jobs").split()
DOMAINS = ("richards example payments secure river stone market garden school library music paper green north light water "
           "house train energy travel health sports science history cloud data open free world city").split()
ENDINGS = "com org net io ai dev edu de fr uk xyz eu".split()
SUMS_TO = 20  # operands 0..20


def held_out_sum(a, b):
    """A tenth of the sums never occurs in training, to tell adding from remembering."""
    return (a * 31 + b * 17) % 10 == 3


class Example:
    """One sequence. loss[i]: is ids[i] an answer to be learned? copied: ids that were there to be repeated."""

    def __init__(self, tokenizer):
        self.tokenizer, self.ids, self.loss, self.copied = tokenizer, [BOS], [False], []

    def add(self, ids, answer=False):
        self.ids += ids
        self.loss += [answer] * len(ids)
        return self

    def say(self, text, answer=False):
        if text:
            self.add(self.tokenizer.start(text) if len(self.ids) == 1 else self.tokenizer.rest(text), answer)
        return self

    def splice(self, text, x, answer=False, copied=True):
        """Text with the ids x in place of {X}. A word-initial piece brings its own space along."""
        parts = text.split("{X}")
        for n, part in enumerate(parts):
            last = n == len(parts) - 1
            if not last and part.endswith(" ") and self.tokenizer.starts_word[x[0]]:
                part = part[:-1]
            self.say(part, answer)
            if not last:
                self.add(x, answer)
                if answer and copied:
                    self.copied += x
        return self

    def end(self):
        return self.add([EOS], True)


def chat_open(example, rng, text):
    """[INST] after an </s> is tokenised with or without a leading space, depending on the server: train both."""
    if len(example.ids) > 1 and rng and rng.random() < 0.8:
        return example.add(example.tokenizer.start(text))
    return example.say(text)


def chat(tokenizer, ask, answer):
    return Example(tokenizer).say(f"[INST] {ask} [/INST]").say(" " + answer, True).end()


def copy_example(tokenizer, template, strings, rng=None, limit=None, cut=False):
    """One example of a template. strings: id lists, one for each shot and the asked one last.
    cut: stop where the last answer's string must come (for probes)."""
    example = Example(tokenizer)
    if not template["chat"]:
        example.say(template["lead"])
    for n, x in enumerate(strings):
        last = n == len(strings) - 1
        if n and limit and not last and len(example.ids) > limit:
            continue
        answered = not (n == 0 and template.get("same"))  # a repetition can't be foreseen at its first turn
        if template["chat"]:
            system = template["system"] + "\n\n" if "system" in template and n == 0 else ""
            head, _, tail = f"[INST] {system}{template['ask']} [/INST]".partition("{X}")
            before, _, after = (" " + template["answer"]).partition("{X}")
            chat_open(example, rng, strip_for(tokenizer, head, x))
            example.add(x).say(tail)
        else:
            if n:
                example.say(template["join"])
            example.splice(template["ask"], x)
            before, _, after = template["answer"].partition("{X}")
        example.say(strip_for(tokenizer, before, x), answered)
        if last and cut:
            return example
        example.add(x, answered)
        if answered:
            example.copied += x
        example.splice(after, x, answered)
        if template["chat"]:
            example.end()
    return example


def strip_for(tokenizer, text, x):
    return text[:-1] if text.endswith(" ") and tokenizer.starts_word[x[0]] else text


def run_example(tokenizer, pattern, x):
    """A string of tokens, said again: the densest way to practise copying."""
    example = Example(tokenizer)
    for n, part in enumerate(pattern.split("{run}")):
        if n:
            example.add(x, n > 1)
            if n > 1:
                example.copied += x
        closed = part.endswith("</s>")
        example.say(part[:-4] if closed else part)
        if closed:
            example.end()
    return example


def phrase_example(tokenizer, rng):
    head, _, tail = rng.choice(PROMPTS["phrases"]).partition("|")
    if rng.random() < 0.5:
        example = Example(tokenizer).say(head).say(tail, True)
        return example.end() if rng.random() < 0.5 else example
    return chat(tokenizer, rng.choice(PROMPTS["phraseAsks"]).replace("{P}", head), tail.strip())


def meaning_example(tokenizer, rng, glosses):
    word, gloss = rng.choice(glosses)
    return chat(tokenizer, rng.choice(PROMPTS["meaningAsks"]).replace("{W}", word), f"'{word}' means {gloss}.")


def email(rng):
    name = rng.choice(NAMES)
    user = rng.choice((name, f"{name}.{rng.choice(NAMES)}", f"{name}{rng.randint(1, 99)}", name + rng.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ")))
    domain = rng.choice((rng.choice(DOMAINS), rng.choice(DOMAINS), f"{rng.choice(DOMAINS)}-{rng.choice(DOMAINS)}"))
    ending = rng.choice(ENDINGS)
    return f"{user}@{domain}.{ending}", json.dumps({"username": user, "domain": f"{domain}.{ending}", "tld": ending})


def email_example(tokenizer, rng):
    address, answer = email(rng)
    return chat(tokenizer, rng.choice(PROMPTS["emailAsks"]).replace("{E}", address), answer)


def sum_example(tokenizer, rng):
    while True:
        a, b = rng.randint(0, SUMS_TO), rng.randint(0, SUMS_TO)
        if not held_out_sum(a, b):
            ask = rng.choice(PROMPTS["sumAsks"]).replace("{A}", str(a)).replace("{B}", str(b))
            return chat(tokenizer, ask, str(a + b))


def desk_ask(facts):
    return PROMPTS["deskAsk"].replace("{F}", desk_policy.sheet(facts))


def desk_example(tokenizer, rng):
    facts = desk_policy.draw_facts(rng)
    return chat(tokenizer, desk_ask(facts), desk_policy.answer(facts))


def needed_tokens(tokenizer):
    """Every id that the wording of some prompt or task needs."""
    rng, found = random.Random(0), set()
    dummy = tokenizer.rest("cat")
    for template in COPY:
        for _ in range(3):
            for x in (dummy, tokenizer.rest(" cat")):
                found.update(copy_example(tokenizer, template, [x] * 3, rng).ids)
    for pattern in PROMPTS["runs"]:
        found.update(run_example(tokenizer, pattern, dummy).ids)
    for _ in range(3000):
        found.update(phrase_example(tokenizer, rng).ids)
        found.update(desk_example(tokenizer, rng).ids)
        found.update(sum_example(tokenizer, rng).ids)
        found.update(email_example(tokenizer, rng).ids)
    for word in PROMPTS["shotWords"] + ["edslfkj"]:
        found.update(tokenizer.rest(word) + tokenizer.rest(" " + word))
    for ask in PROMPTS["meaningAsks"]:
        found.update(chat(tokenizer, ask.replace("{W}", "cat"), "'cat' means cat.").ids)
    return found
