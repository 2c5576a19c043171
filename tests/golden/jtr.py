"""Golden values of SegNet and the JTR step (tests/methods/jtr-golden.test.ts): python3 tests/golden/jtr.py

Parameters and batch are made by a formula that the test repeats, so only results are stored: losses, predictions at some pixels, and of each
parameter's gradient its norm and its product with a fixed direction. The network is the one of benchmarks/speed, which is thereby
shown to compute the same step. Written with torch 1.13.1 of Debian's python3-torch.
"""

import json
import math
import pathlib
import sys

import torch
from waves import fill, wave

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks" / "speed"))
from pytorch_jtr import Step, TASKS  # noqa: E402

WIDTH, BATCH, HEIGHT, COLUMNS = 4, 3, 64, 96


def batch():
    b = {"image": 0.5 + 0.5 * wave("image", (BATCH, 3, HEIGHT, COLUMNS))}
    pixels = (BATCH, 1, HEIGHT, COLUMNS)
    for i, task in enumerate(TASKS):
        # Sample 0 has two labels, the others one each; every fifth pixel of a label is invalid.
        labelled = torch.tensor([float(n % 3 == i or (n == 0 and i == 1)) for n in range(BATCH)])
        b[f"{task}.labelled"] = labelled
        holds = (torch.arange(math.prod(pixels)) % 5 != 0).float().reshape(pixels)
        b[f"{task}.valid"] = holds * labelled[:, None, None, None]
    classes = (torch.arange(math.prod(pixels)).reshape(pixels) * 7 // 3) % 13
    b["onehot"] = torch.nn.functional.one_hot(classes[:, 0], 13).permute(0, 3, 1, 2).float()
    b["depth.label"] = 2 + wave("depth", pixels)
    n = wave("normals", (BATCH, 3, HEIGHT, COLUMNS)) + torch.tensor([0.1, 0.2, -1.5]).reshape(1, 3, 1, 1)
    b["normals.label"] = n / n.norm(dim=1, keepdim=True)
    return b


def main():
    torch.set_default_dtype(torch.float64)
    step = Step(WIDTH, batch(), "written")
    fill(step.model, "")
    fill(step.joint, "helper.joint.")
    step.batch = {k: v.double() for k, v in step.batch.items()}
    predictions = step.model.decode(*step.model.encode(step.batch["image"]))
    norm = step.model.encoder_block[1][1]
    running = {name: getattr(norm, name).tolist() for name in ["running_mean", "running_var"]}
    supervised, stacks = step.losses()
    latent, _ = step.joint.encode(stacks)
    distance = step.distance(latent)
    fixed = stacks.detach()
    reconstruction = step.reconstruction(step.joint.decode(*step.joint.encode(fixed)), fixed)
    (supervised + 4 * distance + 2 * reconstruction).backward()
    gradients = {}
    for prefix, module in [("", step.model), ("helper.joint.", step.joint)]:
        for name, p in module.named_parameters():
            convolution_in_unit = name.endswith("0.bias") and "head" not in name
            if convolution_in_unit:
                continue  # cancelled by batch normalisation: zero but for rounding
            g = p.grad
            direction = wave("direction " + prefix + name, p.shape)
            gradients[prefix + name] = [g.norm().item(), (g * direction).sum().item(), direction.norm().item()]
    result = {
        "losses": {
            "supervised": supervised.item(),
            "jtr.distance": distance.item(),
            "jtr.reconstruction": reconstruction.item(),
        },
        "predictions": {
            t: predictions[t].detach().reshape(-1)[:: predictions[t].numel() // 20].tolist() for t in TASKS
        },
        "running": running,
        "gradients": gradients,
    }
    (pathlib.Path(__file__).parent / "jtr.json").write_text(json.dumps(result))


main()
