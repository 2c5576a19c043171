"""Golden values of the semi-supervised terms (tests/methods/semisupervised-golden.test.ts): python3 tests/golden/semisupervised.py

Written from JTR's equations 2, 4 and 5 and section 4.4, and from MuST as JTR describes it. Predictions, labels and masks are made by a formula
that the test repeats; of each gradient its norm and its product with a fixed direction are stored. Written with torch 1.13.1.
"""

import json
import math
import pathlib

import torch
import torch.nn.functional as F
from waves import wave

N, H, W, CLASSES = 4, 4, 6, 5
CHANNELS = {"segmentation": CLASSES, "depth": 1, "normals": 3}
LABELLED = [["segmentation", "depth", "normals"], ["depth"], [], ["segmentation", "normals"]]
CONFIDENCE = 0.35
# Step and start of x and y, enlargement: as it is, mirrored, cropped, both.
PLACEMENTS = [[1, 0, 1, 0, 1], [-1, 5, 1, 0, 1], [0.6, 1, 1 / 3, 2, 1.5], [-0.6, 4, 1 / 3, 0, 1.5]]


def unit(x):
    return x / (x.pow(2).sum(1, keepdim=True) + 1e-8).sqrt()


def mean(x, valid):
    return (x * valid).sum((1, 2, 3)) / valid.sum((1, 2, 3)).clamp(min=1)


def loss(task, prediction, label, valid):
    if task == "segmentation":
        one_hot = F.one_hot(label[:, 0].long(), CLASSES).permute(0, 3, 1, 2)
        return mean(-(F.log_softmax(prediction, 1) * one_hot).sum(1, keepdim=True), valid)
    if task == "depth":
        return mean((prediction - label).abs(), valid)
    return (1 - mean((prediction * label).sum(1, keepdim=True), valid)) * (valid.sum((1, 2, 3)) > 0)


def pseudo(task, prediction, confidence):
    fixed = prediction.detach()
    if task == "segmentation":
        return fixed.argmax(1, keepdim=True), (fixed.softmax(1).amax(1, keepdim=True) >= confidence).double()
    return fixed, torch.ones(N, 1, H, W)


def moved(task, prediction):
    sx, x0, sy, y0, enlargement = torch.tensor(PLACEMENTS).T[:, :, None, None]
    x, y = torch.arange(W)[None, None] * sx + x0, torch.arange(H)[None, :, None] * sy + y0
    grid = torch.stack([x.expand(N, H, W) * 2 / (W - 1) - 1, y.expand(N, H, W) * 2 / (H - 1) - 1], 3)
    sampled = F.grid_sample(prediction, grid, align_corners=True, padding_mode="border")
    if task == "depth":
        return sampled / enlargement[:, None]
    if task == "normals":
        return unit(torch.cat([sampled[:, :1] * sx.sign()[:, None], sampled[:, 1:]], 1))
    return sampled


def encode(task, prediction):
    return prediction.softmax(1) if task == "segmentation" else prediction


def main():
    torch.set_default_dtype(torch.float64)
    raw = {
        (view, task): (wave(f"{view} {task}", (N, c, H, W)) * 2).requires_grad_()
        for view in ["first", "second", "taught"]
        for task, c in CHANNELS.items()
    }
    predictions = {key: unit(x) if key[1] == "normals" else x for key, x in raw.items()}
    pixels = (N, 1, H, W)
    labels = {
        "segmentation": ((torch.arange(math.prod(pixels)) * 7) // 3 % CLASSES).reshape(pixels),
        "depth": 2 + wave("depth", pixels),
        "normals": unit(wave("normals", (N, 3, H, W))),
    }
    flags = {t: torch.tensor([float(t in own) for own in LABELLED]) for t in CHANNELS}
    holds = (torch.arange(math.prod(pixels)) % 5 != 0).double().reshape(pixels)
    valid = {t: holds * flags[t][:, None, None, None] for t in CHANNELS}
    result = {}

    def record(name, value):
        reached = [key for key in raw if key[0] != "taught"]
        grads = torch.autograd.grad(value, [raw[key] for key in reached], allow_unused=True, retain_graph=True)
        gradients = {}
        for (view, task), g in zip(reached, grads):
            if g is not None:
                d = wave(f"direction {view} {task}", g.shape)
                gradients[f"{view} {task}"] = [g.norm().item(), (g * d).sum().item()]
        result[name] = {"value": value.item(), "gradients": gradients}

    unlabelled = sum(1 - flags[t] for t in CHANNELS).clamp(min=1)
    for task in CHANNELS:
        a, b = predictions["first", task], predictions["second", task]
        square = (encode(task, a) - encode(task, b)).pow(2).mean((1, 2, 3))
        record(f"l2 {task}", (square * (1 - flags[task]) / unlabelled).mean())
        record(f"l2 all {task}", (square / len(CHANNELS)).mean())
        apart = (encode(task, moved(task, a)) - encode(task, b)).pow(2).mean((1, 2, 3))
        record(f"moved {task}", (apart / len(CHANNELS)).mean())
        both = loss(task, a, *pseudo(task, b, CONFIDENCE)) + loss(task, b, *pseudo(task, a, CONFIDENCE))
        record(f"task {task}", (both / 2 * (1 - flags[task]) / unlabelled).mean())
        known = loss(task, a, labels[task], valid[task]) * flags[task] / len(CHANNELS)
        record(f"student {task}", known.mean())
        taught = loss(task, a, *pseudo(task, predictions["taught", task], CONFIDENCE))
        record(f"must {task}", (taught * (1 - flags[task]) / len(CHANNELS)).mean())

    # Section 4.4: for samples without labels the second augmentation's predictions are Y. The encoder here is the identity.
    none = (sum(flags.values()) == 0).double()[:, None, None, None]
    predicted, target = [], []
    for task in CHANNELS:
        mine, other = (encode(task, predictions[view, task]) for view in ["first", "second"])
        label = labels[task]
        if task == "segmentation":
            label = F.one_hot(label[:, 0], CLASSES).permute(0, 3, 1, 2).double()
        substitute = none * other + (1 - none) * mine
        predicted.append(mine)
        target.append(label * valid[task] + substitute * (1 - valid[task]))
    a, b = torch.cat(predicted, 1), torch.cat(target, 1)
    record("stacks", (1 - F.cosine_similarity(a, b, dim=1, eps=1e-12).mean((1, 2))).mean())
    (pathlib.Path(__file__).parent / "semisupervised.json").write_text(json.dumps(result) + "\n")


main()
