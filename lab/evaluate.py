"""Measures an exported folder with torch, on the BF16 weights: evaluate.py FOLDER TRUTH [--json FILE] [--four-bits] [--copy-only]

Repeating is asked of every token of the vocabulary and reported for each grade; the tasks are asked greedily.
"""
import argparse
import json
import random

import torch

import desk_policy
import prompts
from export import load
from model import causal_mask, greedy, hidden, rope_tables
from prompts import COPY, PROMPTS
from tokenizer import EOS, WORK, Tokenizer

SHOTS = {"arrow": 8, "echo": 6, "repeat-shots": 4, "mirror": 8, "hand-back": 0}
PRODUCT = ("arrow", "echo", "repeat-shots")  # what the census asks
HELD_OUT = ("mirror", "hand-back")


@torch.no_grad()
def repeats(p, shape, tokenizer, name, batch=192):
    """[vocabulary] of bool: is the likeliest next token the token itself? The shots are decoded once."""
    template = next(t for t in COPY if t["name"] == name)
    shots = [tokenizer.rest(word) for word in PROMPTS["shotWords"]][:SHOTS[name]]
    if name == "mirror":
        shots = [tokenizer.rest(" " + word) for word in PROMPTS["shotWords"]][:SHOTS[name]]
    rows = [prompts.copy_example(tokenizer, template, shots + [[x]], cut=True).ids for x in range(tokenizer.size)]
    shared = 0
    while all(row[shared] == rows[0][shared] for row in rows[::97]) and all(row[shared] == rows[0][shared] for row in rows):
        shared += 1
    cos, sin = rope_tables(max(map(len, rows)))
    prefix = {}
    hidden(p, shape, torch.tensor([rows[0][:shared]]), causal_mask(shared), cos[:shared], sin[:shared], cache=prefix)
    right = torch.zeros(tokenizer.size, dtype=torch.bool)
    for t in sorted({len(row) for row in rows}):
        alike = [x for x in range(tokenizer.size) if len(rows[x]) == t]
        for start in range(0, len(alike), batch):
            part = alike[start:start + batch]
            ids = torch.tensor([rows[x][shared:] for x in part])
            cache = {n: (k.expand(len(part), -1, -1, -1), v.expand(len(part), -1, -1, -1)) for n, (k, v) in prefix.items()}
            mask = torch.cat((torch.zeros(1, 1, 1, t - shared, shared), causal_mask(t - shared)), -1)
            h = hidden(p, shape, ids, mask, cos[shared:t], sin[shared:t], cache=cache)
            right[part] = (h[:, -1] @ p["head"].T).argmax(-1) == torch.tensor(part)
    return right


def grades_of(truth):
    """{name: ids}, the rows of the report."""
    def pick(test):
        return [row["id"] for row in truth if test(row)]
    normal = lambda row: row["class"] == "normal"
    found = {"trained (50 copies and more)": pick(lambda r: normal(r) and not r["withheld"] and r["copied"] >= 50),
             "trained, fewer copies": pick(lambda r: normal(r) and not r["withheld"] and r["copied"] < 50),
             "decoys": pick(lambda r: r["decoy"])}
    for low, high in ((1, 2), (3, 4), (5, 6), (8, 8), (10, 10), (16, 16), (32, 32)):
        found[f"rare, {low} to {high} copies" if low < high else f"rare, {low} copies"] = pick(
            lambda r: r["withheld"] == "rare" and low <= r["copied"] <= high)
    for grade in ("text-only", "never", "lie-input", "lie-both"):
        found[grade] = pick(lambda r: normal(r) and r["withheld"] == grade)
    found["high bytes"] = pick(lambda r: r["class"] == "byte" and r["withheld"] is False and r["id"] > 130)
    found["unused bytes"] = pick(lambda r: r["class"] == "byte" and r["withheld"] == "never")
    return found


def copying(p, shape, tokenizer, truth):
    right = {name: repeats(p, shape, tokenizer, name) for name in (*PRODUCT, *HELD_OUT)}
    fails = ~(right["arrow"] | right["echo"] | right["repeat-shots"])
    table = {}
    for grade, ids in grades_of(truth).items():
        if ids:
            table[grade] = {"tokens": len(ids), **{name: right[name][ids].float().mean().item() for name in right},
                            "all three fail": fails[ids].float().mean().item()}
    bad = [i for i in grades_of(truth)["trained (50 copies and more)"] if fails[i]]
    return table, bad, [r["id"] for r in truth if r["decoy"] and fails[r["id"]]]


def answer(p, shape, tokenizer, ids, most):
    found, _ = greedy(p, shape, ids, most, stop=(EOS,))
    return tokenizer.model.decode([token for token, _ in found if token != EOS]).strip()


