"""Golden values of PointPillars from PyTorch: pillar features, losses, box coding, and a training step's gradients.

Run: /usr/bin/python3 tests/golden/pointpillars.py   (torch 1.13; writes tests/golden/pointpillars.json)

The network is written as the public implementations have it (a list of pillars [P, K, D], nn.BatchNorm1d over their
points, a scatter by index, nn.ConvTranspose2d), the targets box by box in float64; parameters are formulas (waves.py).
Maps are pictures that look forward: row 0 lies farthest ahead, column 0 farthest to the left.
"""

import json
import math
import pathlib

import torch
import torch.nn as nn
import torch.nn.functional as F

from waves import wave

torch.set_default_dtype(torch.float64)
X, Y, CELL = (0.0, 8.0), (-4.0, 4.0), 1.0
SIDE = 8
WIDTH, FRAMES, LAYERS = 4, 2, (1, 0, 1)
SIZE, Z, POSITIVE, NEGATIVE = (4.0, 2.0, 1.5), -1.0, 0.5, 0.35
YAWS = (0.0, math.pi / 2)


def fill(module):
    with torch.no_grad():
        for name, p in module.named_parameters():
            scale = 1.0 if p.dim() == 1 else 2 / math.sqrt(p.numel() / p.shape[0])
            base = 1.0 if name.endswith("norm.weight") or (p.dim() == 1 and name.endswith("weight")) else 0.1
            p.copy_(base + 0.4 * scale * wave(name, p.shape))


class Named(nn.Module):
    """Modules under numbers, some of which are missing."""

    def __init__(self, parts):
        super().__init__()
        for name, part in parts.items():
            self.add_module(name, part)


def norm(channels, kind=nn.BatchNorm2d):
    return kind(channels, eps=1e-3, momentum=0.01)


class PillarFeatures(nn.Module):
    def __init__(self):
        super().__init__()
        layer = Named({"linear": nn.Linear(9, WIDTH, bias=False), "norm": norm(WIDTH, nn.BatchNorm1d)})
        self.pfn_layers = Named({"0": layer})

    def forward(self, pillars):
        layer = getattr(self.pfn_layers, "0")
        x = layer.linear(pillars)
        x = layer.norm(x.transpose(1, 2)).transpose(1, 2)
        return torch.relu(x).max(dim=1)[0]


class Backbone(nn.Module):
    def __init__(self):
        super().__init__()
        blocks, deblocks, before, factor = {}, {}, WIDTH, 1
        for level, stride in enumerate((1, 2, 2)):
            channels, parts = WIDTH * 2**level, {}
            for at in range(LAYERS[level] + 1):
                parts[str(3 * at + 1)] = nn.Conv2d(before, channels, 3, stride if at == 0 else 1, 1, bias=False)
                parts[str(3 * at + 2)] = norm(channels)
                before = channels
            blocks[str(level)] = Named(parts)
            factor *= stride
            up = nn.ConvTranspose2d(channels, 2 * WIDTH, factor, factor, bias=False)
            deblocks[str(level)] = Named({"0": up, "1": norm(2 * WIDTH)})
        self.blocks, self.deblocks = Named(blocks), Named(deblocks)

    def forward(self, x):
        ups = []
        for level in range(3):
            block, up = getattr(self.blocks, str(level)), getattr(self.deblocks, str(level))
            for at in range(LAYERS[level] + 1):
                x = torch.relu(getattr(block, str(3 * at + 2))(getattr(block, str(3 * at + 1))(x)))
            ups.append(torch.relu(getattr(up, "1")(getattr(up, "0")(x))))
        return torch.cat(ups, 1)


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.vfe, self.backbone_2d = PillarFeatures(), Backbone()
        sizes = {"conv_cls": 2, "conv_box": 14, "conv_dir_cls": 4}
        heads = {name: nn.Conv2d(6 * WIDTH, n, 1) for name, n in sizes.items()}
        heads["flow"] = nn.Conv2d(6 * WIDTH * FRAMES, 3 * (FRAMES - 1), 1)
        self.head = Named({"boxes": Named(heads)})

    def forward(self, pillars, places):
        """Pillars of all frames of all samples, and for each (frame, sample, row, column)."""
        features = self.vfe(pillars)
        n = 1 + max(sample for _, sample, _, _ in places)
        canvas = torch.zeros(FRAMES, n, WIDTH, SIDE, SIDE)
        frame, sample, row, column = (torch.tensor(each) for each in zip(*places))
        canvas = canvas.permute(0, 1, 3, 4, 2).index_put((frame, sample, row, column), features).permute(0, 1, 4, 2, 3)
        maps = self.backbone_2d(canvas.reshape(FRAMES * n, WIDTH, SIDE, SIDE))
        heads = self.head.boxes
        per_frame = torch.cat([heads.conv_cls(maps), heads.conv_box(maps), heads.conv_dir_cls(maps)], 1)
        per_frame = per_frame.reshape(FRAMES, n, -1, SIDE, SIDE)
        side_by_side = maps.reshape(FRAMES, n, -1, SIDE, SIDE).permute(1, 0, 2, 3, 4).reshape(n, -1, SIDE, SIDE)
        return torch.cat([*per_frame, heads.flow(side_by_side)], 1)


