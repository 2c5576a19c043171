"""Golden values of batch normalisation (tests/nn/batch-norm.test.ts): python3 tests/golden/batchnorm.py (torch 1.13.1)

Three steps in training mode on batches of few values a channel, where the biased and the unbiased variance differ, then one in evaluation mode:
outputs, gradients of the weighed output sum, and running statistics after every step.
"""

import json
import pathlib

import torch

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
CASES = {
    "batch norm": dict(shape=(2, 3, 1, 2), options={}),
    "batch norm with its own momentum and epsilon": dict(shape=(3, 2, 2, 1), options=dict(momentum=0.4, eps=0.1)),
    "convolution and batch norm": dict(shape=(2, 2, 2, 3), options={}, filters=(3, 2, 1, 1), bias=True),
    "convolution without bias and batch norm": dict(shape=(2, 2, 2, 3), options={}, filters=(3, 2, 1, 1), bias=False),
}


def trace(shape, options, filters=None, bias=False):
    channels = shape[1] if filters is None else filters[0]
    norm = torch.nn.BatchNorm2d(channels, **options)
    torch.nn.init.uniform_(norm.weight, 0.5, 1.5)
    torch.nn.init.uniform_(norm.bias, -1, 1)
    layers = [norm] if filters is None else [torch.nn.Conv2d(filters[1], filters[0], filters[2:], bias=bias), norm]
    network = torch.nn.Sequential(*layers)
    start = {name: value.flatten().tolist() for name, value in norm.state_dict().items() if "num" not in name}
    if filters is not None:
        start.update({f"conv.{name}": value.flatten().tolist() for name, value in layers[0].named_parameters()})
    steps = []
    for step in range(4):
        network.train(step < 3)
        x = (3 * torch.randn(shape) + step).requires_grad_()
        y = network(x)
        seed = torch.randn(y.shape)
        dx, dw, db = torch.autograd.grad(y, [x, norm.weight, norm.bias], seed)
        tensors = dict(x=x, y=y, seed=seed, dx=dx, dw=dw, db=db, mean=norm.running_mean, var=norm.running_var)
        steps.append({name: value.flatten().tolist() for name, value in tensors.items()})
    return dict(shape=shape, channels=channels, options=options, start=start, steps=steps)


result = {name: trace(**case) for name, case in CASES.items()}
(pathlib.Path(__file__).parent / "batchnorm.json").write_text(json.dumps(result))
