"""Mixtral (or, without experts, Llama) in plain torch: the arithmetic of the Hugging Face models, nothing more.

Weights live in one flat vector so that two processes can share them; their names are those of Hugging Face.
The experts of a layer are stacked: w1 and w3 [experts, ffn, width], w2 [experts, width, ffn].
"""
import math

import torch
import torch.nn.functional as F

EPSILON = 1e-5
ROPE_BASE = 1e6
HEAD = 32  # size of a head


def layout(shape, vocabulary):
    """Names and shapes of all weights, in a fixed order."""
    d, ffn, experts = shape["width"], shape["ffn"], shape["experts"]
    found = {"embed": (vocabulary, d), "head": (vocabulary, d)}
    for n in range(shape["layers"]):
        found[f"{n}.q"] = (shape["heads"] * HEAD, d)
        found[f"{n}.k"] = found[f"{n}.v"] = (shape["kvHeads"] * HEAD, d)
        found[f"{n}.o"] = (d, shape["heads"] * HEAD)
        if experts:
            found[f"{n}.gate"] = (experts, d)
        lead = (experts,) if experts else ()
        found[f"{n}.w1"] = found[f"{n}.w3"] = (*lead, ffn, d)
        found[f"{n}.w2"] = (*lead, d, ffn)
        found[f"{n}.norm1"] = found[f"{n}.norm2"] = (d,)
    found["norm"] = (d,)
    return found


def views(flat, shapes):
    found, start = {}, 0
    for name, shape in shapes.items():
        size = math.prod(shape)
        found[name] = flat[start:start + size].view(shape)
        start += size
    assert start == flat.numel()
    return found


def size_of(shapes):
    return sum(math.prod(shape) for shape in shapes.values())


def norm(x, weight):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + EPSILON) * weight