def pillars_of(points, most):
    """Dict from (row, column) to the first points of it, as lists, in order of appearance."""
    found = {}
    for p in points:
        i, j = math.floor((p[0] - X[0]) / CELL), math.floor((p[1] - Y[0]) / CELL)
        if 0 <= i < SIDE and 0 <= j < SIDE and -2 <= p[2] < 2:
            group = found.setdefault((SIDE - 1 - i, SIDE - 1 - j), [])
            if len(group) < most:
                group.append(p)
    return found


def augmented(group, place, most):
    t = torch.tensor(group)
    middle = torch.tensor([X[0] + (SIDE - 1 - place[0] + 0.5) * CELL, Y[0] + (SIDE - 1 - place[1] + 0.5) * CELL])
    rows = torch.cat([t, t[:, :3] - t[:, :3].mean(0), t[:, :2] - middle], 1)
    return torch.cat([rows, torch.zeros(most - len(group), 9)], 0)


def wrap(a):
    return (a + math.pi) % (2 * math.pi) - math.pi


def extents(l, w, yaw):
    turn = abs(wrap(yaw))
    return (l, w) if min(turn, math.pi - turn) < math.pi / 4 else (w, l)


def iou(a, b):
    """Of boxes (x, y, z, l, w, h, yaw) turned to the nearest axis."""
    (al, aw), (bl, bw) = extents(a[3], a[4], a[6]), extents(b[3], b[4], b[6])
    dx = min(a[0] + al / 2, b[0] + bl / 2) - max(a[0] - al / 2, b[0] - bl / 2)
    dy = min(a[1] + aw / 2, b[1] + bw / 2) - max(a[1] - aw / 2, b[1] - bw / 2)
    shared = max(0, dx) * max(0, dy)
    return shared / (al * aw + bl * bw - shared)


def encode(b, a):
    d = math.hypot(a[3], a[4])
    return [(b[0] - a[0]) / d, (b[1] - a[1]) / d, (b[2] - a[2]) / a[5], math.log(b[3] / a[3]), math.log(b[4] / a[4]),
            math.log(b[5] / a[5]), wrap(b[6] - a[6])]  # fmt: skip


def anchors():
    for r, yaw in enumerate(YAWS):
        for row in range(SIDE):
            for column in range(SIDE):
                x, y = X[0] + (SIDE - 1 - row + 0.5) * CELL, Y[0] + (SIDE - 1 - column + 0.5) * CELL
                yield r, row, column, (x, y, Z, *SIZE, yaw)


def focal(logit, target):
    p = torch.sigmoid(logit)
    pt, alpha = (p, 0.25) if target else (1 - p, 0.75)
    return -alpha * (1 - pt) ** 2 * torch.log(pt)


def smooth(x):
    return torch.where(x.abs() < 1 / 9, 0.5 * x**2 * 9, x.abs() - 0.5 / 9)


