"""MAT-files of version 5 as scipy writes them and of version 7.3 as h5py does, with what is in them.

Writes mat.json: files as base64, and the values that a reader must find. Run: python3 tests/golden/mat.py
"""

import base64
import io
import json
import os
import tempfile

import h5py
import numpy as np
from scipy.io import savemat


def version5(arrays, compress):
    """A version 5 file as base64."""
    buffer = io.BytesIO()
    savemat(buffer, arrays, do_compression=compress)
    return base64.b64encode(buffer.getvalue()).decode()


def cells(texts):
    """A cell array of text, 1 x n."""
    out = np.empty((1, len(texts)), dtype=object)
    out[0, :] = texts
    return out


def version73(arrays):
    """A version 7.3 file as base64: MATLAB's arrays reversed, behind 512 bytes of header, in deflated chunks."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "golden.mat")
        with h5py.File(path, "w", userblock_size=512) as file:
            for name, array in arrays.items():
                reversed_axes = np.ascontiguousarray(array.T)
                file.create_dataset(
                    name, data=reversed_axes, chunks=(1, *reversed_axes.shape[1:]), compression="gzip"
                )
        with open(path, "r+b") as file:
            file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124, b" ") + b"\x00\x02IM")
        with open(path, "rb") as file:
            return base64.b64encode(file.read()).decode()


HEIGHT, WIDTH, FRAMES = 2, 3, 4
rng = np.random.default_rng(0)
images = rng.integers(0, 256, (HEIGHT, WIDTH, 3, FRAMES), dtype=np.uint8)
depths = rng.uniform(1, 5, (HEIGHT, WIDTH, FRAMES)).astype(np.float32)
labels = rng.integers(0, 6, (HEIGHT, WIDTH, FRAMES), dtype=np.uint16)

numbers = {
    name: np.array([[1, 2, 3], [4, 5, 6]], dtype=name)
    for name in ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "single", "double"]
}
mixed = {
    "empty": np.zeros((0, 0)),
    "text": "näve",
    "names": cells(["wall", "floor", ""]),
    "nested": {"list": np.array([[7, 8]], dtype=np.uint16), "inner": {"name": "deep"}},
}
sun = "/n/fs/sun3d/data/SUNRGBD/"
golden = {
    "numbers": version5(numbers, False),
    "numbersCompressed": version5(numbers, True),
    "mixed": version5(mixed, False),
    "mixedCompressed": version5(mixed, True),
    "nyu": {
        "frames": version73({"images": images, "depths": depths, "labels": labels}),
        "splits": version5(
            {
                "trainNdxs": np.array([[1], [4]], dtype=np.uint16),
                "testNdxs": np.array([[2], [3]], dtype=np.uint16),
            },
            True,
        ),
        "map40": version5(
            {
                "mapClass": np.array([[3, 1, 2, 0, 3]], dtype=np.uint8),
                "className": cells(["wall", "floor", "cabinet"]),
            },
            True,
        ),
        "map13": version5(
            {
                "classMapping13": {
                    "labels13": np.array([[2, 0, 1]], dtype=np.uint8),
                    "classNames": cells(["furniture", "wall"]),
                }
            },
            True,
        ),
        # Row by row, as pictures are: [frame][channel][row][column] and [frame][row][column].
        "images": images.transpose(3, 2, 0, 1).reshape(FRAMES, -1).tolist(),
        "depths": depths.transpose(2, 0, 1).reshape(FRAMES, -1).tolist(),
        "labels": labels.transpose(2, 0, 1).reshape(FRAMES, -1).tolist(),
        "size": [HEIGHT, WIDTH],
    },
    "sunSplit": version5(
        {
            "alltrain": cells([sun + "kv1/b3dodata/img_1", sun + "kv2/a/f1/", sun + "kv2/a/gone"]),
            "alltest": cells([sun + "xtion/b/f2"]),
            "trainvalsplit": {"train": cells([sun + "kv1/b3dodata/img_1"]), "val": cells([sun + "kv2/a/f1"])},
        },
        True,
    ),
}
here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "mat.json"), "w") as file:
    json.dump(golden, file, indent=1)
    file.write("\n")
