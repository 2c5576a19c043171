"""Parameters and batches by formula, which the tests repeat, so that only results are stored (tests/helpers/waves.ts)."""

import math

import torch


def fnv(text):
    h = 0x811C9DC5
    for c in text:
        h = ((h ^ ord(c)) * 0x01000193) & 0xFFFFFFFF
    return h


def wave(name, shape):
    count = math.prod(shape)
    start = fnv(name) % 1000
    return torch.tensor([math.sin(start + 0.7 * i + 0.1 * (i % 13) ** 2) for i in range(count)]).reshape(shape)


def fill(module, prefix):
    with torch.no_grad():
        for name, p in module.named_parameters():
            if p.dim() == 4:
                fan = p[0].numel() + p.shape[0] * p.shape[2] * p.shape[3]
                p.copy_(wave(prefix + name, p.shape) * 2 / math.sqrt(fan))
            elif name.endswith(("1.weight", "gamma")):
                p.copy_(1 + 0.2 * wave(prefix + name, p.shape))
            else:
                # Shifts this large keep most ReLUs away from their kink, where single precision would flip them.
                shifted = ("block" in name or "input" in name) and name.endswith("1.bias")
                p.copy_((1 if shifted else 0) + 0.1 * wave(prefix + name, p.shape))
