"""Golden values of graph operators from PyTorch: forward values and gradients.

Run: /usr/bin/python3 tests/golden/operators.py   (torch 1.13; writes tests/golden/operators.json)

Each case stores its inputs, the output and the gradient of sum(cos(i) * output[i]) with respect to every float input, all computed
in float64 from inputs rounded to four decimals.
"""

import json
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(20240612)
cases = []


def rand(*shape, low=-1.0, high=1.0):
    return ((torch.rand(*shape, dtype=torch.float64) * (high - low) + low) * 1e4).round() / 1e4


def pack(tensor):
    return {"shape": list(tensor.shape), "data": [float(f"{v:.7g}") for v in tensor.detach().flatten().tolist()]}


def case(op, name, function, options, **inputs):
    leaves = {k: v.clone().requires_grad_(v.is_floating_point()) for k, v in inputs.items()}
    output = function(**leaves)
    seed = torch.cos(torch.arange(output.numel(), dtype=torch.float64)).reshape(output.shape)
    (output * seed).sum().backward()
    cases.append(
        {
            "op": op,
            "name": name,
            "options": options,
            "inputs": {k: {"dtype": "float32" if v.is_floating_point() else "int64", **pack(v)} for k, v in inputs.items()},
            "output": pack(output),
            "gradients": {k: pack(v.grad)["data"] for k, v in leaves.items() if v.grad is not None},
        }
    )


for name, x, w, options in [
    ("stride 2, padding 1", (2, 3, 7, 6), (4, 3, 3, 3), {"stride": 2, "padding": 1}),
    ("dilation 2", (1, 2, 8, 7), (3, 2, 3, 3), {"dilation": 2, "padding": 2}),
    ("groups, uneven stride", (1, 4, 6, 7), (6, 2, 3, 2), {"groups": 2, "stride": [1, 2], "padding": [1, 0]}),
    ("depthwise", (2, 3, 5, 5), (3, 1, 3, 3), {"groups": 3, "padding": 1}),
    ("1x1", (2, 4, 3, 3), (2, 4, 1, 1), {}),
]:
    case("conv2d", name, lambda x, w, b, o=options: F.conv2d(x, w, b, **o), options, x=rand(*x), w=rand(*w), b=rand(w[0]))

for name, x, w, options in [
    ("stride 2", (1, 3, 3, 4), (3, 2, 2, 2), {"stride": 2}),
    ("stride 3, output padding", (2, 2, 3, 3), (2, 3, 3, 3), {"stride": 3, "padding": 1, "output_padding": [1, 2]}),
    ("groups, dilation", (1, 4, 3, 4), (4, 1, 3, 3), {"groups": 2, "dilation": 2, "padding": 1}),
]:
    ours = {("outputPadding" if k == "output_padding" else k): v for k, v in options.items()}
    case("convTranspose2d", name, lambda x, w, o=options: F.conv_transpose2d(x, w, **o), ours, x=rand(*x), w=rand(*w))


def pool_unpool(x, v, kernel):
    # Relu makes whole windows equal (zero): the first position must win.
    values, indices = F.max_pool2d(F.relu(x), kernel, return_indices=True)
    return F.max_unpool2d(values * v, indices, kernel, output_size=x.shape)


ties = rand(2, 2, 4, 6)
ties[:, :, :2, :4] = -0.5
ties[0, 0, 2:, :2] = 0.25
case("poolUnpool", "ties", lambda x, v: pool_unpool(x, v, 2), {"kernel": 2}, x=ties, v=rand(2, 2, 2, 3))
case("poolUnpool", "rows left over", lambda x, v: pool_unpool(x, v, 2), {"kernel": 2}, x=rand(1, 2, 5, 7), v=rand(1, 2, 2, 3))
overlapping = {"kernel": 3, "stride": 2, "padding": 1}
case("maxPool2d", "overlapping, ties", lambda x: F.max_pool2d(F.relu(x), 3, 2, 1), overlapping, x=rand(1, 2, 7, 6))

for count in (True, False):
    case(
        "averagePool2d",
        f"padding {'counted' if count else 'not counted'}",
        lambda x, c=count: F.avg_pool2d(x, 3, 2, 1, count_include_pad=c),
        {"kernel": 3, "stride": 2, "padding": 1, "countPadding": count},
        x=rand(1, 2, 6, 5),
    )

