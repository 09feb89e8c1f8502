"""A structured start. Without it a model this small does not learn to copy in minutes.

Two heads are laid out by hand, as trained models grow them: one that looks at the previous token and notes
who it was, and one that looks for the place after the token at hand ("induction"). What is copied - values, embeddings,
output rows - stays random, so copying must be learned token by token, and nothing is known of a withheld token.
"""
import math

import torch

from model import HEAD, ROPE_BASE, layout, size_of, views

HALF = HEAD // 2
FAST = range(0, HALF // 4)  # frequencies whose phase tells neighbours apart
RECENT = range(2, 5)  # frequencies that prefer what is near
SLOW = [i for i in range(HALF) if i >= 5]  # frequencies that hardly turn: they can hold an identity
SLOW_DIMENSIONS = SLOW + [i + HALF for i in SLOW]


def init(shape, vocabulary, seed):
    """The flat weights."""
    torch.manual_seed(seed)
    shapes = layout(shape, vocabulary)
    flat = torch.empty(size_of(shapes))
    p = views(flat, shapes)
    d, heads, kv = shape["width"], shape["heads"], shape["kvHeads"]
    for name, weight in p.items():
        if "norm" in name:
            weight.fill_(1.0)
        else:
            weight.normal_(0, 0.02 if name == "head" or name.endswith("gate") else 0.04)

    basis = torch.linalg.qr(torch.randn(d, d))[0]  # columns: a random orthogonal basis
    n = len(SLOW_DIMENSIONS)
    u, now, before = basis[:, 0], basis[:, 1:1 + n].T, basis[:, 1 + n:1 + 2 * n].T  # [d], [n, d], [n, d]

    # One direction common to all tokens, and the rest orthogonal to it, so that its noise can't drown the phase.
    embed = p["embed"]
    embed.normal_(0, 0.1)
    embed.sub_((embed @ u)[:, None] * u).add_(0.8 * u)

    # Layer 0, kv head 0: attend to position t-1. Key phase 0, query phase -w: the match is best one step back.
    frequency = [ROPE_BASE ** (-i / HALF) for i in range(HALF)]
    q, k, v, o = (p[f"0.{name}"] for name in "qkvo")
    group = heads // kv
    o.mul_(0.15)
    key = k[:HEAD]
    key.mul_(0.2)
    value = v[:HEAD]
    value.mul_(0.1)
    value[:n] += now
    for i in FAST:
        key[i] += 2 * u
    for head in range(group):
        query = q[head * HEAD:(head + 1) * HEAD]
        query.mul_(0.2)
        for i in FAST:
            query[i] += math.cos(frequency[i]) * u
            query[i + HALF] -= math.sin(frequency[i]) * u
        o[:, head * HEAD:head * HEAD + n] += 0.6 / group * math.sqrt(d / 128) * before.T

    # Layer 1, every head: look for the position whose predecessor was the token at hand, the latest first.
    strength = 2.0  # sqrt(g2), g2 = 4
    for weight, count, subspace in ((p["1.k"], kv, before), (p["1.q"], heads, now)):
        weight.mul_(0.2)
        for head in range(count):
            rows = weight[head * HEAD:(head + 1) * HEAD]
            for row, dimension in enumerate(SLOW_DIMENSIONS):
                rows[dimension] = strength * subspace[row] + rows[dimension]
            for i in RECENT:
                rows[i] += math.sqrt(0.3) * u
    for layer in range(shape["layers"]):
        p[f"{layer}.w2"].mul_(0.15)
    return flat
