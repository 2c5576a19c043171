"""Golden values of xtasc's losses and gradients (tests/methods/xtasc-golden.test.ts): python3 tests/golden/xtasc.py

Written from equations 8 and 11-15 of the paper (Nakano et al. 2021), and for `released` from what its code does: log-softmax as the input of
transfer networks, enlargement before convolutions, hard targets, masks, and cross-entropy over all pixels of the batch. The kept network is a
SegNet. Stored are losses, and of each gradient of their weighted sum its norm and its product with a fixed direction. Written with torch 1.13.1.
"""

import json
import math
import pathlib
import sys

import torch
import torch.nn.functional as F
from waves import fill, wave
from xtasc_net import TransferNet

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks" / "speed"))
from pytorch_jtr import SegNet, unit_vectors  # noqa: E402

WIDTH, BATCH, SIDE, CLASSES = 4, 4, 64, 13
TASKS = {"segmentation": CLASSES, "depth": 1, "normals": 3}
PAIRS = [(s, t) for s in TASKS for t in TASKS if s != t]
PARTLY = [["segmentation", "depth"], ["normals"], [], ["segmentation"]]
# Its label has no valid pixel.
EMPTY = 3


def batch(labelled, empty):
    pixels = (BATCH, 1, SIDE, SIDE)
    holds = (torch.arange(math.prod(pixels)) % 5 != 0).double().reshape(pixels)
    if empty is not None:
        holds[empty] = 0
    normals = wave("normals", (BATCH, 3, SIDE, SIDE)) + torch.tensor([0.1, 0.2, -1.5]).reshape(1, 3, 1, 1)
    labels = {
        "segmentation": (torch.arange(math.prod(pixels)).reshape(pixels) * 7 // 3) % CLASSES,
        "depth": 2 + wave("depth", pixels),
        "normals": normals / normals.norm(dim=1, keepdim=True),
    }
    image = 0.5 + 0.5 * wave("image", (BATCH, 3, SIDE, SIDE))
    has = {t: [t in names for names in labelled] for t in TASKS}
    return image, labels, has, holds


def per_pixel(task, prediction, label):
    """[B,H,W]"""
    if task == "segmentation":
        return F.cross_entropy(prediction, label[:, 0], reduction="none")
    if task == "depth":
        return (prediction - label).abs()[:, 0]
    return 1 - (prediction * label).sum(1)


def over_images(losses, masks, has):
    """Mean over the images that count, of means over their valid pixels; 0 for an image without one."""
    of = [(loss[mask > 0].mean() if mask.sum() > 0 else 0 * loss.sum()) for loss, mask, h in zip(losses, masks, has) if h]
    return sum(of) / len(of)


def activated(task, x):
    return unit_vectors(x) if task == "normals" else x


def step(model, networks, edges, lambdas, loss, released, unlabelled, labelled, empty):
    tasks = list(model.head)
    image, labels, has, holds = batch(labelled, empty)
    direct = {t: activated(t, x) for t, x in model.decode(*model.encode(image)).items()}
    masks = holds[:, 0]

    def on_labels(t, prediction):
        losses = per_pixel(t, prediction, labels[t])
        if released and t == "segmentation":
            chosen = torch.stack([m for m, h in zip(masks, has[t]) if h]) > 0
            return torch.stack([x for x, h in zip(losses, has[t]) if h])[chosen].mean()
        return over_images(losses, masks, has[t])

    def on_direct(t, transferred):
        target = direct[t].detach()
        if released and t == "segmentation":
            logits = transferred * masks[:, None]
            one_hot = F.one_hot(target.argmax(1), CLASSES).permute(0, 3, 1, 2) * masks[:, None]
            return -(one_hot * F.log_softmax(logits, 1)).sum(1).mean()
        if t == "segmentation":
            losses = -(target.softmax(1) * F.log_softmax(transferred, 1)).sum(1)
        else:
            losses = per_pixel(t, transferred, target)
        return losses.mean() if unlabelled else over_images(losses, masks, has[t])

    found = {t: on_labels(t, direct[t]) for t in tasks}
    total = 0
    for t in tasks:
        crossed = []
        for s, r in edges:
            if s != t:
                continue
            read = direct[s]
            if s == "segmentation":
                read = read.log_softmax(1) if released else read.softmax(1)
            transferred = activated(r, networks[f"{s}.{r}"](read))
            found[f"xtasc.{s}.{r}"] = on_labels(r, transferred) if loss == "align" else on_direct(r, transferred)
            crossed.append(found[f"xtasc.{s}.{r}"])
        share = lambdas[t] if crossed else 0
        total = total + (1 - share) * found[t] + (share * sum(crossed) / len(crossed) if crossed else 0)
    return found, total


def rounded(x):
    return float(f"{x:.6g}")


def case(edges, lambdas, loss="consistency", released=False, unlabelled=True, labelled=PARTLY, empty=EMPTY, tasks=TASKS):
    model = SegNet(3, WIDTH, tasks)
    networks = {f"{s}.{t}": TransferNet(TASKS[s], TASKS[t], WIDTH, released) for s, t in edges}
    modules = {"": model, **{f"helper.transfer.{name}.": network for name, network in networks.items()}}
    for prefix, module in modules.items():
        fill(module, prefix)
    found, total = step(model, networks, edges, lambdas, loss, released, unlabelled, labelled, empty)
    total.backward()
    gradients = {}
    for prefix, module in modules.items():
        for name, p in module.named_parameters():
            if prefix == "" and name.endswith("0.bias") and "head" not in name:
                continue  # cancelled by batch normalisation: zero but for rounding
            direction = wave("direction " + prefix + name, p.shape)
            gradients[prefix + name] = [rounded(p.grad.norm().item()), rounded((p.grad * direction).sum().item())]
    return {"losses": {k: rounded(v.item()) for k, v in found.items()}, "gradients": gradients}


def main():
    torch.set_default_dtype(torch.float64)
    two = {t: TASKS[t] for t in ("segmentation", "depth")}
    both = [("segmentation", "depth"), ("depth", "segmentation")]
    full = {"labelled": [list(TASKS)] * BATCH, "empty": None, "released": True, "unlabelled": False, "tasks": two}
    same = dict.fromkeys(TASKS, 0.3)
    cases = {
        "pairs": case(PAIRS, same),
        "hub": case(
            [e for e in PAIRS if "depth" in e], {"segmentation": 0.1, "depth": 0.3, "normals": 0.5}, unlabelled=False
        ),
        "graph": case([("segmentation", "depth"), ("depth", "normals")], same, loss="align"),
        "none": case([], same),
        "released": case(both, same, **full),
        "released align": case(both, same, loss="align", **full),
    }
    (pathlib.Path(__file__).parent / "xtasc.json").write_text(json.dumps(cases, separators=(",", ":")) + "\n")


main()
