"""Golden values of the task losses, joint encodings and metrics, from PyTorch and numpy.

Run: /usr/bin/python3 tests/golden/tasks.py   (torch 1.13; writes tests/golden/tasks.json)

Everything here is written from the formulas (JTR section 4.1, equations 4 and 5; for `released` what the
published code does, as the project's reference facts describe it), in float64, sample by sample and with
boolean indexing, on purpose unlike the masked sums of src/tasks.
"""

import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

N, C, H, W = 3, 4, 4, 5
# Weights of the three samples in the scalar whose gradient is stored: unequal, so that mixing up samples shows.
WEIGHTS = (1.0, 0.7, 1.3)
rng = np.random.default_rng(20240611)
inputs, cases = {}, {}


def f32(array):
    return np.asarray(array, dtype=np.float32)


def pack(array):
    array = np.asarray(array.detach().numpy() if isinstance(array, torch.Tensor) else array)
    return {"shape": list(array.shape), "data": [float(repr_) for repr_ in array.astype(np.float64).ravel()]}


def given(name, array):
    inputs[name] = pack(f32(array))
    return torch.tensor(f32(array).astype(np.float64))


def weighted(values):
    return sum(w * v for w, v in zip(WEIGHTS, values))


def loss_case(name, function, leaf):
    """Stores the per-sample losses and the gradient of their weighted sum with respect to `leaf`."""
    x = leaf.clone().requires_grad_(True)
    values = [function(x[n], n) for n in range(N)]
    total = weighted(values)
    total.backward()
    cases[name] = {"value": pack(torch.stack([v.detach() for v in values])), "gradient": pack(x.grad)}


def encoding_case(name, function, leaf):
    """Stores an encoding and the gradient of its sum weighted by `cotangent`."""
    x = leaf.clone().requires_grad_(True)
    value = function(x)
    (value * cotangent[:, : value.shape[1]]).sum().backward()
    cases[name] = {"value": pack(value), "gradient": pack(x.grad)}


def zero(x):
    return (x * 0).sum()


# Sample 0 is valid everywhere, sample 1 in part, sample 2 nowhere.
valid = np.ones((N, 1, H, W))
valid[1] = rng.random((1, H, W)) < 0.6
valid[2] = 0
valid = given("valid", valid)
mask = given("mask", rng.random((N, 1, H, W)) < 0.7)
cotangent = given("cotangent", rng.normal(size=(N, C, H, W)))
ok = valid.bool()

# --- segmentation
logits_array = rng.normal(size=(N, C, H, W)) * 2
logits_array[0, :, 0, 0] = (80, -80, 60, 0)  # saturated
logits = given("logits", logits_array)
classes = given("classes", rng.integers(0, C, (N, 1, H, W)) * valid.numpy())
noise = given("noise", rng.gumbel(size=(N, C, H, W)))
decoded = given("decoded", rng.normal(size=(N, C, H, W)))
target_class = torch.where(ok, classes, torch.full_like(classes, -1)).long()[:, 0]


def segmentation_loss(x, n):
    if not ok[n].any():
        return zero(x)
    return F.cross_entropy(x[None], target_class[n][None], ignore_index=-1)


loss_case("segmentation.loss", segmentation_loss, logits)
one_hot = torch.zeros(N, C, H, W, dtype=torch.float64)
for n, i, j in np.ndindex(N, H, W):
    if target_class[n, i, j] >= 0:
        one_hot[n, target_class[n, i, j], i, j] = 1
cases["segmentation.joint.label"] = {"value": pack(one_hot)}
encoding_case("segmentation.joint.prediction", lambda x: F.softmax(x, 1), logits)
soft_target = F.softmax(logits, 1)


def soft_cross_entropy(x, n):
    keep = ok[n, 0]
    if not keep.any():
        return zero(x)
    return F.cross_entropy(x[:, keep].T, soft_target[n][:, keep].T)


loss_case("segmentation.joint.reconstruction", soft_cross_entropy, decoded)


def straight_through(x):
    soft = F.softmax(x + noise, 1)
    index = soft.argmax(1, keepdim=True)
    hard = torch.zeros_like(soft).scatter_(1, index, 1.0)
    return (hard - soft.detach() + soft) * mask


encoding_case("segmentation.released.hard", straight_through, logits)
encoding_case("segmentation.released.soft", lambda x: F.softmax(x, 1) * mask, logits)
hard_target = straight_through(logits).detach()