def frame_loss(prediction, boxes):
    """Prediction [20, H, W], boxes of the frame."""
    listed = list(anchors())
    table = [[iou(a, b) for b in boxes] for *_, a in listed]
    best = [max(row[j] for row in table) for j in range(len(boxes))]
    score = box = direction = torch.tensor(0.0)
    positives = []
    for (r, row, column, a), ious in zip(listed, table):
        most = max(ious, default=0)
        forced = any(v > 0 and v >= best[j] * (1 - 1e-5) for j, v in enumerate(ious))
        positive, negative = most >= POSITIVE or forced, most < NEGATIVE and not forced
        cell = prediction[:, row, column]
        if positive or negative:
            score = score + focal(cell[r], positive)
        if not positive:
            continue
        truth = ious.index(most)
        positives.append((r, row, column, truth))
        difference = cell[2 + 7 * r : 9 + 7 * r] - torch.tensor(encode(boxes[truth], a))
        difference = torch.cat([difference[:6], torch.sin(difference[6:])])
        box = box + smooth(difference).sum()
        bin = math.floor(((boxes[truth][6] - math.pi / 4) % (2 * math.pi)) / math.pi)
        direction = direction + F.cross_entropy(cell[None, 16 + 2 * r : 18 + 2 * r], torch.tensor([bin]))
    return (score + 2 * box + 0.2 * direction) / max(1, len(positives)), positives


def sample_loss(prediction, frames):
    """Boxes of each frame with their tracks."""
    losses, positives = zip(*(frame_loss(prediction[20 * f : 20 * f + 20], [b for b, _ in frames[f]]) for f in range(FRAMES)))
    flow, cells = torch.tensor(0.0), {}
    for r, row, column, truth in positives[0]:
        before = [b for b, track in frames[1] if track == frames[0][truth][1]]
        if before:
            now = frames[0][truth][0]
            target = [before[0][0] - now[0], before[0][1] - now[1], wrap(before[0][6] - now[6])]
            cells.setdefault((row, column), []).append(torch.tensor(target))
    for (row, column), targets in cells.items():
        for target in targets:
            flow = flow + smooth(prediction[40:43, row, column] - target).sum() / len(targets)
    return sum(losses) / FRAMES + flow / max(1, len(cells))


def cloud(name, count):
    w = wave(name, (count, 4)).double()
    scale, shift = torch.tensor([4.4, 4.4, 1.0, 0.5]), torch.tensor([4.0, 0.0, -1.0, 0.5])
    return (w * scale + shift).float().double().tolist()


MOST = 5
clouds = [[cloud(f"sweep {n} {f}", 90) for f in range(FRAMES)] for n in range(2)]
boxes = [
    [
        [((3.1, 1.2, -0.9, 4.2, 1.9, 1.6, 0.2), 0), ((5.6, -2.1, -1.1, 3.8, 2.1, 1.4, -1.7), 1)],
        [((2.4, 1.1, -0.9, 4.2, 1.9, 1.6, 0.1), 0), ((5.5, -2.6, -1.0, 3.8, 2.1, 1.4, 3.1), 2)],
    ],
    [[], [((4.0, 0.4, -1.0, 4.0, 2.0, 1.5, -3.0), 0)]],
]
network = Network()
fill(network)
pillars, places = [], []
for f in range(FRAMES):
    for n in range(2):
        for place, group in pillars_of(clouds[n][f], MOST).items():
            pillars.append(augmented(group, place, MOST))
            places.append((f, n, *place))
prediction = network(torch.stack(pillars), places)
loss = sum(sample_loss(prediction[n], boxes[n]) for n in range(2)) / 2
loss.backward()
gradients = {name: p.grad.clone() for name, p in network.named_parameters()}


def digest(tensor, name):
    return {"norm": tensor.norm().item(), "product": (tensor.flatten() * wave(f"direction {name}", (tensor.numel(),))).sum().item()}


state = {name: b.tolist() for name, b in network.named_buffers() if "running" in name and "vfe" in name}
logits = [-3.0, -0.5, 0.0, 2.0]
golden = {
    "pillars": {"count": len(pillars), "first": pillars[0].flatten().tolist(), "place": places[0][2:]},
    "prediction": {**digest(prediction, "prediction"), "first": prediction[1, :, 3, 4].tolist()},
    "loss": loss.item(),
    "samples": [sample_loss(prediction[n], boxes[n]).item() for n in range(2)],
    "gradients": {name: digest(g, name) for name, g in gradients.items()},
    "state": state,
    "focal": [[focal(torch.tensor(v), t).item() for v in logits] for t in (False, True)],
    "smooth": [smooth(torch.tensor(v)).item() for v in (-0.5, -0.05, 0.0, 0.11, 1.0)],
    "coding": encode((10.4, -3.3, -0.9, 4.2, 1.7, 1.5, 0.1), (10.08, -3.04, -1, 3.9, 1.6, 1.56, 0)),
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(golden, indent=1) + "\n")
