"""Golden values of resampling (tests/fields/taps.test.ts): python3 tests/golden/resampling.py (torch 1.13.1)"""

import json
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(0)
SIZES = [((5, 7), (3, 4)), ((9, 8), (2, 3)), ((3, 4), (6, 8)), ((4, 3), (7, 5)), ((6, 5), (3, 9)), ((11, 2), (4, 1))]


def case(source, target):
    x = torch.rand(1, 1, *source)
    smooth = F.interpolate(x, target, mode="bilinear", antialias=True, align_corners=False)
    aligned = F.interpolate(x, target, mode="bilinear", align_corners=True)
    # Nearest to the centre of the output pixel, as Pillow has it.
    nearest = F.interpolate(x, target, mode="nearest-exact")
    return dict(
        source=source,
        target=target,
        x=x.flatten().tolist(),
        triangle=smooth.flatten().tolist(),
        aligned=aligned.flatten().tolist(),
        nearest=nearest.flatten().tolist(),
    )


result = [case(*sizes) for sizes in SIZES]
(pathlib.Path(__file__).parent / "resampling.json").write_text(json.dumps(result))
