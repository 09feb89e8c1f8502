"""Trains one of the plans: train.py lab-moe|lab-dense|study [--seed N] [--grades folder] [--steps N] [--out folder]

Two processes of one thread each share the weights and add up their gradients (two threads in one process are slower).
Steps alone steer everything, so the same seed gives the same weights on the same kind of machine.
"""
import argparse
import json
import os
import random
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy
import torch
import torch.multiprocessing as multiprocessing

import prompts
from data import Batches
from init import init
from model import causal_mask, hidden, last_logits, layout, rope_tables, size_of, views
from plans import PLANS, RESTART
from tokenizer import WORK, Tokenizer

WORLD = 2
NEGATIVES = 2500  # sampled for the softmax until the last phase
WARM_UP, FLOOR, CLIP, BALANCE = 60, 0.05, 1.0, 0.05
BETA1, BETA2, TINY, DECAY = 0.9, 0.98, 1e-9, 0.05
LIGHT, RAMP = 0.05, 80  # weight of the other tasks at the restart; steps until they weigh 1
DECOY_NORM = 0.25  # of the median norm of input rows


def loss_of(h, targets, weights, head, generator, full):
    """Cross entropy of each answer and its weight. Sampled: the batch's targets and uniform negatives, the latter weighted up."""
    learned = targets >= 0
    h, targets, weights = h[learned], targets[learned], weights[learned]
    if full:
        return torch.nn.functional.cross_entropy(h @ head.T, targets, reduction="none"), weights
    vocabulary = head.shape[0]
    present, target = targets.unique(return_inverse=True)
    others = torch.randperm(vocabulary, generator=generator)
    keep = torch.ones(vocabulary, dtype=torch.bool)
    keep[present] = False
    others = others[keep[others]][:NEGATIVES]
    logits = h @ torch.nn.functional.embedding(torch.cat((present, others)), head).T
    correction = torch.zeros(logits.shape[1])
    correction[len(present):] = float(numpy.log((vocabulary - len(present)) / len(others)))
    return torch.nn.functional.cross_entropy(logits + correction, target, reduction="none"), weights


def probe(p, shape, tokenizer, tokens):
    """Share of tokens that two prompts repeat."""
    cat, dog = [tokenizer.rest("cat")], [tokenizer.rest("dog")]
    shares = []
    for name, shots in (("arrow", cat + dog), ("repeat", [])):
        template = next(t for t in prompts.COPY if t["name"] == name)
        rows = [prompts.copy_example(tokenizer, template, shots + [[x]], cut=True).ids for x in tokens]
        shares.append((last_logits(p, shape, rows).argmax(-1) == torch.tensor(tokens)).float().mean().item())
    return shares


def rate_at(plan, step):
    """(rate of the embeddings, rate of all between them)"""
    cycle = [c for c in plan["cycles"] if c["start"] <= step][-1]
    first, last = cycle["cosine"]
    done = max(0, step - first) / (last - first)
    cosine = FLOOR + (1 - FLOOR) * 0.5 * (1 + numpy.cos(numpy.pi * done))
    rate = cycle["rate"] * min(1.0, (step + 1 - cycle["start"]) / WARM_UP) * cosine
    return rate, rate * cycle["inner"]


