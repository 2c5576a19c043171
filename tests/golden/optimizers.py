"""Golden values of the optimizers (tests/nn/optimizers.test.ts): python3 tests/golden/optimizers.py (torch 1.13.1)"""

import json
import pathlib

import torch

START = [1.0, -2.0, 0.5, 3.0]
CASES = {
    "sgd": (torch.optim.SGD, dict(lr=0.1)),
    "sgd with momentum and weight decay": (torch.optim.SGD, dict(lr=0.1, momentum=0.9, weight_decay=0.01)),
    "sgd with Nesterov momentum": (torch.optim.SGD, dict(lr=0.1, momentum=0.9, nesterov=True)),
    "adam": (torch.optim.Adam, dict(lr=0.01)),
    "adam with weight decay": (torch.optim.Adam, dict(lr=0.01, weight_decay=0.1, betas=(0.8, 0.95), eps=1e-3)),
    "adamw": (torch.optim.AdamW, dict(lr=0.01, weight_decay=0.1)),
}


def run(make, options):
    p = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer = make([p], **options)
    trace = []
    for step in range(5):
        optimizer.zero_grad()
        # The loss of the test: sum of (p^2 / 2 + step p) with a gradient of p + step.
        (p * p / 2 + step * p).sum().backward()
        optimizer.step()
        trace.append(p.tolist())
    return trace


result = {name: run(*case) for name, case in CASES.items()}
(pathlib.Path(__file__).parent / "optimizers.json").write_text(json.dumps({"start": START, "traces": result}))
