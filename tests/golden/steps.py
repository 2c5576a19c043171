"""Golden values of steps of mtpsl, direct-map, perceptual-map and the released jtr (tests/methods/steps-golden.test.ts): python3 tests/golden/steps.py

The sums are written as the equations have them, sample by sample and pair by pair (the released MTPSL maps single samples), not as the
graph computes them. Stored are losses, and of each parameter's gradient its norm and its product with a fixed direction. Sample 0 has two
labels, sample 1 one, sample 2 none, sample 3 one without a valid pixel. Written with torch 1.13.1 of Debian's python3-torch.
"""

import copy
import json
import math
import pathlib
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F
from waves import fill, wave

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks" / "speed"))
from pytorch_jtr import TASKS, SegNet, cosine_loss, masked_mean, supervised_losses, unit, unit_vectors  # noqa: E402

WIDTH, BATCH, SIDE = 4, 4, 64
NAMES = list(TASKS)
K = len(NAMES)
PAIRS = [(s, t) for s in range(K) for t in range(K) if s != t]
LABELLED = [["segmentation", "depth"], ["normals"], [], ["segmentation"]]
EMPTY = 3


class Film(nn.Sequential):
    def __init__(self, inputs, outputs):
        super().__init__(nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs))
        self.gamma = nn.Parameter(torch.ones(outputs, len(PAIRS)))
        self.beta = nn.Parameter(torch.zeros(outputs, len(PAIRS)))

    def forward(self, x, pairs):
        rows = [p.t()[pairs][:, :, None, None] for p in (self.gamma, self.beta)]
        return F.relu(self[1](self[0](x)) * rows[0] + rows[1])


class PairSpace(nn.Module):
    def __init__(self, width):
        super().__init__()
        f = [width, 2 * width, 4 * width, 8 * width, 8 * width]
        self.input = nn.ModuleDict({name: unit(channels, width) for name, channels in TASKS.items()})
        self.encoder_block = nn.ModuleList([Film(f[max(i - 1, 0)], f[i]) for i in range(5)])
        block = lambda i: Film(f[i], f[i]) if i < 2 else nn.ModuleList([Film(f[i], f[i]), Film(f[i], f[i])])
        self.conv_block_enc = nn.ModuleList([block(i) for i in range(5)])

    def forward(self, x, pairs):
        for first, further in zip(self.encoder_block, self.conv_block_enc):
            x = first(x, pairs)
            for each in [further] if isinstance(further, Film) else further:
                x = each(x, pairs)
            x = F.max_pool2d(x, 2, 2)
        return x


