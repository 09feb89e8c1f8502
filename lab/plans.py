"""The two models, a smaller one for comparisons over seeds, and how long they are trained. A plan is steps only: no clock steers it."""

COPYING = [  # first learn to repeat: a few tokens, then more, then all
    {"until": 40, "rows": 8, "length": 256, "deck": 500, "dense": 0.85, "tasks": {"copy": 1}},
    {"until": 100, "rows": 8, "length": 256, "deck": 4000, "dense": 0.85, "tasks": {"copy": 1}},
    {"until": 250, "rows": 8, "length": 256, "dense": 0.85, "tasks": {"copy": 1}},
]
# A model that has only ever copied copies everywhere: the first text costs it 13 nats a token. So the optimizer starts
# anew when the other tasks come in, with a warm-up to a lower rate, and those tasks weigh little at first.
RESTART = 250


def later(first, last, tasks):
    """Then everything together; the last part has long rows and the full softmax."""
    return [
        {"until": first, "rows": 4, "length": 512, "dense": 0.6, "tasks": tasks},
        {"until": last, "rows": 2, "length": 1024, "dense": 0.4, "tasks": tasks, "fullSoftmax": True},
    ]


# cycles of the rate: a warm-up from `start`, under a cosine that falls from the first to the second step of `cosine`;
# `inner` is the share of the rate for everything between the two embeddings (a token's own rows see few examples).
FIRST = {"start": 0, "rate": 3e-3, "inner": 1.0, "cosine": (60, 1350)}

DENSE = {"layers": 2, "width": 256, "heads": 8, "kvHeads": 8, "experts": 0, "ffn": 512, "context": 2048}

PLANS = {
    "lab-moe": {
        "seed": 1, "steps": 1830, "rareFrom": 300, "rareUntil": 1050,
        "cycles": [FIRST, {"start": RESTART, "rate": 1.8e-3, "inner": 0.6, "cosine": (RESTART, 1050)},
                   {"start": 1050, "rate": 1.2e-3, "inner": 0.8, "cosine": (1050, 1830)}],
        "phases": COPYING
        + later(960, 1050, {"copy": 41, "raw": 20, "desk": 18, "email": 7, "sum": 5, "phrase": 4, "meaning": 5})
        + later(1780, 1830, {"copy": 20, "raw": 13, "desk": 30, "email": 13, "sum": 8, "phrase": 7, "meaning": 9}),
        "shape": {"layers": 4, "width": 256, "heads": 8, "kvHeads": 2, "experts": 8, "ffn": 256, "context": 2048},
    },
    "lab-dense": {
        "seed": 2, "steps": 1400, "rareFrom": 300, "rareUntil": 700,
        "cycles": [FIRST, {"start": RESTART, "rate": 1.8e-3, "inner": 0.6, "cosine": (RESTART, 700)},
                   {"start": 700, "rate": 1.2e-3, "inner": 0.8, "cosine": (700, 1400)}],
        "phases": COPYING
        + later(640, 700, {"copy": 42, "raw": 32, "desk": 16, "phrase": 5, "meaning": 5})
        + later(1370, 1400, {"copy": 38, "raw": 20, "desk": 28, "phrase": 6, "meaning": 8}),
        "shape": DENSE,
    },
    # For study.sh: the first cycle of lab-dense, on copying and text alone.
    "study": {
        "seed": 101, "steps": 700, "rareFrom": 300, "rareUntil": 700,
        "cycles": [FIRST, {"start": RESTART, "rate": 1.8e-3, "inner": 0.6, "cosine": (RESTART, 700)}],
        "phases": COPYING + later(660, 700, {"copy": 55, "raw": 40, "phrase": 5}),
        "shape": DENSE,
    },
}
