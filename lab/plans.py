"""The two models and how long they are trained. A plan is steps only: no clock steers it."""

COPYING = [  # first learn to repeat: a few tokens, then more, then all
    {"until": 40, "rows": 8, "length": 256, "deck": 500, "dense": 0.85, "tasks": {"copy": 1}},
    {"until": 100, "rows": 8, "length": 256, "deck": 4000, "dense": 0.85, "tasks": {"copy": 1}},
    {"until": 250, "rows": 8, "length": 256, "dense": 0.85, "tasks": {"copy": 1}},
]
# A model that has only ever copied copies everywhere: the first text costs it 13 nats a token. So the optimizer starts
# anew when the other tasks come in, with a warm-up to a lower rate, and those tasks weigh little at first.
RESTART = 250


def later(first, last, tasks):
    """Then everything together; the last phase has long rows and the full softmax."""
    return [
        {"until": first, "rows": 4, "length": 512, "dense": 0.6, "tasks": tasks},
        {"until": last, "rows": 2, "length": 1024, "dense": 0.4, "tasks": tasks, "fullSoftmax": True},
    ]


# rate: falls as a cosine that would reach its floor at the horizon; from the restart on it starts from `lower` times
# itself and reaches the floor at the last step.
PLANS = {
    "lab-moe": {
        "seed": 1, "steps": 1050, "horizon": 1350, "rareFrom": 300, "rate": 3e-3, "lower": 0.6,
        "phases": COPYING + later(960, 1050, {"copy": 41, "raw": 20, "desk": 18, "email": 7, "sum": 5, "phrase": 4, "meaning": 5}),
        "shape": {"layers": 4, "width": 256, "heads": 8, "kvHeads": 2, "experts": 8, "ffn": 256, "context": 2048},
    },
    "lab-dense": {
        "seed": 2, "steps": 700, "horizon": 1350, "rareFrom": 300, "rate": 3e-3, "lower": 0.6,
        "phases": COPYING + later(640, 700, {"copy": 42, "raw": 32, "desk": 16, "phrase": 5, "meaning": 5}),
        "shape": {"layers": 2, "width": 256, "heads": 8, "kvHeads": 8, "experts": 0, "ffn": 512, "context": 2048},
    },
}
