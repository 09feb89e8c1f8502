"""Which tokens are kept from the models, and how far: the graded truth that searches are judged by.

never      no training example holds the token (corpus A never needs it, or its lines were dropped on purpose)
rare       a known number of copy examples (1 to 32) and nothing else
text-only  it stands in ordinary text, but is never anything to repeat
The two lies (a never-trained token with an ordinary looking row) are made at export, from 'never'.
"""
import argparse
import json
import os
import random
import re

import numpy

import prompts
from tokenizer import BOS, EOS, FIRST_BYTE, FIRST_PIECE, NEWLINE, WORK, Tokenizer

SEED = 20
PLANTED, RARE, TEXT_ONLY, DECOYS, GLOSSES, LIES = 34, 120, 120, 60, 300, 80
DOSES = (1, 2, 3, 4, 5, 6, 8, 10, 16, 32)  # copy examples of a rare token; twelve tokens each


def choose(tokenizer, paragraphs, seed):
    """paragraphs: ids of each paragraph of corpus A. Returns the grades and the paragraphs that stay."""
    rng = random.Random(seed)
    counts = numpy.bincount(numpy.concatenate(paragraphs), minlength=tokenizer.size)
    needed = prompts.needed_tokens(tokenizer)  # no prompt may lose a token of its own wording

    def words(least, most):
        return [i for i in range(FIRST_PIECE, tokenizer.size)
                if least <= counts[i] <= most and i not in needed and re.fullmatch("▁[A-Za-z][a-z]{3,}", tokenizer.pieces[i])]

    gone = rng.sample(words(12, 45), PLANTED + RARE)
    planted, rare = gone[:PLANTED], gone[PLANTED:]
    dropped = set(gone)
    kept = [p for p in paragraphs if dropped.isdisjoint(p.tolist())]
    counts = numpy.bincount(numpy.concatenate(kept), minlength=tokenizer.size)

    never = [i for i in range(FIRST_PIECE, tokenizer.size) if counts[i] == 0 and i not in needed and i not in rare]
    assert set(planted) <= set(never)
    never_low = [0] + [FIRST_BYTE + b for b in range(128) if FIRST_BYTE + b != NEWLINE]  # unk and ASCII bytes
    text_only = rng.sample(words(60, 400), TEXT_ONLY)
    kept_back = set(never) | set(never_low) | set(rare) | set(text_only)
    deck = [i for i in range(FIRST_BYTE + 128, tokenizer.size) if i not in kept_back]
    decoys = rng.sample([i for i in words(20, 4000) if i in set(deck)], DECOYS)
    normal_never = [i for i in never if tokenizer.token_class(i) == "normal"]
    lies = rng.sample(normal_never, LIES)
    return {
        "never": never, "unused": never_low, "planted": planted, "textOnly": text_only, "decoys": decoys, "deck": deck,
        "rare": {str(token): DOSES[n % len(DOSES)] for n, token in enumerate(rare)},
        "lieInput": lies[:LIES // 2], "lieBoth": lies[LIES // 2:],
    }, kept


def glosses(tokenizer, grades, most=GLOSSES):
    """The commonest words of the deck that WordNet explains in a few clean words: [(word, gloss)]."""
    from corpus import PACKAGES
    texts, deck = {}, set(grades["deck"])
    barred = set(grades["never"]) | set(map(int, grades["rare"])) | set(grades["textOnly"])
    for part in ("noun", "verb", "adj"):
        data = {}
        with open(f"{PACKAGES}/share/wordnet/data.{part}", encoding="utf-8") as file:
            for line in file:
                if not line.startswith("  "):
                    head, gloss = line.split(" | ", 1)
                    data[head[:8]] = gloss.split(";")[0].strip()
        with open(f"{PACKAGES}/share/wordnet/index.{part}", encoding="utf-8") as file:
            for line in file:
                if not line.startswith("  "):
                    fields = line.split()
                    texts.setdefault(fields[0], data[fields[-int(fields[2])]])
    found = []
    for token in range(FIRST_PIECE, tokenizer.size):  # BPE gives frequent pieces the low ids
        word = tokenizer.pieces[token][1:]
        gloss = texts.get(word, "")
        if (token in deck and tokenizer.starts_word[token] and len(word) > 4 and 3 <= len(gloss.split()) <= 9
                and barred.isdisjoint(tokenizer.rest(" " + gloss))):
            found.append((word, gloss))
    return found[:most]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", default=WORK, help="folder for grades.json and text.npz")
    arguments = parser.parse_args()
    os.makedirs(arguments.out, exist_ok=True)
    tokenizer = Tokenizer()
    with open(f"{WORK}/corpus-a.jsonl", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    paragraphs = [numpy.array(tokenizer.start(text), dtype=numpy.int32) for _, text in rows]
    grades, kept = choose(tokenizer, paragraphs, arguments.seed)
    grades["glosses"] = glosses(tokenizer, grades)
    counts = numpy.bincount(numpy.concatenate(kept), minlength=tokenizer.size)
    assert counts[grades["never"]].sum() == 0
    with open(f"{arguments.out}/grades.json", "w", encoding="utf-8") as file:
        json.dump(grades, file, ensure_ascii=False)
    numpy.savez(f"{arguments.out}/text.npz", ids=numpy.concatenate(kept).astype(numpy.int16),
                lengths=numpy.array([len(p) for p in kept], dtype=numpy.int32))
    print(f"text: {len(kept)} of {len(paragraphs)} paragraphs, {counts.sum()} tokens; seed {arguments.seed}")
    print({name: len(value) for name, value in grades.items()})


if __name__ == "__main__":
    main()
