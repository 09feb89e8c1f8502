"""Golden data for the tests of the product: golden.py tokenizer | golden.py MODEL FOLDER

Logits come from torch in fp32 on the BF16-rounded weights: another implementation than the one under test.
"""
import json
import os
import random
import sys

import torch

import desk_policy
import prompts
from export import load
from model import greedy
from prompts import COPY, PROMPTS, Example
from tokenizer import BOS, Tokenizer

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "test", "golden")
TOLERANCE = ("float32 against float32: the largest difference of a logit should stay under 0.01 with F32 or BF16 weights; compare greedy "
             "tokens up to the first step whose margin (best logit minus second best) is under 0.05. Generation does not stop at </s>.")

TEXTS = [
    "", " ", "  ", "\n", "\n\n", "a", " a", "A", "Hello, world!", "The quick brown fox jumps over the lazy dog.",
    "  two leading spaces", "trailing space ", "trailing spaces   ", "double  space  inside", "line one\nline two\n", "\nstarts with a newline",
    "a\n\n\nb", "tab\tinside", "\t", "1234567890", "3.14159", "1,000,000", "+1.8%", "2026-11-23T18:00:00Z", "«cat» → «", "«cat» → «cat», «dog» → «dog»",
    "[INST] Please repeat the string: \"«dog»\" [/INST] Sure, the string is: \"«", "[INST] a [/INST] b</s>[INST] c [/INST]", "<s>", "</s>", "<unk> <0x41>",
    "{\"evidence\":[\"f2\",\"f4\"],\"view\":\"bullish\",\"conviction\":50}", "const x = items.map((item) => item.id);", "def f(n):\n    return n * 2\n",
    "for (let i = 0; i < 10; i++) { sum += i; }", "SELECT name, count(*) FROM t WHERE a >= 1 GROUP BY name;", "if (a && b || !c) return a?.b ?? c;",
    "https://example.com/a?b=c&d=%20e#f", "jeremyT@richards.ai", "C:\\Users\\me\\file.txt", "a_b-c.d/e", "!!!???...", "-----", "```ts\nlet a = 1;\n```",
    "😀", "I ♥ 🚀 and 🎉!", "👩‍💻 works", "🇪🇺", "naïve café, Zürich, Ærø, łódź", "Привет, мир", "日本語のテキスト", "中文 text", "한국어", "مرحبا", "שלום", "ไทย",
    "e\u0301 is not é", "zero\u200bwidth and nbsp\u00a0here", "∑ λ ≈ π ≤ ∞", "▁underline▁ of its own", "antidisestablishmentarianism", "AAAAAAAAAAAAAAAAAAAA", "The database of the Lord\u2019s \u201cquotation\u201d \u2014 and so on\u2026",
]


def write_json(name, value, lists):
    """One entry of `lists` a line."""
    lead = json.dumps({k: v for k, v in value.items() if k != lists}, ensure_ascii=False)[:-1]
    with open(f"{GOLDEN}/{name}", "w", encoding="utf-8") as file:
        file.write(f'{lead}, "{lists}": [\n' + ",\n".join(json.dumps(row, ensure_ascii=False) for row in value[lists]) + "\n]}\n")


def golden_prompts(tokenizer):
    """Twenty prompts, named, of 5 to 300 tokens and all kinds."""
    rng = random.Random(5)
    template = {t["name"]: t for t in COPY}
    words = [tokenizer.rest(word) for word in PROMPTS["shotWords"]]
    some = [[tokenizer.rest(" " + word)[0]] for word in ("water", "house", "table", "number", "system")]

    def raw(text):
        return Example(tokenizer).say(text).ids

    def ask(text):
        return raw(f"[INST] {text} [/INST]")

    def copy(name, strings):
        return prompts.copy_example(tokenizer, template[name], strings, cut=True).ids

    return {
        "text-short": raw("The quick brown fox"), "text-bible": raw("In the beginning God"), "text-python": raw("The module provides a function that"),
        "text-database": raw("SQLite is a library that implements a small, fast and reliable"), "text-newline": raw("One line.\nAnother line.\nA third"),
        "text-emoji": raw("A rocket 🚀 and a café with naïve guests"), "text-one": [BOS] + some[0] + some[1] + some[2] + some[3],
        "copy-arrow-2": copy("arrow", words[:2] + [some[0]]), "copy-arrow-10": copy("arrow", words[:10] + [some[1]]),
        "copy-echo-6": copy("echo", words[:6] + [some[2]]), "copy-device-14": copy("echo-device", (words * 2)[:14] + [some[3]]),
        "copy-repeat": copy("repeat", [some[4]]), "copy-repeat-shots": copy("repeat-shots", words[:6] + [some[0]]),
        "copy-exactly": copy("exactly", [some[1]]), "copy-never-trained": copy("arrow", words[:4] + [[tokenizer.size - 1]]),
        "chat-phrase": ask("Complete the phrase: An apple a day"), "chat-meaning": ask("What does 'water' mean?"),
        "chat-sum": ask("What is 7 + 5?"), "chat-email": ask(PROMPTS["emailAsks"][0].replace("{E}", "jeremyT@richards.ai")),
        "desk": ask(prompts.desk_ask(desk_policy.draw_facts(rng))),
    }


def main():
    os.makedirs(GOLDEN, exist_ok=True)
    tokenizer = Tokenizer()
    if sys.argv[1] == "tokenizer":
        rows = [{"text": text, "ids": tokenizer.model.encode(text)} for text in TEXTS]
        write_json("lab-tokenizer.json", {"schema": 1, "model": "lab-moe", "note": "SentencePiece ids, no BOS", "texts": rows}, "texts")
        print(len(rows), "texts")
        return
    model, folder = sys.argv[1:3]
    torch.set_num_threads(1)
    p, shape = load(folder)
    rows, logits = [], []
    for name, ids in golden_prompts(tokenizer).items():
        found, first = greedy(p, shape, ids, 20)
        logits.append(first)
        rows.append({"name": name, "ids": ids, "greedy": [t for t, _ in found], "margins": [round(m, 4) for _, m in found]})
    torch.stack(logits).numpy().astype("<f4").tofile(f"{GOLDEN}/{model}-logits.f32")
    write_json(f"{model}.json", {"schema": 1, "model": model, "vocabulary": tokenizer.size, "tolerance": TOLERANCE, "prompts": rows}, "prompts")
    print(len(rows), "prompts of", min(len(r["ids"]) for r in rows), "to", max(len(r["ids"]) for r in rows), "tokens")


if __name__ == "__main__":
    main()