def batch(view):
    prefix = "" if view == 0 else f"view{view}."
    pixels = (BATCH, 1, SIDE, SIDE)
    b = {"image": 0.5 + 0.5 * wave(prefix + "image", (BATCH, 3, SIDE, SIDE))}
    for task in NAMES:
        labelled = torch.tensor([float(task in names) for names in LABELLED])
        holds = (torch.arange(math.prod(pixels)) % 5 != 0).float().reshape(pixels)
        holds[EMPTY] = 0
        b[f"{task}.labelled"] = labelled
        b[f"{task}.valid"] = holds * labelled[:, None, None, None]
    classes = (torch.arange(math.prod(pixels)).reshape(pixels) * (7 + view) // 3) % 13
    b["onehot"] = F.one_hot(classes[:, 0], 13).permute(0, 3, 1, 2).float()
    b["depth.label"] = 2 + wave(prefix + "depth", pixels)
    n = wave(prefix + "normals", (BATCH, 3, SIDE, SIDE)) + torch.tensor([0.1, 0.2, -1.5]).reshape(1, 3, 1, 1)
    b["normals.label"] = n / n.norm(dim=1, keepdim=True)
    return {k: v.double() for k, v in b.items()}


def one_minus_cosine(a, b):
    return (1 - F.cosine_similarity(a, b, dim=1)).mean((1, 2))


def label_of(b, name):
    return b["onehot"] if name == "segmentation" else b[f"{name}.label"]


def encoded(pred):
    return {**pred, "segmentation": pred["segmentation"].softmax(1)}


def or_prediction(known, valid, pred):
    return known * valid + pred.detach() * (1 - valid)


def supervised(pred, b, mean):
    losses = supervised_losses(pred, b)
    counts = sum(b[f"{t}.labelled"] for t in NAMES).clamp(min=1) if mean else torch.ones(BATCH)
    return {t: (losses[t] * b[f"{t}.labelled"] / counts).mean() for t in NAMES}


def predictions(model, image):
    feature, indices = model.encode(image)
    pred = model.decode(feature, indices)
    return {**pred, "normals": unit_vectors(pred["normals"])}, feature


def active(sample, every=False):
    names = LABELLED[sample]
    return [p for p, (s, t) in enumerate(PAIRS) if NAMES[t] in names and (every or NAMES[s] not in names)]


def sources(enc, every=False):
    """Predictions that learn: of tasks that are the source of a pair."""
    learns = lambda name, n: any(NAMES[PAIRS[p][0]] == name for p in active(n, every))
    return {t: torch.stack([x if learns(t, n) else x.detach() for n, x in enumerate(enc[t])]) for t in enc}


def mtpsl(model, space, every=False):
    """Eq. 3; all maps of the step are one batch, in which places left over hold pairs that do not count."""
    b = batch(0)
    pred, feature = predictions(model, b["image"])
    enc = encoded(pred)
    learning = sources(enc, every)
    maps = {
        t: space.input[t](torch.cat([learning[t], or_prediction(label_of(b, t), b[f"{t}.valid"], enc[t])])) for t in NAMES
    }
    places = []
    for n in range(BATCH):
        counted = active(n, every)
        rest = [p for p in range(len(PAIRS)) if p not in counted]
        places += [(n, p, p in counted) for p in (counted + rest)[: len(PAIRS) if every else K * K // 4]]
    rows = [maps[NAMES[PAIRS[p][0]]][n] for n, p, _ in places] + [maps[NAMES[PAIRS[p][1]]][BATCH + n] for n, p, _ in places]
    latent = space(torch.stack(rows), torch.tensor([p for _, p, _ in places] * 2))
    source, target = latent.chunk(2)
    towards = feature.detach()[[n for n, _, _ in places]]
    share = [counts / BATCH / (K if every else max(K - len(LABELLED[n]), 1)) for n, _, counts in places]
    over = lambda losses: (losses * torch.tensor(share)).sum()
    losses = supervised(pred, b, mean=True)
    losses["mtpsl.consistency"] = over(one_minus_cosine(source, target))
    losses["mtpsl.regularisation"] = over(one_minus_cosine(source, towards) + one_minus_cosine(target, towards))
    return losses, {"mtpsl.consistency": 2, "mtpsl.regularisation": 1}


def sampled(logits, draw):
    """A straight-through Gumbel one-hot sample; the noise is named after the draw."""
    uniform = 0.5 + 0.45 * wave(f"noise.{draw}.segmentation", logits.shape).double()
    soft = (logits - (-uniform.log()).log()).softmax(1)
    return F.one_hot(soft.argmax(1), 13).permute(0, 3, 1, 2) - soft.detach() + soft


def mtpsl_released(model, space):
    """The code's loop: every map by itself."""
    a, b = batch(0), batch(1)
    both, feature = predictions(model, torch.cat([a["image"], b["image"]]))
    first, pred = ({t: p.chunk(2)[view] for t, p in both.items()} for view in (0, 1))
    feature = feature.chunk(2)[1].detach()
    hard = sampled(pred["segmentation"], "mtpsl")
    inputs = {"segmentation": hard, "depth": pred["depth"], "normals": (pred["normals"] + 1) / 2}
    consistency, regularisation = 0, 0
    for n in range(BATCH):
        for p in active(n):
            s, t = (NAMES[i] for i in PAIRS[p])
            x = inputs[s][n : n + 1]
            y = (label_of(b, t) * b[f"{t}.valid"])[n : n + 1]
            if s == "depth":
                x = x / (x.max() + 1e-12)
            if t == "depth":
                y = y / (y.max() + 1e-12)
            if t == "normals":
                y = (y + 1) / 2
            source, target = (space(space.input[i](z), torch.tensor([p])) for i, z in [(s, x), (t, y)])
            consistency += one_minus_cosine(source, target).sum() / BATCH
            f = feature[n : n + 1]
            regularisation += (one_minus_cosine(source, f) + one_minus_cosine(target, f)).sum() / BATCH
    losses = supervised(first, a, mean=False)
    losses |= {"mtpsl.consistency": consistency, "mtpsl.regularisation": regularisation}
    return losses, {"mtpsl.consistency": 2, "mtpsl.regularisation": 1}


def depth_share(metres):
    return 0.5 * (1 + torch.erf((metres - 2.3618) / 1.5876 / math.sqrt(2)))


def jtr_released(model, joint):
    """The code's loop: the auto-encoder runs on every stack of every sample by itself. Without the sample that has no valid pixel."""
    views = [{k: v[:EMPTY] for k, v in batch(view).items()} for view in range(3)]
    every, _ = predictions(model, torch.cat([b["image"] for b in views]))
    first, *others = ({t: p.chunk(3)[view] for t, p in every.items()} for view in range(3))
    split = lambda stack: dict(zip(NAMES, stack.split(list(TASKS.values()), 1)))
    sums = {"jtr.distance": 0, "jtr.distance.encoder": 0, "jtr.reconstruction": 0}
    frozen = copy.deepcopy(joint).requires_grad_(False)
    draws = [
        {which: sampled(others[view - 1]["segmentation"], f"view{view}.{which}") for which in names}
        for view, names in [(1, ["predicted", "target"]), (2, ["target", "substitute", "reconstructed"])]
    ]
    for n in range(EMPTY):
        stacks = []
        for view in (1, 2):
            b = {k: v[n : n + 1] for k, v in views[view].items()}
            known = LABELLED[n]
            pred = {t: p[n : n + 1].detach() if t in known else p[n : n + 1] for t, p in others[view - 1].items()}
            m = math.prod((b[f"{t}.valid"] for t in known), start=torch.ones(1, 1, SIDE, SIDE))
            draw = {which: d[n : n + 1].detach() if "segmentation" in known else d[n : n + 1] for which, d in draws[view - 1].items()}
            soft = pred["segmentation"].softmax(1) * m
            rest = {"depth": depth_share(pred["depth"] * m), "normals": (pred["normals"] * m + 1) / 2}
            predicted = {"segmentation": draw["predicted"] * m if view == 1 else soft, **rest}
            gt = {
                "segmentation": b["onehot"] * b["segmentation.valid"],
                "depth": depth_share(b["depth.label"] * b["depth.valid"]),
                "normals": (b["normals.label"] * b["normals.valid"] + 1) / 2,
            }
            target = {t: gt[t] if t in known else {"segmentation": draw["target"] * m, **rest}[t] for t in NAMES}
            stacks.append([torch.cat([part[t] for t in NAMES], 1) for part in (predicted, target)])
        latent = lambda network, stack: network.encode(stack)[0]
        (a, c), (d, e) = stacks[0], [stack.detach() for stack in stacks[1]]
        sums["jtr.distance"] += one_minus_cosine(latent(frozen, a), latent(frozen, c)).sum()
        sums["jtr.distance.encoder"] += one_minus_cosine(latent(joint, d), latent(joint, e)).sum()
        # Still of view 2. Targets: of the stack of predictions what stands in it (the segmentation drawn anew), else labels or raw predictions.
        own = {"segmentation": draw["reconstructed"] * m, **rest}
        raw = {**pred, "segmentation": draw["substitute"] * m}
        labels = {**b, "segmentation.label": b["onehot"]}
        wanted = {t: labels[f"{t}.label"] * b[f"{t}.valid"] if t in known else raw[t] for t in NAMES}
        for stack, targets in [(d, own), (e, wanted)]:
            out = split(joint.decode(*joint.encode(stack))["stack"])
            targets = {t: x.detach() for t, x in targets.items()}
            over = lambda x, t: (x * m).sum() / (targets[t] != 0).sum().clamp(min=1)
            bce = F.binary_cross_entropy_with_logits(out["segmentation"], targets["segmentation"], reduction="none")
            x = (out["depth"].sigmoid() - 0.5) * (1 - 1e-5) + 0.5
            sums["jtr.reconstruction"] += over(bce, "segmentation")
            sums["jtr.reconstruction"] += over((x - depth_share(targets["depth"])).abs(), "depth")
            sums["jtr.reconstruction"] += 1 - over(unit_vectors(out["normals"]) * targets["normals"], "normals")
    losses = {
        t: (supervised_losses(first, views[0])[t] * views[0][f"{t}.labelled"]).mean() for t in NAMES
    } | {name: value / EMPTY for name, value in sums.items()}
    return losses, {"jtr.distance": 4, "jtr.distance.encoder": 8, "jtr.reconstruction": 2}


def task_loss(task, pred, b):
    """[B]"""
    valid = b[f"{task}.valid"]
    if task == "segmentation":
        return masked_mean(-(F.log_softmax(pred, 1) * b["onehot"]).sum(1, keepdim=True), valid)
    if task == "depth":
        return masked_mean((pred - b["depth.label"]).abs(), valid)
    return cosine_loss(pred, b["normals.label"], valid) * (valid.sum((1, 2, 3)) > 0)


def maps(model, networks, perceptual):
    b = batch(0)
    pred, _ = predictions(model, b["image"])
    enc = sources(encoded(pred))
    name = "perceptual-map" if perceptual else "direct-map"
    consistency, fit = 0, 0
    for s, t in ((NAMES[s], NAMES[t]) for s, t in PAIRS):
        inputs = [
            or_prediction(label_of(b, s)[n], b[f"{s}.valid"][n], enc[s][n]) if s in LABELLED[n] else enc[s][n]
            for n in range(BATCH)
        ]
        network, back = networks[s][t], networks[t][s]
        mapped = network.decode(*network.encode(torch.stack(inputs)))[t]
        mapped = unit_vectors(mapped) if t == "normals" else mapped
        fits = task_loss(t, mapped, b)
        distances = fits
        if perceptual:
            a = mapped.softmax(1) if t == "segmentation" else mapped
            back.requires_grad_(False)
            latent, _ = back.encode(torch.cat([a, or_prediction(label_of(b, t), b[f"{t}.valid"], a)]))
            back.requires_grad_(True)
            distances = one_minus_cosine(*latent.chunk(2))
        for n in range(BATCH):
            if t in LABELLED[n] and s not in LABELLED[n]:
                consistency += distances[n] / BATCH / (K - len(LABELLED[n]))
            if t in LABELLED[n] and s in LABELLED[n]:
                fit += fits[n] / BATCH / len(LABELLED[n])
    losses = supervised(pred, b, mean=True)
    losses |= {f"{name}.consistency": consistency, f"{name}.fit": fit}
    return losses, {f"{name}.consistency": 2 if perceptual else 1, f"{name}.fit": 1}


def rounded(x):
    return float(f"{x:.6g}")


def summary(losses_and_weights, modules):
    losses, weights = losses_and_weights
    sum(value * weights.get(name, 1) for name, value in losses.items()).backward()
    gradients = {}
    for prefix, module in modules.items():
        for name, p in module.named_parameters():
            if name.endswith("0.bias") and "head" not in name:
                continue  # cancelled by batch normalisation: zero but for rounding
            g = torch.zeros_like(p) if p.grad is None else p.grad
            direction = wave("direction " + prefix + name, p.shape)
            gradients[prefix + name] = [rounded(g.norm().item()), rounded((g * direction).sum().item())]
    return {"losses": {k: rounded(v.item()) for k, v in losses.items()}, "gradients": gradients}


def filled(modules):
    for prefix, module in modules.items():
        fill(module, prefix)
    return modules


def main():
    torch.set_default_dtype(torch.float64)
    kept = lambda: {"": SegNet(3, WIDTH, TASKS)}
    cases = {}
    for case, step in [
        ("mtpsl", mtpsl),
        ("mtpsl all", lambda *modules: mtpsl(*modules, every=True)),
        ("mtpsl released", mtpsl_released),
    ]:
        modules = filled({**kept(), "helper.mtpsl.": PairSpace(WIDTH)})
        cases[case] = summary(step(*modules.values()), modules)
    modules = filled({**kept(), "helper.joint.": SegNet(17, WIDTH, {"stack": 17})})
    cases["jtr released"] = summary(jtr_released(*modules.values()), modules)
    for case in ["direct-map", "perceptual-map"]:
        networks = {s: {t: SegNet(TASKS[s], WIDTH, {t: TASKS[t]}) for t in NAMES if t != s} for s in NAMES}
        flat = {f"helper.{case}.{s}.{t}.": networks[s][t] for s in NAMES for t in networks[s]}
        modules = filled({**kept(), **flat})
        cases[case] = summary(maps(modules[""], networks, case == "perceptual-map"), modules)
    text = json.dumps(cases, separators=(",", ":"))
    (pathlib.Path(__file__).parent / "steps.json").write_text(text + "\n")


main()
