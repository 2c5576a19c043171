"""Golden values of self-supervised steps: InfoNCE, the dense term, momentum encoders, queue order, turns.

Run: /usr/bin/python3 tests/golden/contrastive.py   (torch 1.13; writes tests/golden/contrastive.json)

DenseCL and MoCo v2 as their published code computes them (a ring with a pointer for the queue, a bank of a column an
image for CompL's variant, cross-entropy of concatenated logits), on a network of one 1x1 convolution: three steps of SGD.
"""

import json
import pathlib

import torch
import torch.nn.functional as F
from waves import wave

N, C, H, W, K, D, GRID = 3, 5, 5, 7, 7, 4, 3
RATE, MOMENTUM, DECAY, STEPS, POWER = 0.5, 0.9, 1e-2, 3, 0.9
FOLLOW, LOCAL = 0.9, 0.7
# Images come again before the queue has forgotten them.
IMAGES = [[4, 0, 6], [1, 4, 2], [0, 6, 3]]
torch.set_default_dtype(torch.float64)

SHAPES = {
    "mix.weight": (C, 3, 1, 1),
    "mix.bias": (C,),
    "global.0.weight": (C, C),
    "global.0.bias": (C,),
    "global.2.weight": (D, C),
    "global.2.bias": (D,),
    "local.0.weight": (C, C, 1, 1),
    "local.0.bias": (C,),
    "local.2.weight": (D, C, 1, 1),
    "local.2.bias": (D,),
}


def features(p, image):
    return torch.relu(F.conv2d(image, p["mix.weight"], p["mix.bias"]))


def whole(p, x):
    hidden = F.relu(F.linear(F.adaptive_avg_pool2d(x, 1).flatten(1), p["global.0.weight"], p["global.0.bias"]))
    return F.normalize(F.linear(hidden, p["global.2.weight"], p["global.2.bias"]), dim=1)


def dense(p, x):
    """Backbone cells [N,C,S²] and their embedding [N,D,S²], as the neck of the published code."""
    pooled = F.adaptive_avg_pool2d(x, GRID)
    cells = F.conv2d(pooled, p["local.0.weight"], p["local.0.bias"])
    cells = F.conv2d(F.relu(cells), p["local.2.weight"], p["local.2.bias"])
    return pooled.flatten(2), cells.flatten(2)


def info_nce(positive, negative, own, temperature):
    """positive [M,1], negative [M,K]; own [M,K]: columns that are the query's own image."""
    logits = torch.cat([positive, negative.masked_fill(own, -float("inf"))], dim=1) / temperature
    return F.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long), reduction="none")


def run(variant, temperature):
    p = {name: wave(name, shape).double().requires_grad_() for name, shape in SHAPES.items()}
    keys = {name: value.detach().clone() for name, value in p.items()}
    velocity = {name: torch.zeros_like(value) for name, value in p.items()}
    queues = {name: F.normalize(wave(f"queue {name}", (K, D)).double(), dim=1).T.clone() for name in ("global", "local")}
    owner = torch.arange(K) if variant == "images" else torch.full((K,), -1)
    pointer = 0
    losses, first = [], {}
    for step, images in enumerate(IMAGES):
        views = [0.5 + 0.5 * wave(f"image {step} {view}", (N, 3, H, W)).double() for view in (0, 1)]
        with torch.no_grad():
            # As published: the key encoder follows before it is used, at the first step by nothing.
            for name in keys:
                keys[name] = FOLLOW * keys[name] + (1 - FOLLOW) * p[name]
            key_map = features(keys, views[1])
            k = whole(keys, key_map)
            key_cells, key_local = dense(keys, key_map)
            key_mean = F.normalize(key_local.mean(dim=2), dim=1)
            key_local = F.normalize(key_local, dim=1)
        query_map = features(p, views[0])
        q = whole(p, query_map)
        query_cells, query_local = dense(p, query_map)
        query_local = F.normalize(query_local, dim=1)
        own = torch.tensor(images)[:, None] == owner[None, :]
        l_global = info_nce((q * k).sum(1, keepdim=True), q @ queues["global"], own, temperature).mean()
        similarity = torch.matmul(F.normalize(query_cells, dim=1).transpose(1, 2), F.normalize(key_cells, dim=1))
        place = similarity.argmax(dim=2)
        match = torch.gather(key_local, 2, place[:, None, :].expand(-1, D, -1))
        positive = (query_local * match).sum(1).reshape(-1, 1)
        negative = torch.matmul(query_local.transpose(1, 2).reshape(-1, D), queues["local"])
        l_local = info_nce(positive, negative, own.repeat_interleave(GRID * GRID, 0), temperature).mean()
        loss = (1 - LOCAL) * l_global + LOCAL * l_local
        losses.append([float(l_global), float(l_local)])
        grads = dict(zip(p, torch.autograd.grad(loss, list(p.values()))))
        if step == 1:
            first = {name: grad.flatten().tolist() for name, grad in grads.items()}
        with torch.no_grad():
            rate = RATE * (1 - step / STEPS) ** POWER
            for name, value in p.items():
                velocity[name] = MOMENTUM * velocity[name] + grads[name] + DECAY * value
                value -= rate * velocity[name]
            for i, image in enumerate(images):
                column = image if variant == "images" else (pointer + i) % K
                queues["global"][:, column] = k[i]
                queues["local"][:, column] = key_mean[i]
                owner[column] = image
            pointer = (pointer + N) % K
    # The key encoder as the next step will use it.
    for name in keys:
        keys[name] = FOLLOW * keys[name] + (1 - FOLLOW) * p[name].detach()
    shift = 0 if variant == "images" else -pointer
    return {
        "temperature": temperature,
        "losses": losses,
        "gradients of step 2": first,
        "parameters": {name: value.flatten().tolist() for name, value in p.items()},
        "keys": {name: value.flatten().tolist() for name, value in keys.items()},
        # Oldest first.
        "memory": {name: torch.roll(queue, shift, 1).T.flatten().tolist() for name, queue in queues.items()},
        "owners": torch.roll(owner, shift, 0).tolist(),
    }


def turns():
    scores = wave("scores", (3, 4)).double().requires_grad_()
    loss = F.cross_entropy(scores, torch.tensor([3, 0, 2]))
    (gradient,) = torch.autograd.grad(loss, [scores])
    return {"loss": float(loss), "gradient": gradient.flatten().tolist()}


result = {"queue": run("queue", 0.2), "images": run("images", 0.4), "turns": turns()}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(result, default=float).replace("], ", "],\n ") + "\n")