def non_zero(target):
    count = int((target != 0).sum())
    return count if count > 0 else 1


def binary_reconstruction(target):
    def loss(x, n):
        terms = F.binary_cross_entropy_with_logits(x, target[n], reduction="none")
        return (terms * mask[n]).sum() / non_zero(target[n])

    return loss


loss_case("segmentation.released.reconstruction.label", binary_reconstruction(one_hot), decoded)
loss_case("segmentation.released.reconstruction.sample", binary_reconstruction(hard_target), decoded)

# --- depth
metres_array = rng.uniform(0.5, 6, (N, 1, H, W)) * valid.numpy()
depth_array = rng.normal(2.5, 1.5, (N, 1, H, W))
depth_array[0, 0, 0, 0] = metres_array[0, 0, 0, 0]  # exact: the gradient of |x| at 0 is 0
metres = given("metres", metres_array)
depth = given("depth", depth_array)
decoded_depth = decoded[:, :1]


def depth_loss(target):
    def loss(x, n):
        return (x[ok[n]] - target[n][ok[n]]).abs().mean() if ok[n].any() else zero(x)

    return loss


loss_case("depth.loss", depth_loss(metres), depth)
loss_case("depth.joint.reconstruction", depth_loss(depth), decoded_depth)
normal_distribution = torch.distributions.Normal(torch.tensor(2.3618).double(), torch.tensor(1.5876).double())
cases["depth.released.label"] = {"value": pack(normal_distribution.cdf(metres * valid))}
encoding_case("depth.released.prediction", lambda x: normal_distribution.cdf(x * mask), depth)


def distribution_reconstruction(target):
    def loss(x, n):
        share = (torch.sigmoid(x) - 0.5) * (1 - 1e-5) + 0.5
        return ((share - normal_distribution.cdf(target[n])).abs() * mask[n]).sum() / non_zero(target[n])

    return loss


loss_case("depth.released.reconstruction.label", distribution_reconstruction(metres), decoded_depth)
loss_case("depth.released.reconstruction.substitute", distribution_reconstruction(depth), decoded_depth)
encoded_depth = normal_distribution.cdf(depth * mask)
loss_case("depth.released.reconstruction.prediction", distribution_reconstruction(encoded_depth), decoded_depth)

# --- normals: the stored gradients are with respect to the network's output, before its division by the norm
unit = F.normalize(torch.tensor(rng.normal(size=(N, 3, H, W))), dim=1) * valid
unit = given("unit", unit.numpy())
raw_array = rng.normal(size=(N, 3, H, W))
raw_array *= np.maximum(1, 0.5 / np.linalg.norm(raw_array, axis=1, keepdims=True))
raw = given("raw", raw_array)
decoded_vector = given("decodedVector", raw_array[::-1] * 1.5 + 0.1)


def cosine_loss(target):
    def loss(x, n):
        keep = ok[n, 0]
        if not keep.any():
            return zero(x)
        return 1 - F.cosine_similarity(x[:, keep], target[n][:, keep], dim=0).mean()

    return loss


loss_case("normals.loss", cosine_loss(unit), raw)
encoding_case("normals.activate", lambda x: x / x.norm(dim=1, keepdim=True), raw)
predicted_unit = F.normalize(raw, dim=1)
loss_case("normals.joint.reconstruction", cosine_loss(predicted_unit), decoded_vector)
cases["normals.released.label"] = {"value": pack((unit + 1) / 2)}
encoding_case("normals.released.prediction", lambda x: (F.normalize(x, dim=1) * mask + 1) / 2, raw)


def vector_reconstruction(target):
    def loss(x, n):
        direction = x / x.norm(dim=0, keepdim=True)
        return 1 - (direction * target[n] * mask[n]).sum() / non_zero(target[n])

    return loss


loss_case("normals.released.reconstruction.label", vector_reconstruction(unit), decoded_vector)
loss_case("normals.released.reconstruction.substitute", vector_reconstruction(predicted_unit), decoded_vector)
encoded_unit = (predicted_unit * mask + 1) / 2
loss_case("normals.released.reconstruction.prediction", vector_reconstruction(encoded_unit), decoded_vector)