for size, direction in [((5, 9), "up"), ((2, 3), "down"), ((6, 2), "up and down"), ((1, 1), "to one pixel")]:
    for aligned in (False, True):
        case(
            "resizeBilinear",
            f"{direction}, align_corners={aligned}",
            lambda x, s=size, a=aligned: F.interpolate(x, size=s, mode="bilinear", align_corners=a),
            {"size": size, "alignCorners": aligned},
            x=rand(1, 2, 4, 5),
        )
    case(
        "resizeNearest",
        direction,
        lambda x, s=size: F.interpolate(x, size=s, mode="nearest"),
        {"size": size},
        x=rand(1, 2, 4, 5),
    )

for mode in ("bilinear", "nearest"):
    for padding in ("zeros", "border"):
        for aligned in (False, True):
            case(
                "gridSample",
                f"{mode}, {padding}, align_corners={aligned}",
                lambda x, grid, m=mode, p=padding, a=aligned: F.grid_sample(x, grid, mode=m, padding_mode=p, align_corners=a),
                {"mode": mode, "padding": padding, "alignCorners": aligned},
                x=rand(2, 2, 3, 4),
                grid=rand(2, 3, 3, 2, low=-1.4, high=1.4),
            )
corners = torch.tensor([[[[-1.0, -1.0], [1.0, 1.0], [-1.0, 1.0], [0.0, 1.0]]]], dtype=torch.float64)
case(
    "gridSample",
    "exactly on the border",
    lambda x, grid: F.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=True),
    {"mode": "bilinear", "padding": "border", "alignCorners": True},
    x=rand(1, 2, 3, 4),
    grid=corners,
)

vectors = {"w": rand(4), "b": rand(4)}
case("batchNorm", "training", lambda x, w, b: F.batch_norm(x, None, None, w, b, True), {}, x=rand(3, 4, 2, 3, low=-2, high=3), **vectors)
case(
    "batchNorm",
    "mean much larger than the deviation",
    lambda x, w, b: F.batch_norm(x, None, None, w, b, True),
    {},
    x=100 + rand(3, 4, 2, 3),
    **vectors,
)
case("groupNorm", "two groups", lambda x, w, b: F.group_norm(x, 2, w, b), {"groups": 2}, x=rand(2, 4, 2, 3), **vectors)
case("instanceNorm", "per channel", lambda x, w, b: F.instance_norm(x, None, None, w, b), {}, x=rand(2, 4, 2, 3), **vectors)
case("layerNorm", "two axes", lambda x, w, b: F.layer_norm(x, (2, 3), w, b), {}, x=rand(3, 2, 3), w=rand(2, 3), b=rand(2, 3))
case("l2Normalise", "channels", lambda x: F.normalize(x, dim=1), {"axis": 1}, x=rand(2, 3, 2))

case("softmax", "channels", lambda x: F.softmax(x, 1), {"axis": 1}, x=rand(2, 4, 3, low=-4, high=4))
case("logSoftmax", "last axis", lambda x: F.log_softmax(x, 2), {"axis": 2}, x=rand(2, 3, 4, low=-40, high=40))
case(
    "crossEntropy",
    "mean over pixels",
    lambda x, labels: F.cross_entropy(x, labels),
    {},
    x=rand(2, 4, 2, 3, low=-3, high=3),
    labels=torch.randint(0, 4, (2, 2, 3)),
)

rows = torch.tensor([[3, 0, 3], [1, 1, 2]])
case("gather", "repeated rows", lambda x, i: x[:, i], {"axis": 1}, x=rand(2, 4, 3), i=rows)
places = torch.tensor([[0, 2, 2], [1, 0, 1], [2, 2, 2], [0, 1, 0]])
case("gatherElements", "axis 0", lambda x, i: x.gather(0, i), {"axis": 0}, x=rand(3, 3), i=places)
case("scatterAdd", "repeated places", lambda x, i, u: x.scatter_add(0, i, u), {"axis": 0}, x=rand(3, 3), i=places, u=rand(4, 3))

path = pathlib.Path(__file__).with_suffix(".json")
text = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in cases)
path.write_text(f'{{"torch":"{torch.__version__}","cases":[\n{text}\n]}}\n')
print(f"{len(cases)} cases, {path.stat().st_size} bytes")
