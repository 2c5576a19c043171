"""Golden values of ResNet encoders from torchvision: small networks with random weights and statistics, as files of torch.save, and their maps.

Run: /usr/bin/python3 tests/golden/resnet.py   (torch 1.13, torchvision 0.14; writes tests/golden/resnet18*.pth, resnet50.pth, resnet.json)

The networks are torchvision's own, their channels divided by 64 / WIDTH. The image is a formula (`image`), so it needs no file.
"""

import json
import pathlib

import torch
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

HERE = pathlib.Path(__file__).parent
torch.manual_seed(20240703)


class Narrow(ResNet):
    """A ResNet whose stem has `width` channels."""

    def __init__(self, block, layers, width, **options):
        self.width = width
        super().__init__(block, layers, num_classes=3, **options)
        self.fc = torch.nn.Linear(8 * width * block.expansion, 3)

    def _make_layer(self, block, planes, *args, **options):
        if planes == 64:
            self.inplanes = self.width
            self.conv1 = torch.nn.Conv2d(3, self.width, 7, stride=2, padding=3, bias=False)
            self.bn1 = torch.nn.BatchNorm2d(self.width)
        return super()._make_layer(block, planes * self.width // 64, *args, **options)


def randomise(model):
    for name, value in model.state_dict().items():
        if name.endswith("running_var"):
            value.uniform_(0.5, 1.5)
        elif name.endswith("running_mean"):
            value.uniform_(-0.2, 0.2)
        elif "bn" in name or "downsample.1" in name:
            if value.is_floating_point():
                value.uniform_(0.6, 1.2) if name.endswith("weight") else value.uniform_(-0.2, 0.2)
    return model.half().float().eval()


def image(height, width):
    i = torch.arange(3 * height * width, dtype=torch.float64)
    return torch.sin(0.37 * i).add(torch.cos(0.0113 * i)).float().reshape(1, 3, height, width)


def maps(model, x):
    x = model.maxpool(model.relu(model.bn1(model.conv1(x))))
    found = []
    for layer in [model.layer1, model.layer2, model.layer3, model.layer4]:
        x = layer(x)
        found.append({"shape": list(x.shape), "data": [float(f"{v:.6g}") for v in x.detach().flatten().tolist()]})
    return found


small = randomise(Narrow(BasicBlock, [2, 2, 2, 2], 2))
state = small.state_dict()
torch.save(state, HERE / "resnet18.pth")
torch.save({"epoch": 3, "state_dict": state}, HERE / "resnet18-legacy.pth", _use_new_zipfile_serialization=False)

deep = randomise(Narrow(Bottleneck, [3, 4, 6, 3], 1))
torch.save({k: v.half() for k, v in deep.state_dict().items()}, HERE / "resnet50-half.pth", _use_new_zipfile_serialization=False)

cases = {"resnet18": maps(small, image(64, 64)), "resnet50": maps(deep, image(64, 64))}
for stride, dilated in [(16, [False, False, True]), (8, [False, True, True])]:
    model = Narrow(Bottleneck, [3, 4, 6, 3], 1, replace_stride_with_dilation=dilated)
    model.load_state_dict(deep.state_dict())
    cases[f"resnet50/{stride}"] = maps(model.eval(), image(64, 64))[2:]
(HERE / "resnet.json").write_text(json.dumps(cases) + "\n")