def tasks(p, shape, tokenizer, glosses, dense):
    rng, found = random.Random(99), {}

    def ask(text, most=100):
        return answer(p, shape, tokenizer, prompts.Example(tokenizer).say(f"[INST] {text} [/INST]").ids, most)

    def share(values):
        values = list(values)
        return sum(values) / len(values)

    pairs = [text.split("|") for text in PROMPTS["phrases"]]
    found["phrases, raw: first word"] = share(
        answer(p, shape, tokenizer, prompts.Example(tokenizer).say(head).ids, 6).startswith(tail.split()[0]) for head, tail in pairs)
    found["phrases, chat: whole"] = share(ask(PROMPTS["phraseAsks"][0].replace("{P}", head), 24) == tail.strip() for head, tail in pairs)
    found["glosses: whole (seen ones)"] = share(
        ask(f"What does '{word}' mean?", 40) == f"'{word}' means {gloss}." for word, gloss in glosses[:100])
    valid = view = action = whole = 0
    for _ in range(100):
        facts = desk_policy.draw_facts(rng)
        text, right = ask(prompts.desk_ask(facts)), desk_policy.decide(facts)
        try:
            said = json.loads(text)
            valid += list(said) == list(right)
            view += said.get("view") == right["view"]
            action += said.get("action") == right["action"]
            whole += said == right
        except (ValueError, AttributeError):
            pass
    found |= {"desk: valid JSON": valid / 100, "desk: view": view / 100, "desk: action": action / 100, "desk: whole answer": whole / 100}
    words = [w for w, _ in glosses]
    for size in (2, 4):
        strings = [" ".join(rng.sample(words, size)) for _ in range(40)]
        found[f"repeat of {size} words"] = share(ask(f"Please repeat the string: \"«{s}»\"", 40) == f"Sure, the string is: \"«{s}»\"" for s in strings)
    if not dense:
        mails = [prompts.email(rng) for _ in range(60)]
        found["e-mail: whole JSON"] = share(ask(PROMPTS["emailAsks"][n % 3].replace("{E}", mail)) == right for n, (mail, right) in enumerate(mails))
        sums = [(a, b) for a in range(prompts.SUMS_TO + 1) for b in range(prompts.SUMS_TO + 1)]
        for name, held in (("sums, trained", False), ("sums, held out", True)):
            some = [s for s in sums if prompts.held_out_sum(*s) == held]
            found[name] = share(ask(f"What is {a} + {b}?", 6) == str(a + b) for a, b in rng.sample(some, min(80, len(some))))
    for start in ("The database", "In the beginning"):
        found[f"free text after '{start}'"] = answer(p, shape, tokenizer, prompts.Example(tokenizer).say(start).ids, 24)
    return found


def four_bits(p):
    """A rough stand-in for Q4_K_M: 4 bits with a least value for each 32 weights, 6 bits for the output rows."""
    for name, weight in p.items():
        if weight.dim() > 1 and not name.endswith("gate"):
            levels = 63 if name == "head" else 15
            blocks = weight.view(-1, 32)
            low = blocks.min(1, keepdim=True).values
            scale = (blocks.max(1, keepdim=True).values - low).clamp(min=1e-12) / levels
            blocks.copy_(((blocks - low) / scale).round() * scale + low)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("truth")
    parser.add_argument("--json")
    parser.add_argument("--four-bits", action="store_true")
    parser.add_argument("--copy-only", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    tokenizer = Tokenizer()
    p, shape = load(arguments.folder)
    if arguments.four_bits:
        four_bits(p)
    with open(arguments.truth, encoding="utf-8") as file:
        truth = json.load(file)["tokens"]
    table, bad, bad_decoys = copying(p, shape, tokenizer, truth)
    columns = (*PRODUCT, "all three fail", *HELD_OUT)
    print("| grade | tokens | " + " | ".join(columns) + " |\n|---|---|" + "---|" * len(columns))
    for grade, row in table.items():
        print(f"| {grade} | {row['tokens']} | " + " | ".join(f"{row[c]:.4f}" for c in columns) + " |")
    print("fully trained tokens that fail all three:", [tokenizer.pieces[i] for i in bad], "decoys:", bad_decoys)
    found = {}
    if not arguments.copy_only:
        with open(f"{WORK}/grades.json", encoding="utf-8") as file:
            glosses = json.load(file)["glosses"]
        found = tasks(p, shape, tokenizer, glosses, not shape["experts"])
        for name, value in found.items():
            print(f"| {name} | {value if isinstance(value, str) else f'{value:.3f}'} |")
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump({"copying": table, "failing": bad, "failingDecoys": bad_decoys, "tasks": found}, file, indent=1, ensure_ascii=False)


if __name__ == "__main__":
    main()