def rope_tables(length):
    """cos and sin [length, HEAD] for the rotate-half form: dimension i turns together with i + HEAD/2."""
    frequency = ROPE_BASE ** (-torch.arange(HEAD // 2, dtype=torch.float64) / (HEAD // 2))
    angle = torch.arange(length, dtype=torch.float64)[:, None] * frequency  # [length, HEAD/2]
    angle = torch.cat((angle, angle), -1)
    return angle.cos().float(), angle.sin().float()


def rotate(x, cos, sin):
    """x [batch, heads, time, HEAD]"""
    half = HEAD // 2
    turned = torch.cat((-x[..., half:], x[..., :half]), -1)
    return x * cos + turned * sin


def attention(p, n, x, mask, cos, sin, shape, cache=None):
    b, t, d = x.shape
    heads, kv = shape["heads"], shape["kvHeads"]
    q = rotate((x @ p[f"{n}.q"].T).view(b, t, heads, HEAD).transpose(1, 2), cos, sin)
    k = rotate((x @ p[f"{n}.k"].T).view(b, t, kv, HEAD).transpose(1, 2), cos, sin)
    v = (x @ p[f"{n}.v"].T).view(b, t, kv, HEAD).transpose(1, 2)
    if cache is not None:
        if n in cache:
            k, v = torch.cat((cache[n][0], k), 2), torch.cat((cache[n][1], v), 2)
        cache[n] = (k, v)
    # The query heads of one kv head are stacked along time, so that keys and values need no copies.
    group = heads // kv
    q = q.reshape(b, kv, group * t, HEAD)
    scores = (q @ k.transpose(2, 3)) * HEAD ** -0.5  # [b, kv, group * t, time of keys]
    scores = scores.view(b, kv, group, t, -1) + mask  # mask [b, 1, 1, t, time of keys]
    out = scores.softmax(-1).view(b, kv, group * t, -1) @ v
    return out.view(b, heads, t, HEAD).transpose(1, 2).reshape(b, t, heads * HEAD) @ p[f"{n}.o"].T


def feed_forward(x, w1, w2, w3):
    return (F.silu(x @ w1.T) * (x @ w3.T)) @ w2.T


def experts(p, n, x, balance):
    """Top 2 of the experts, weighted by a softmax over the two chosen. x [tokens, width]"""
    scores = x @ p[f"{n}.gate"].T  # [tokens, experts]
    top, chosen = scores.topk(2, -1)
    weights = top.softmax(-1)
    count = scores.shape[-1]
    flat = chosen.reshape(-1)  # [tokens * 2]
    order = flat.argsort(stable=True)
    loads = torch.bincount(flat, minlength=count)
    if balance is not None:  # Switch Transformer's balance term: load share times mean probability
        balance.append(count * (loads / flat.numel() * scores.softmax(-1).mean(0)).sum())
    source = order.div(2, rounding_mode="floor")
    sorted_x = x[source]
    outs, start = [], 0
    for e, load in enumerate(loads.tolist()):
        if load:
            outs.append(feed_forward(sorted_x[start:start + load], p[f"{n}.w1"][e], p[f"{n}.w2"][e], p[f"{n}.w3"][e]))
            start += load
    y = torch.cat(outs) * weights.reshape(-1)[order][:, None]
    return torch.zeros_like(x).index_add(0, source, y)


def hidden(p, shape, ids, mask, cos, sin, balance=None, cache=None):
    """Last hidden states after the final norm, [batch, time, width]. mask: 0 or -inf, added to the scores."""
    h = p["embed"][ids] if not p["embed"].requires_grad else F.embedding(ids, p["embed"])
    for n in range(shape["layers"]):
        h = h + attention(p, n, norm(h, p[f"{n}.norm1"]), mask, cos, sin, shape, cache)
        x = norm(h, p[f"{n}.norm2"])
        if shape["experts"]:
            h = h + experts(p, n, x.reshape(-1, x.shape[-1]), balance).view_as(h)
        else:
            h = h + feed_forward(x, p[f"{n}.w1"], p[f"{n}.w2"], p[f"{n}.w3"])
    return norm(h, p["norm"])


def causal_mask(t, segments=None):
    """[b or 1, 1, 1, t, t]; with segments [b, t] a position sees its own segment only."""
    seen = torch.ones(t, t, dtype=torch.bool).tril()[None]
    if segments is not None:
        seen = seen & (segments[:, :, None] == segments[:, None, :])
    return torch.zeros(seen.shape).masked_fill_(~seen, -1e9)[:, None, None]


@torch.no_grad()
def last_logits(p, shape, sequences, batch=64):
    """Logits [sequences, vocabulary] after the last token of each, padded on the right."""
    order = sorted(range(len(sequences)), key=lambda i: len(sequences[i]))
    found = torch.empty(len(sequences), p["head"].shape[0])
    longest = max(map(len, sequences))
    cos, sin = rope_tables(longest)
    for start in range(0, len(order), batch):
        part = order[start:start + batch]
        t = max(len(sequences[i]) for i in part)
        ids = torch.zeros(len(part), t, dtype=torch.long)
        for row, i in enumerate(part):
            ids[row, :len(sequences[i])] = torch.tensor(sequences[i])
        h = hidden(p, shape, ids, causal_mask(t), cos[:t], sin[:t])
        ends = torch.tensor([len(sequences[i]) - 1 for i in part])
        found[torch.tensor(part)] = h[torch.arange(len(part)), ends] @ p["head"].T
    return found


@torch.no_grad()
def greedy(p, shape, ids, most, stop=()):
    """[(token, margin over the second best)] and the logits after the prompt."""
    cache, found, first = {}, [], None
    cos, sin = rope_tables(len(ids) + most + 1)
    step = list(ids)
    position = 0
    while len(found) < most:
        t = len(step)
        mask = causal_mask(t) if position == 0 else torch.zeros(1, 1, 1, t, position + t)
        h = hidden(p, shape, torch.tensor([step]), mask, cos[position:position + t], sin[position:position + t], cache=cache)
        logits = p["head"] @ h[0, -1]
        first = logits if first is None else first
        top = logits.topk(2)
        token = int(top.indices[0])
        found.append((token, float(top.values[0] - top.values[1])))
        position += t
        step = [token]
        if token in stop:
            break
    return found, first
