"""The two models and how long they are trained. A plan is steps only: no clock steers it."""

COPYING = [  # first learn to repeat: a few tokens, then more, then all
    {"until": 40, "rows": 8, "length": 256, "deck": 500, "dense": 0.85, "tasks": {"copy": 1}},
    {"until": 100, "rows": 8, "length": 256, "deck": 4000, "dense": 0.85, "tasks": {"copy": 1}},
    {"until": 260, "rows": 8, "length": 256, "dense": 0.85, "tasks": {"copy": 1}},
]


def later(first, last, tasks):
    """Then everything together; the last phase has long rows and the full softmax."""
    return [
        {"until": first, "rows": 4, "length": 512, "dense": 0.6, "tasks": tasks},
        {"until": last, "rows": 2, "length": 1024, "dense": 0.4, "tasks": tasks, "fullSoftmax": True},
    ]


PLANS = {
    "lab-moe": {
        "seed": 1, "steps": 1350, "rareFrom": 300, "rate": 3e-3,
        "phases": COPYING + later(1220, 1350, {"copy": 34, "raw": 27, "desk": 18, "email": 7, "sum": 5, "phrase": 4, "meaning": 5}),
        "shape": {"layers": 4, "width": 256, "heads": 8, "kvHeads": 2, "experts": 8, "ffn": 256, "context": 2048},
    },
    "lab-dense": {
        "seed": 2, "steps": 1100, "rareFrom": 300, "rate": 3e-3,
        "phases": COPYING + later(1020, 1100, {"copy": 34, "raw": 40, "desk": 16, "phrase": 5, "meaning": 5}),
        "shape": {"layers": 2, "width": 256, "heads": 8, "kvHeads": 8, "experts": 0, "ffn": 512, "context": 2048},
    },
}