# --- reshading, for all maps in [0, 1]; draws of their own, so that the values above stay
map_rng = np.random.default_rng(20180618)
shades = given("shades", map_rng.random((N, 1, H, W)) * valid.numpy())
shading_array = map_rng.normal(0.5, 0.5, (N, 1, H, W))
shading_array[0, 0, 0, 0] = shades[0, 0, 0, 0]  # exact: the gradient of |x| at 0 is 0
shading = given("shading", shading_array)
loss_case("reshading.loss", depth_loss(shades), shading)
cases["reshading.joint.label"] = {"value": pack(shades * valid)}
loss_case("reshading.joint.reconstruction", depth_loss(shading), decoded_depth)

# --- boundaries of four annotators, two of whom agree; gradients with respect to the logits
line_rng = np.random.default_rng(20110501)
marks = given("marks", (line_rng.random((N, 4, H, W)) < 0.35) * valid.numpy())
edge_logits_array = line_rng.normal(-1, 2, (N, 1, H, W))
edge_logits_array[0, 0, 0, :2] = (9, -9)
edge_logits = given("edgeLogits", edge_logits_array)
agreed = torch.stack([(marks[n].sum(0, keepdim=True) >= 2).double() for n in range(N)])


def boundary_loss(target, balanced=None):
    def loss(x, n):
        keep = ok[n]
        if not keep.any():
            return zero(x)
        y = target[n][keep]
        weight = (1 - y).mean() if balanced is None else balanced
        terms = F.binary_cross_entropy_with_logits(x[keep], y, reduction="none")
        return (terms * torch.where(y == 1, weight, 1 - weight)).mean()

    return loss


def soft_boundary_loss(x, n):
    keep = ok[n]
    if not keep.any():
        return zero(x)
    y = torch.sigmoid(edge_logits)[n][keep]
    return -(0.95 * y * F.logsigmoid(x[keep]) + 0.05 * (1 - y) * F.logsigmoid(-x[keep])).mean()


loss_case("boundaries.loss", boundary_loss(agreed, torch.tensor(0.95).double()), edge_logits)
loss_case("boundaries.auto.loss", boundary_loss(agreed), edge_logits)
cases["boundaries.joint.label"] = {"value": pack(agreed * valid)}
loss_case("boundaries.joint.reconstruction", soft_boundary_loss, decoded_depth)

# --- losses that entries ask for
CLASS_WEIGHTS = torch.tensor((0.5, 2.0, 1.0, 3.0)).double()


def weighted_loss(focus, weights):
    """Focal loss by its definition; `weights` None: every class that a sample shows counts alike."""

    def loss(x, n):
        keep = target_class[n] >= 0
        if not keep.any():
            return zero(x)
        p = F.softmax(x, 0)[:, keep].T
        y = target_class[n][keep]
        own = p[torch.arange(len(y)), y]
        w = 1 / torch.bincount(y, minlength=C).double()[y] if weights is None else weights[y]
        return (w * (1 - own) ** focus * -torch.log(own)).sum() / w.sum()

    return loss


def torch_weighted(x, n):
    if not ok[n].any():
        return zero(x)
    return F.cross_entropy(x[None], target_class[n][None], weight=CLASS_WEIGHTS, ignore_index=-1)


def dice_loss(x, n):
    keep = target_class[n] >= 0
    if not keep.any():
        return zero(x)
    p = F.softmax(x, 0)[:, keep]
    g = F.one_hot(target_class[n][keep], C).T.double()
    score = (2 * (p * g).sum(1) + 1) / (p.sum(1) + g.sum(1) + 1)
    return 1 - score[g.sum(1) > 0].mean()


loss_case("segmentation.weighted.loss", torch_weighted, decoded)
loss_case("segmentation.even.loss", weighted_loss(0, None), decoded)
loss_case("segmentation.focal.loss", weighted_loss(1.5, CLASS_WEIGHTS), decoded)
loss_case("segmentation.dice.loss", dice_loss, decoded)
loss_case("segmentation.both.loss", lambda x, n: weighted_loss(0, torch.ones(C).double())(x, n) + dice_loss(x, n), decoded)


def scale_invariant(x, n):
    keep = ok[n]
    if not keep.any():
        return zero(x)
    near = torch.tensor(0.1).double()
    p = x[keep]
    log_p = torch.where(p < near, torch.log(near) + (p - near) / near, torch.log(torch.maximum(p, near)))
    d = log_p - torch.log(metres[n][keep])
    return (d**2).mean() - 0.85 * d.mean() ** 2


loss_case("depth.silog.loss", scale_invariant, depth)

