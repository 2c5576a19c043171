"""Golden values of XTasC-Net and its task-transfer networks (tests/models/xtasc-net.test.ts): python3 tests/golden/xtasc_net.py

Written from section IV-A of the paper (Nakano et al. 2021): torchvision's residual blocks, U-Net decoders, and the 1x1 convolutions behind the
last enlargement, as the paper has them. Parameters and image are the formulas of waves.py. Written with torch 1.13.1, torchvision 0.14.1.
"""

import json
import pathlib

import torch
import torch.nn as nn
import torch.nn.functional as F
from torchvision.models.resnet import BasicBlock, ResNet
from waves import fill, wave

HERE = pathlib.Path(__file__).parent
WIDTH, HEADS = 4, {"segmentation": 5, "depth": 1}
MEAN, DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


class Narrow(ResNet):
    """ResNet-18 whose stem has WIDTH channels, without classifier."""

    def __init__(self):
        super().__init__(BasicBlock, [2, 2, 2, 2])
        del self.fc

    def _make_layer(self, block, planes, *args, **options):
        if planes == 64:
            self.inplanes = WIDTH
            self.conv1 = nn.Conv2d(3, WIDTH, 7, stride=2, padding=3, bias=False)
            self.bn1 = nn.BatchNorm2d(WIDTH)
        return super()._make_layer(block, planes * WIDTH // 64, *args, **options)

    def forward(self, x):
        e0 = F.relu(self.bn1(self.conv1(x)))
        e1 = self.layer1(self.maxpool(e0))
        e2 = self.layer2(e1)
        e3 = self.layer3(e2)
        return e0, e1, e2, e3, self.layer4(e3)


def larger(x):
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True)


class Decoder(nn.Module):
    def __init__(self, encoder_channels, channels, outputs):
        super().__init__()
        e0, e1, e2, e3, e4 = encoder_channels
        for k, inputs in enumerate([e4, channels + e3, channels + e2, channels + e1, channels + e0]):
            units = [
                nn.Sequential(nn.Conv2d(inputs if i == 0 else channels, channels, 3, padding=1), nn.BatchNorm2d(channels), nn.ReLU())
                for i in range(3)
            ]
            self.add_module(f"block{k}", nn.Sequential(*units))
        self.last = nn.Conv2d(channels, outputs, 1, bias=False)

    def forward(self, maps):
        x = larger(self.block0(maps[4]))
        for k, skip in enumerate(maps[3::-1]):
            x = larger(getattr(self, f"block{k + 1}")(torch.cat([x, skip], 1)))
        return self.last(x)


class XTasCNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = Narrow()
        channels = [WIDTH, WIDTH, 2 * WIDTH, 4 * WIDTH, 8 * WIDTH]
        self.head = nn.ModuleDict({name: Decoder(channels, 2 * WIDTH, outputs) for name, outputs in HEADS.items()})

    def forward(self, image):
        mean, deviation = (torch.tensor(v)[None, :, None, None] for v in (MEAN, DEVIATION))
        maps = self.encoder((image - mean) / deviation)
        return {name: decoder(maps) for name, decoder in self.head.items()}


class TransferNet(nn.Module):
    """`first`: each block of the expansive path enlarges before it convolves, as the released code does, else behind it (the paper)."""

    def __init__(self, inputs, outputs, width, first):
        super().__init__()
        self.first = first
        pair = lambda a, b: nn.Sequential(nn.Conv2d(a, b, 3, padding=1), nn.Conv2d(b, b, 3, padding=1))
        self.down = nn.ModuleList([pair(inputs, width), pair(width, 2 * width), pair(2 * width, 4 * width)])
        self.up = nn.ModuleList([pair(4 * width, 2 * width), pair(4 * width, width), pair(2 * width, width)])
        self.last = nn.Conv2d(width, outputs, 1, bias=False)

    def forward(self, x):
        run = lambda both, y: F.relu(both[1](F.relu(both[0](y))))
        pooled = []
        for block in self.down:
            x = F.max_pool2d(run(block, x), 2, 2)
            pooled.append(x)
        for k, block in enumerate(self.up):
            if k > 0:
                x = torch.cat([x, pooled[2 - k]], 1)
            x = run(block, larger(x)) if self.first else larger(run(block, x))
        return self.last(x)


def flat(x):
    return [float(f"{v:.7g}") for v in x.detach().flatten().tolist()]


def gradients(module, prefix, loss):
    names, parameters = zip(*module.named_parameters())
    found = {}
    for name, g in zip(names, torch.autograd.grad(loss, parameters)):
        found[prefix + name] = [g.norm().item(), (g.flatten() * wave(f"direction {prefix}{name}", (g.numel(),))).sum().item()]
    return found


def main():
    torch.set_default_dtype(torch.float64)
    result = {}
    image = 0.5 + 0.5 * wave("image", (2, 3, 64, 96))
    net = XTasCNet()
    fill(net, "")
    net.eval()
    maps = net(image)
    loss = sum((m * m).mean() for m in maps.values())
    result["network"] = {"outputs": {k: flat(m[:, :, ::9, ::7]) for k, m in maps.items()}, "gradients": gradients(net, "", loss)}
    for variant in ("paper", "released"):
        transfer = TransferNet(5, 3, 4, variant == "released")
        fill(transfer, "")
        x = wave("prediction", (2, 5, 32, 40))
        out = transfer(x)
        found = gradients(transfer, "", (out * out).mean())
        result[f"transfer {variant}"] = {"outputs": {"map": flat(out[:, :, ::3, ::4])}, "gradients": found}
    (HERE / "xtasc-net.json").write_text(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