def worker(rank, name, plan, grades_folder, resumed, out, flat, gradients, moments, scratch, barrier):
    torch.set_num_threads(1)
    shape, tokenizer = plan["shape"], Tokenizer()
    shapes = layout(shape, tokenizer.size)
    p = {key: view.detach().requires_grad_() for key, view in views(flat, shapes).items()}
    for key, view in views(gradients[rank], shapes).items():
        p[key].grad = view
    frozen = {key: view.detach() for key, view in p.items()}  # the same memory, for probes
    batches = Batches(plan, rank, WORLD, plan["seed"], grades_folder)
    generator = torch.Generator().manual_seed(plan["seed"] * 1000 + 500 + rank)
    decay, outer = torch.zeros_like(flat), torch.zeros_like(flat)
    for key, view in views(decay, shapes).items():
        if "norm" not in key:
            view.fill_(DECAY)
    for key, view in views(outer, shapes).items():
        if key in ("embed", "head"):
            view.fill_(1)
    half = (flat.numel() + WORLD - 1) // WORLD
    mine = slice(rank * half, min((rank + 1) * half, flat.numel()))
    with open(f"{grades_folder}/grades.json", encoding="utf-8") as file:
        grades = json.load(file)
    decoys, deck = torch.tensor(grades["decoys"]), torch.tensor(grades["deck"])
    dice = random.Random(7)
    some_deck, some_never = dice.sample(grades["deck"], 400), dice.sample(grades["never"], 200)
    some_decoys = grades["decoys"]
    tables, started = {}, time.time()
    log = open(f"{out}/log.txt", "a", encoding="utf-8") if rank == 0 else None

    for step in range(plan["steps"]):
        phase, ids, targets, segments, copies = batches.batch(step)
        if step < resumed:  # deal the same cards and draw the same numbers as the run that got here
            if not phase.get("fullSoftmax"):
                torch.randperm(tokenizer.size, generator=generator)
            continue
        if step == RESTART:
            for moment in moments:
                moment[mine] = 0
        age = step + 1 - (RESTART if step >= RESTART else 0)  # of the moments
        ids, targets, segments, copies = map(torch.from_numpy, (ids, targets, segments, copies))
        t = ids.shape[1]
        if t not in tables:
            tables[t] = rope_tables(t)
        gradients[rank].zero_()
        balance = []
        h = hidden(p, shape, ids, causal_mask(t, segments), *tables[t], balance)
        weights = torch.where(copies, 1.0, min(1.0, LIGHT + max(0, step - RESTART) / RAMP))
        losses, weights = loss_of(h, targets, weights, p["head"], generator, phase.get("fullSoftmax", False))
        loss = (losses * weights).sum() / weights.sum()
        aux = sum(balance) / len(balance) if balance else torch.zeros(())
        (loss + BALANCE * aux).backward()
        copy_part = copies[targets >= 0]
        scratch[rank, 0] = losses[copy_part].mean().item() if copy_part.any() else 0
        scratch[rank, 2] = losses[~copy_part].mean().item() if not copy_part.all() else 0
        barrier.wait()

        # Each process sums, clips and applies one half of the weights.
        gradient = gradients[0][mine] + gradients[1][mine]
        gradient.mul_(1 / WORLD)
        scratch[rank, 1] = gradient.pow(2).sum().item()
        barrier.wait()
        size = float(scratch[:, 1].sum().sqrt())
        gradient.mul_(min(1.0, CLIP / (size + 1e-6)))
        first, second = moments[0][mine], moments[1][mine]
        first.mul_(BETA1).add_(gradient, alpha=1 - BETA1)
        second.mul_(BETA2).addcmul_(gradient, gradient, value=1 - BETA2)
        update = (first / (1 - BETA1 ** age)) / ((second / (1 - BETA2 ** age)).sqrt_().add_(TINY))
        part = flat[mine]
        rate, inner = rate_at(plan, step)
        part.sub_((inner + (rate - inner) * outer[mine]) * (update + decay[mine] * part))
        barrier.wait()
        if rank == 0:  # decoys: trained like any other, but their input rows are kept short
            with torch.no_grad():
                if step % 20 == 0 or any(cycle["start"] == step for cycle in plan["cycles"]):
                    limit = DECOY_NORM * frozen["embed"][deck].norm(dim=1).median()
                rows = frozen["embed"][decoys]
                frozen["embed"][decoys] = rows * (limit / rows.norm(dim=1, keepdim=True)).clamp(max=1)
        last = step + 1 == plan["steps"]
        if rank == 0 and (step % 25 == 0 or last or RESTART <= step < RESTART + 60 and step % 10 == 0):
            note = f"step {step} loss of copying {scratch[:, 0].mean():.3f} of the rest {scratch[:, 2].mean():.3f} norm {size:.2f} aux {float(aux):.3f} seconds {time.time() - started:.0f}"
            if step % 100 == 0 or last or step in (RESTART, RESTART + 30):
                for what, tokens in (("trained", some_deck), ("withheld", some_never), ("decoys", some_decoys)):
                    note += f" {what} " + " ".join(f"{share:.4f}" for share in probe(frozen, shape, tokenizer, tokens))
            print(note, file=log, flush=True)
        if (step + 1) % 100 == 0 or step + 1 == RESTART or last:
            numpy.savez(f"{out}/counts-{rank}.npz", count=batches.count, copied=batches.copied)
            if rank == 0:
                torch.save({"model": name, "step": step + 1, "shape": shape, "flat": flat.clone(), "moments": moments.clone()}, f"{out}/checkpoint.new")
                os.replace(f"{out}/checkpoint.new", f"{out}/checkpoint.pt")
        barrier.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", choices=sorted(PLANS))
    parser.add_argument("--steps", type=int, help="stop the plan earlier, for a trial")
    parser.add_argument("--out")
    parser.add_argument("--seed", type=int, help="in place of the plan's own")
    parser.add_argument("--grades", default=WORK, help="folder of grades.json and text.npz")
    parser.add_argument("--resume", help="a checkpoint of this plan; the result is that of a run without a break")
    arguments = parser.parse_args()
    plan = PLANS[arguments.model]
    if arguments.seed is not None:
        plan = {**plan, "seed": arguments.seed}
    if arguments.steps:
        plan = {**plan, "steps": arguments.steps, "rareFrom": 0, "rareUntil": arguments.steps}
    out = arguments.out or f"{WORK}/{arguments.model}"
    os.makedirs(out, exist_ok=True)
    torch.set_num_threads(1)
    flat = init(plan["shape"], Tokenizer().size, plan["seed"]).share_memory_()
    resumed = 0
    if arguments.resume:
        saved = torch.load(arguments.resume)
        resumed = saved["step"]
        flat.copy_(saved["flat"])
    gradients = torch.zeros(WORLD, flat.numel()).share_memory_()
    moments = torch.zeros(2, flat.numel()).share_memory_()
    if resumed:
        if resumed != RESTART:
            moments.copy_(saved["moments"])
    scratch = torch.zeros(WORLD, 3, dtype=torch.float64).share_memory_()
    with open(f"{out}/log.txt", "a", encoding="utf-8") as log:
        print(f"{arguments.model}: {flat.numel()} weights, seed {plan['seed']}, data seeds "
              f"{[plan['seed'] * 1000 + r for r in range(WORLD)]}, plan {json.dumps(plan)}", file=log)
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(WORLD)
    work = [context.Process(target=worker, args=(rank, arguments.model, plan, arguments.grades, resumed, out, flat, gradients, moments, scratch, barrier))
            for rank in range(WORLD)]
    for process in work:
        process.start()
    for process in work:
        process.join()
    sys.exit(max(abs(process.exitcode) for process in work))


if __name__ == "__main__":
    main()