# --- metrics over a set of three images, numpy only
M, SIDE = 3, 12
metric_valid = f32(rng.random((M, SIDE, SIDE)) < 0.8)
metric_logits = f32(rng.normal(size=(M, 5, SIDE, SIDE)))
metric_logits[:, 4] = -9  # class 4 is neither predicted nor labelled; class 3 only predicted
metric_classes = f32(rng.integers(0, 3, (M, SIDE, SIDE)))
metric_metres = f32(rng.uniform(0.5, 8, (M, SIDE, SIDE)))
metric_depth = f32(metric_metres * rng.uniform(0.6, 1.6, (M, SIDE, SIDE)))
metric_depth[0, 0, :3] = (-1, 0.01, 20)
metric_unit = rng.normal(size=(M, 3, SIDE, SIDE))
metric_unit = f32(metric_unit / np.linalg.norm(metric_unit, axis=1, keepdims=True))
metric_vector = metric_unit + 0.3 * rng.normal(size=(M, 3, SIDE, SIDE))
metric_vector = f32(metric_vector / np.linalg.norm(metric_vector, axis=1, keepdims=True))
keep = metric_valid == 1
metric_shades = f32(map_rng.random((M, SIDE, SIDE)))
metric_shading = f32(metric_shades + 0.3 * map_rng.normal(size=(M, SIDE, SIDE)))
shading_error = metric_shading[keep].astype(np.float64) - metric_shades[keep].astype(np.float64)

prediction_class = metric_logits.argmax(1)[keep]
label_class = metric_classes[keep].astype(int)
overlaps = []
for k in range(5):
    union = ((prediction_class == k) | (label_class == k)).sum()
    if union > 0:
        overlaps.append(((prediction_class == k) & (label_class == k)).sum() / union)

p = np.maximum(metric_depth[keep].astype(np.float64), 1e-9)
g = metric_metres[keep].astype(np.float64)
vectors = np.moveaxis(metric_vector, 1, -1)[keep].astype(np.float64)
truths = np.moveaxis(metric_unit, 1, -1)[keep].astype(np.float64)
cosine = (vectors * truths).sum(-1) / np.linalg.norm(vectors, axis=-1) / np.linalg.norm(truths, axis=-1)
angle = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
metrics = {
    "valid": pack(metric_valid),
    "segmentation": {
        "prediction": pack(metric_logits),
        "label": pack(metric_classes[:, None]),
        "result": {
            "mIoU": 100 * float(np.mean(overlaps)),
            "pixelAccuracy": 100 * float((prediction_class == label_class).mean()),
        },
    },
    "depth": {
        "prediction": pack(metric_depth[:, None]),
        "label": pack(metric_metres[:, None]),
        "result": {
            "aErr": float(np.abs(p - g).mean()),
            "relErr": float((np.abs(p - g) / g).mean()),
            "sqRel": float(((p - g) ** 2 / g).mean()),
            "rmse": float(np.sqrt(((p - g) ** 2).mean())),
            "logRmse": float(np.sqrt(((np.log(p) - np.log(g)) ** 2).mean())),
            **{f"delta{k}": 100 * float((np.maximum(p / g, g / p) < 1.25**k).mean()) for k in (1, 2, 3)},
        },
    },
    "normals": {
        "prediction": pack(metric_vector),
        "label": pack(metric_unit),
        "result": {
            "mErr": float(angle.mean()),
            "median": float(np.median(angle)),
            "rmse": float(np.sqrt((angle**2).mean())),
            "within11.25": 100 * float((angle < 11.25).mean()),
            "within22.5": 100 * float((angle < 22.5).mean()),
            "within30": 100 * float((angle < 30).mean()),
        },
    },
    "reshading": {
        "prediction": pack(metric_shading[:, None]),
        "label": pack(metric_shades[:, None]),
        "result": {
            "aErr": float(np.abs(shading_error).mean()),
            "rmse": float(np.sqrt((shading_error**2).mean())),
        },
    },
}


def short(value):
    """Nine digits hold a float32 exactly and a float64 far below the tests' tolerance."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {key: short(inner) for key, inner in value.items()}
    return [short(inner) for inner in value] if isinstance(value, list) else value


document = {"weights": list(WEIGHTS), "inputs": inputs, "cases": cases, "metrics": metrics}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(short(document)) + "\n")
print(f"{path}: {path.stat().st_size // 1024} KiB, {len(cases)} cases")
