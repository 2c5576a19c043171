"""Supervised depth with DenseCL beside it in PyTorch: a peer of benchmarks/speed.

DeepLabV3+ on ResNet-26 with group normalisation as src/models/deeplabv3plus.ts has it, and the joint step as CompL's published
code computes it: target and query images pass the network as one batch, the momentum encoder sees the keys' views.
"""

import copy

import torch
import torch.nn as nn
import torch.nn.functional as F
from peer import options, serve

SAMPLES, DIMENSION, GRID, TEMPERATURE, FOLLOW, WEIGHT, LOCAL = 400, 128, 8, 0.2, 0.999, 0.2, 0.7


def norm(channels):
    groups = min(32, channels)
    while channels % groups:
        groups -= 1
    return nn.GroupNorm(groups, channels)


def unit(inputs, outputs, kernel, dilation=1):
    padding = dilation * (kernel // 2)
    conv = nn.Conv2d(inputs, outputs, kernel, padding=padding, dilation=dilation, bias=False)
    return nn.Sequential(conv, norm(outputs), nn.ReLU(inplace=True))


class Bottleneck(nn.Module):
    def __init__(self, inputs, planes, stride, dilation):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, planes, 1, bias=False)
        self.conv2 = nn.Conv2d(planes, planes, 3, stride, dilation, dilation, bias=False)
        self.conv3 = nn.Conv2d(planes, 4 * planes, 1, bias=False)
        self.bn1, self.bn2, self.bn3 = norm(planes), norm(planes), norm(4 * planes)
        self.downsample = None
        if stride != 1 or inputs != 4 * planes:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, 4 * planes, 1, stride, bias=False), norm(4 * planes))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        y = F.relu(self.bn2(self.conv2(y)), inplace=True)
        y = self.bn3(self.conv3(y))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)), inplace=True)


class Network(nn.Module):
    """The trunk of DeepLabV3+, output stride 16, and DenseCL's projections."""

    def __init__(self, w):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, w, 7, 2, 3, bias=False), norm(w), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1))
        layers, channels = [], w
        for level, (stride, before, dilation) in enumerate([(1, 1, 1), (2, 1, 1), (2, 1, 1), (1, 1, 2)]):
            planes = w * 2**level
            first, second = Bottleneck(channels, planes, stride, before), Bottleneck(4 * planes, planes, 1, dilation)
            layers.append(nn.Sequential(first, second))
            channels = 4 * planes
        self.layers = nn.ModuleList(layers)
        c = 4 * w
        self.aspp = nn.ModuleList([unit(channels, c, 1)] + [unit(channels, c, 3, rate) for rate in (6, 12, 18)])
        self.pool = unit(channels, c, 1)
        self.project = unit(5 * c, c, 1)
        low = -(-3 * w // 4)
        self.low = unit(4 * w, low, 1)
        self.decoder = nn.Sequential(unit(c + low, c, 3), unit(c, c, 3))
        self.head = nn.Conv2d(c, 1, 1)
        self.whole = nn.Sequential(nn.Linear(c, c), nn.ReLU(inplace=True), nn.Linear(c, DIMENSION))
        self.cells = nn.Sequential(nn.Conv2d(c, c, 1), nn.ReLU(inplace=True), nn.Conv2d(c, DIMENSION, 1))
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406])[:, None, None])
        self.register_buffer("deviation", torch.tensor([0.229, 0.224, 0.225])[:, None, None])

    def trunk(self, image):
        x = fine = self.layers[0](self.stem((image - self.mean) / self.deviation))
        for layer in self.layers[1:]:
            x = layer(x)
        mean = self.pool(F.adaptive_avg_pool2d(x, 1)).expand(-1, -1, *x.shape[2:])
        x = self.project(torch.cat([branch(x) for branch in self.aspp] + [mean], 1))
        x = F.interpolate(x, fine.shape[2:], mode="bilinear", align_corners=False)
        return self.decoder(torch.cat([x, self.low(fine)], 1))

    def embed(self, x):
        pooled = F.adaptive_avg_pool2d(x, GRID)
        whole = F.normalize(self.whole(F.adaptive_avg_pool2d(x, 1).flatten(1)), dim=1)
        return whole, pooled.flatten(2), self.cells(pooled).flatten(2)


class Step:
    def __init__(self, width, batch, height, columns):
        torch.manual_seed(0)
        self.size = (height, columns)
        self.network = Network(width)
        self.follower = copy.deepcopy(self.network).requires_grad_(False)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=1e-4)
        self.images = [torch.rand(batch, 3, height, columns) for _ in range(3)]
        self.depth = torch.rand(batch, 1, height, columns)
        self.queues = [F.normalize(torch.randn(DIMENSION, SAMPLES), dim=0) for _ in range(2)]
        self.owner = torch.full((SAMPLES,), -1)
        self.index = torch.arange(batch)
        self.pointer = 0

    def info_nce(self, positive, negative, own):
        logits = torch.cat([positive, negative.masked_fill(own, -float("inf"))], 1) / TEMPERATURE
        return F.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long))

    def run(self):
        n = len(self.index)
        self.optimizer.zero_grad(set_to_none=True)
        target, query, key = self.images
        trunk = self.network.trunk(torch.cat([target, query]))
        depth = F.interpolate(self.network.head(trunk[:n]), self.size, mode="bilinear", align_corners=False)
        supervised = (depth - self.depth).abs().mean()
        q, q_cells, q_local = self.network.embed(trunk[n:])
        with torch.no_grad():
            for slow, fast in zip(self.follower.parameters(), self.network.parameters()):
                slow.mul_(FOLLOW).add_(fast, alpha=1 - FOLLOW)
            k, k_cells, k_local = self.follower.embed(self.follower.trunk(key))
            k_mean = F.normalize(k_local.mean(2), dim=1)
            k_local = F.normalize(k_local, dim=1)
            similarity = torch.matmul(F.normalize(q_cells, dim=1).transpose(1, 2), F.normalize(k_cells, dim=1))
            match = torch.gather(k_local, 2, similarity.argmax(2)[:, None].expand(-1, DIMENSION, -1))
        q_local = F.normalize(q_local, dim=1)
        own = self.index[:, None] == self.owner[None]
        whole = self.info_nce((q * k).sum(1, keepdim=True), q @ self.queues[0], own)
        negative = q_local.transpose(1, 2).reshape(-1, DIMENSION) @ self.queues[1]
        local = self.info_nce((q_local * match).sum(1).reshape(-1, 1), negative, own.repeat_interleave(GRID * GRID, 0))
        loss = supervised + WEIGHT * ((1 - LOCAL) * whole + LOCAL * local)
        loss.backward()
        self.optimizer.step()
        columns = (self.pointer + torch.arange(n)) % SAMPLES
        self.queues[0][:, columns], self.queues[1][:, columns] = k.T, k_mean.T
        self.owner[columns] = self.index
        self.pointer = (self.pointer + n) % SAMPLES
        return loss.item()


if __name__ == "__main__":
    args = options(16, ["joint"], "joint")
    step = Step(args.width, args.batch, args.height, args.columns)
    serve(step)
