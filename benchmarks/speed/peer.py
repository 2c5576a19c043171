"""What the PyTorch peers of benchmarks/speed share: their options, and the protocol by which they are asked for steps.

One JSON line in (steps to run), one JSON line out ({"ms": [...], "peak": bytes, "version": ...}), until end of input.
"""

import argparse
import json
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
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    return given


def serve(step, **more):
    """Answers until the input ends; `more` stands in every answer."""
    for line in sys.stdin:
        times = []
        for _ in range(json.loads(line)["steps"]):
            start = time.perf_counter()
            step.run()
            times.append(1000 * (time.perf_counter() - start))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps({"ms": times, "peak": peak, "version": torch.__version__, **more}), flush=True)
