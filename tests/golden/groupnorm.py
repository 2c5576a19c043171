"""Golden values of a ResNet-26 with group normalisation from torchvision: its maps, and the gradients of a weighed sum of them.

Run: /usr/bin/python3 tests/golden/groupnorm.py   (torch 1.13, torchvision 0.14; writes tests/golden/groupnorm.json)

Parameters, image and weights are formulas (waves.py). Of each map and gradient stands its norm and its product with a direction, a formula too.
Groups: 32, or the largest divisor of the channels below that.
"""

import json
import pathlib

import torch
from torchvision.models.resnet import Bottleneck, ResNet
from waves import fill, wave

torch.set_default_dtype(torch.float64)
WIDTH = 6


def norm(channels):
    return torch.nn.GroupNorm(max(g for g in range(1, 33) if channels % g == 0), channels)


class Narrow(ResNet):
    """A ResNet whose stem has WIDTH channels."""

    def _make_layer(self, block, planes, *args, **options):
        if planes == 64:
            self.inplanes = WIDTH
            self.conv1 = torch.nn.Conv2d(3, WIDTH, 7, stride=2, padding=3, bias=False)
            self.bn1 = norm(WIDTH)
        return super()._make_layer(block, planes * WIDTH // 64, *args, **options)


def summary(name, tensor):
    return [tensor.norm().item(), (tensor * wave("direction " + name, tensor.shape)).sum().item()]


model = Narrow(Bottleneck, [2, 2, 2, 2], norm_layer=norm)
del model.fc
fill(model, "")
maps = {"stem": model.relu(model.bn1(model.conv1(wave("image", (2, 3, 64, 64)))))}
x = model.maxpool(maps["stem"])
for name in ["layer1", "layer2", "layer3", "layer4"]:
    x = maps[name] = getattr(model, name)(x)
sum((map * wave("seed " + name, map.shape)).sum() for name, map in maps.items()).backward()
result = {
    "maps": {name: summary(name, map) for name, map in maps.items()},
    "gradients": {name: summary(name, p.grad) for name, p in model.named_parameters()},
}
(pathlib.Path(__file__).parent / "groupnorm.json").write_text(json.dumps(result) + "\n")
