"""Depth and motion by the photometric loss of two frames, both directions, in PyTorch: a peer of benchmarks/speed.

The networks as src/models/depth-net.ts (ResNet-18) and src/models/motion-net.ts have them, the loss as src/constraints/photometric.ts.
Two forms: `separate` passes each frame, and each order of the two, by itself, as the step is written; `joint` passes both
frames, and both orders, as one batch of twice the size, which is the fewest operations PyTorch can be made to do.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F
from peer import options, serve

NEAR, FAR, LEVELS = 0.1, 100.0, 5


class Block(nn.Module):
    def __init__(self, inputs, planes, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, planes, 3, stride, 1, bias=False)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(planes), nn.BatchNorm2d(planes)
        self.downsample = None
        if stride != 1 or inputs != planes:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, planes, 1, stride, bias=False), nn.BatchNorm2d(planes))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        y = self.bn2(self.conv2(y))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)), inplace=True)


class DepthNet(nn.Module):
    def __init__(self, w):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, w, 7, 2, 3, bias=False), nn.BatchNorm2d(w)
        planes = [w, 2 * w, 4 * w, 8 * w]
        inputs = [w, *planes]
        self.layers = nn.ModuleList(
            nn.Sequential(Block(inputs[i], p, 1 if i == 0 else 2), Block(p, p, 1)) for i, p in enumerate(planes)
        )
        skips, channels = [w, w, 2 * w, 4 * w], 8 * w
        self.reduce, self.refine = nn.ModuleList(), nn.ModuleList()
        for level in range(LEVELS - 1, -1, -1):
            out = max(1, round(w * 2 ** (level - 2)))
            self.reduce.append(nn.Conv2d(channels, out, 3, padding=1))
            self.refine.append(nn.Conv2d(out + (skips[level - 1] if level else 0), out, 3, padding=1))
            channels = out
        self.head = nn.Conv2d(channels, 1, 3, padding=1)
        nn.init.normal_(self.head.weight, 0, 0.01)
        nn.init.zeros_(self.head.bias)
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406])[:, None, None])
        self.register_buffer("deviation", torch.tensor([0.229, 0.224, 0.225])[:, None, None])

    def forward(self, image):
        stem = F.relu(self.bn1(self.conv1((image - self.mean) / self.deviation)), inplace=True)
        maps, x = [stem], F.max_pool2d(stem, 3, 2, 1)
        for layer in self.layers:
            x = layer(x)
            maps.append(x)
        maps.pop()
        for reduce, refine in zip(self.reduce, self.refine):
            x = F.interpolate(F.relu(reduce(x), inplace=True), scale_factor=2, mode="nearest")
            x = F.relu(refine(torch.cat([x, maps.pop()], 1) if maps else x), inplace=True)
        return 1 / (torch.sigmoid(self.head(x)) * (1 / NEAR - 1 / FAR) + 1 / FAR)


class Refine(nn.Module):
    def __init__(self, channels):
        super().__init__()
        inner = max(4, channels)
        self.once, self.twice1 = (nn.Conv2d(3 + channels, inner, 3, padding=1) for _ in range(2))
        self.twice2 = nn.Conv2d(inner, inner, 3, padding=1)
        self.change = nn.Conv2d(2 * inner, 3, 1, bias=False)

    def forward(self, field, seen):
        larger = F.interpolate(field, seen.shape[2:], mode="bilinear", align_corners=False)
        both = torch.cat([larger, seen], 1)
        twice = F.relu(self.twice2(F.relu(self.twice1(both), inplace=True)), inplace=True)
        return larger + self.change(torch.cat([F.relu(self.once(both), inplace=True), twice], 1))


class MotionNet(nn.Module):
    def __init__(self, w):
        super().__init__()
        channels = [6] + [w * 2**i for i in range(LEVELS)]
        self.encoder = nn.ModuleList(nn.Conv2d(a, b, 3, 2, 1) for a, b in zip(channels, channels[1:]))
        self.background = nn.Conv2d(channels[-1], 6, 1, bias=False)
        self.first = nn.Conv2d(6, 3, 1, bias=False)
        self.refine = nn.ModuleList(Refine(c) for c in reversed(channels))
        self.rotation_scale = nn.Parameter(torch.tensor([0.01]))
        self.translation_scale = nn.Parameter(torch.tensor([0.01]))

    def forward(self, frames):
        maps = [frames]
        for conv in self.encoder:
            maps.append(F.relu(conv(maps[-1])))
        background = self.background(maps[-1].mean((2, 3), keepdim=True))
        field = self.first(background)
        for refine in self.refine:
            field = refine(field, maps.pop())
        turn, step = self.rotation_scale.clamp(min=0.001), self.translation_scale.clamp(min=0.001)
        return background[:, :3, 0, 0] * turn, background[:, 3:] * step, field * step


def rotation_of(angles):
    (a, b, c), (sa, sb, sc) = angles.cos().unbind(1), angles.sin().unbind(1)
    rows = [b * c, -b * sc, sb, sa * sb * c + a * sc, a * c - sa * sb * sc, -sa * b]
    rows += [sa * sc - a * sb * c, a * sb * sc + sa * c, a * b]
    return torch.stack(rows, 1).reshape(-1, 3, 3)


def dissimilarity(a, b, weight):
    pooled = lambda x: F.avg_pool2d(x, 3, 1)
    weights, least = pooled(weight), weight + 0.01
    share = 1 / (weights + 0.01)
    mean = lambda x: pooled(x * least) * share
    mean_a, mean_b = mean(a), mean(b)
    spread = mean(a * a) - mean_a * mean_a + mean(b * b) - mean_b * mean_b
    similarity = (2 * (mean(a * b) - mean_a * mean_b) + 9e-6) / (spread + 9e-6)
    return ((1 - similarity) / 2).clamp(0, 1), weights


class Step:
    def __init__(self, width, batch, height, columns, form):
        torch.manual_seed(0)
        self.form = form
        self.depth, self.motion = DepthNet(width), MotionNet(width)
        self.parameters = [*self.depth.parameters(), *self.motion.parameters()]
        self.optimizer = torch.optim.Adam(self.parameters, lr=1e-4)
        self.images = [torch.rand(batch, 3, height, columns) for _ in range(2)]
        self.focal, self.centre = 0.8 * columns, (columns / 2, height / 2)
        self.x = torch.arange(columns).float()[None, None, None]
        self.y = torch.arange(height).float()[None, None, :, None]

    def direction(self, image, other, depth, other_depth, motion):
        angles, shift, residual = motion
        n, _, height, width = image.shape
        across, down = (self.x - self.centre[0]) / self.focal * depth, (self.y - self.centre[1]) / self.focal * depth
        points = torch.cat([across, down, depth], 1).reshape(n, 3, -1)
        points = torch.bmm(rotation_of(angles), points).reshape(n, 3, height, width) + shift + residual
        z = points[:, 2:]
        before = torch.where(z > 1e-3, z, torch.full_like(z, 1e-3))
        x = points[:, :1] / before * self.focal + self.centre[0]
        y = points[:, 1:2] / before * self.focal + self.centre[1]
        inside = ((x >= 0) & (x < width - 1) & (y >= 0) & (y < height - 1) & (z > 0)).float()
        grid_x, grid_y = x.clamp(0, width - 1) * (2 / (width - 1)) - 1, y.clamp(0, height - 1) * (2 / (height - 1)) - 1
        grid = torch.cat([grid_x, grid_y], 1).permute(0, 2, 3, 1)
        sample = lambda map: F.grid_sample(map, grid, padding_mode="border", align_corners=True)
        colours, error = sample(other), sample(other_depth) - z
        with torch.no_grad():
            seen = inside * (error > 0)
            squared = error**2
            spread = (squared * seen).sum((1, 2, 3), keepdim=True) / (seen.sum((1, 2, 3), keepdim=True) + 1) + 1e-4
            weight = spread / (squared + spread) * inside
        values, weights = dissimilarity(colours, image, weight)
        rgb, ssim = ((colours - image).abs() * seen).mean(), (values * weights).mean()
        return 0.85 * rgb + 1.5 * ssim + 0.01 * (error.abs() * seen).mean()

    def predictions(self):
        orders = [torch.cat(self.images, 1), torch.cat(self.images[::-1], 1)]
        if self.form == "separate":
            return [self.depth(image) for image in self.images], [self.motion(frames) for frames in orders]
        halves = [part.chunk(2) for part in self.motion(torch.cat(orders))]
        return self.depth(torch.cat(self.images)).chunk(2), [[half[i] for half in halves] for i in range(2)]

    def run(self):
        self.optimizer.zero_grad(set_to_none=True)
        (first, second), (there, back) = self.predictions()
        image, other = self.images
        loss = self.direction(image, other, first, second, there) + self.direction(other, image, second, first, back)
        loss.backward()
        self.optimizer.step()
        return loss.item()


if __name__ == "__main__":
    args = options(16, ["separate", "joint"], "separate")
    step = Step(args.width, args.batch, args.height, args.columns, args.form)
    serve(step, parameters=sum(each.numel() for each in step.parameters))
