"""MAT-files as BSDS500 and SBD have them, written by scipy, with what is in them.

Writes annotated-mat.json: files as base64. Run: /usr/bin/python3 tests/golden/annotated_mat.py
"""

import base64
import io
import json
import pathlib

import numpy as np
from scipy.io import savemat
from scipy.sparse import csc_matrix


def packed(arrays):
    buffer = io.BytesIO()
    savemat(buffer, arrays, do_compression=True)
    return base64.b64encode(buffer.getvalue()).decode()


def cells(items):
    out = np.empty((1, len(items)), dtype=object)
    for i, item in enumerate(items):
        out[0, i] = item
    return out


def annotators(*maps):
    """A cell for each annotator, as BSDS500 has them."""
    return packed(
        {
            "groundTruth": cells(
                [
                    {"Segmentation": np.ones(each.shape, np.uint16), "Boundaries": each.astype(np.uint8)}
                    for each in maps
                ]
            )
        }
    )


first = np.array([[0, 1, 0], [0, 1, 1]])
second = np.array([[0, 1, 0], [0, 0, 0]])
classes = np.array([[0, 15, 15], [20, 0, 15]], dtype=np.uint8)
golden = {
    "bsds": {
        "two": annotators(first, second),
        "sizes": annotators(first, second[:, :2]),
        "values": annotators(first * 3),
        "nobody": packed({"groundTruth": cells([])}),
        "ten": annotators(*[first] * 10),
        "other": packed({"something": np.ones((2, 3))}),
        "boundaries": [first.ravel().tolist(), second.ravel().tolist()],
    },
    "sbd": {
        "classes": packed(
            {
                "GTcls": {
                    "Boundaries": cells([csc_matrix(first.astype(float)), csc_matrix((2, 3))]),
                    "Segmentation": classes,
                    "CategoriesPresent": np.array([[15], [20]], dtype=np.uint8),
                }
            }
        ),
        "values": packed({"GTcls": {"Segmentation": classes + 1}}),
        "segmentation": classes.ravel().tolist(),
    },
    "sparse": {
        "file": packed({"s": csc_matrix(np.array([[0, 2.5, 0], [-1, 0, 3]]))}),
        "rows": [1, 0, 1],
        "columns": [0, 1, 2, 3],
        "data": [-1, 2.5, 3],
    },
}
path = pathlib.Path(__file__).with_name("annotated-mat.json")
path.write_text(json.dumps(golden, indent=1) + "\n")
