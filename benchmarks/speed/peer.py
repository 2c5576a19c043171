"""What the PyTorch peers of benchmarks/speed share: their options, and the protocol by which they are asked for steps.

One JSON line in (steps to run), one JSON line out ({"ms": [...], "losses": [...], "peak": bytes, "version": ...}), until
end of input.
"""

import argparse
import json
import math
import pathlib
import resource
import sys
import time

import torch


def options(width, forms, form):
    """The command line's, with the usual width and form of a step; sets the threads."""
    parser = argparse.ArgumentParser()
    for name, default in [("--width", width), ("--batch", 4), ("--height", 96), ("--columns", 128), ("--threads", 2)]:
        parser.add_argument(name, type=int, default=default)
    parser.add_argument("--form", choices=forms, default=form)
    parser.add_argument("--start", help="file of the batch and the parameters that both sides begin from")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    return given


def arrays(path):
    """The arrays of a file of safetensors, all of them float32, by name."""
    content = bytearray(pathlib.Path(path).read_bytes())
    begin = 8 + int.from_bytes(content[:8], "little")
    found = {}
    for name, entry in json.loads(content[8:begin]).items():
        if name != "__metadata__":
            shape, (offset, _) = entry["shape"], entry["data_offsets"]
            flat = torch.frombuffer(content, dtype=torch.float32, count=math.prod(shape), offset=begin + offset)
            found[name] = flat.reshape(shape).clone()
    return found


def serve(step, **more):
    """Answers until the input ends; `more` stands in every answer."""
    for line in sys.stdin:
        times, losses = [], []
        for _ in range(json.loads(line)["steps"]):
            start = time.perf_counter()
            losses.append(step.run())
            times.append(1000 * (time.perf_counter() - start))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps({"ms": times, "losses": losses, "peak": peak, "version": torch.__version__, **more}), flush=True)
