"""Golden values of the constraints between tasks and of their gradients, from PyTorch.

Run: /usr/bin/python3 tests/golden/constraints.py   (torch 1.13; writes tests/golden/constraints.json)

Written from the equations of Taskology's appendix A (8-16: depth and normals; 3-7: photometric loss, logits) and
from what the project's reference facts say of the depth-from-video code, in float64, pixel by pixel and sample by
sample, on purpose unlike the tensors of src/constraints.
"""

import json
import pathlib

import numpy as np
import torch

N, C, H, W = 2, 4, 6, 8
BETA, WINDOW = 0.25, 3
rng = np.random.default_rng(20261125)
inputs, cases = {}, {}


def pack(array):
    array = np.asarray(array.detach().numpy() if isinstance(array, torch.Tensor) else array)
    return {"shape": list(array.shape), "data": [float(v) for v in array.astype(np.float64).ravel()]}


def given(name, array):
    array = np.asarray(array, dtype=np.float32)
    inputs[name] = pack(array)
    return torch.tensor(array.astype(np.float64), requires_grad=True)


def case(name, value, leaves):
    grads = torch.autograd.grad(value, [leaf for _, leaf in leaves], allow_unused=True, retain_graph=True)
    gradients = {key: pack(g) for (key, _), g in zip(leaves, grads) if g is not None}
    cases[name] = {"value": float(value.detach()), "gradients": gradients}


def rotation(axis, angle):
    x, y, z = np.asarray(axis) / np.linalg.norm(axis)
    k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * (k @ k)


yy, xx = np.meshgrid(np.arange(H), np.arange(W), indexing="ij")
ramp = np.stack([3 + 0.2 * xx + 0.1 * yy, 4 - 0.15 * xx + 0.25 * yy])[:, None]
depth1 = given("depth1", ramp + 0.2 * rng.random((N, 1, H, W)) + 1.6 * (rng.random((N, 1, H, W)) < 0.12))
depth2 = given("depth2", ramp + 0.3 + 0.5 * rng.random((N, 1, H, W)))
normals = rng.normal(size=(N, 3, H, W)) + np.array([0.1, 0.2, -1.5]).reshape(1, 3, 1, 1)
normals = given("normals", normals / np.linalg.norm(normals, axis=1, keepdims=True))
camera = given("camera", [[7.5, 8.0, 3.4, 2.6], [9.0, 8.5, 3.7, 2.3]])
image1 = given("image1", rng.random((N, 3, H, W)))
image2 = given("image2", rng.random((N, 3, H, W)))
rot12 = given("rotation12", [rotation([1, 2, 0.5], 0.04), rotation([0.2, -1, 0.3], 0.06)])
rot21 = given("rotation21", [rotation([1, 2, 0.7], -0.03), rotation([0.1, -1, 0.3], -0.07)])
trans12 = given("translation12", [[0.11, -0.05, 0.2], [-0.16, 0.07, -0.15]])
trans21 = given("translation21", [[-0.1, 0.06, -0.21], [0.14, -0.05, 0.17]])
res12 = given("residual12", 0.08 * rng.normal(size=(N, 3, H, W)))
res21 = given("residual21", 0.08 * rng.normal(size=(N, 3, H, W)))
logits1 = given("logits1", 2 * rng.normal(size=(N, C, H, W)))
logits2 = given("logits2", 2 * rng.normal(size=(N, C, H, W)))


def ray(n, i, j):
    fx, fy, cx, cy = camera[n].detach()
    return torch.stack([(j - cx) / fx, (i - cy) / fy, torch.tensor(1.0, dtype=torch.float64)])


# Depth and normals.
def depth_normals(both):
    totals = []
    for n in range(N):
        z = depth1[n, 0]
        r = {(i, j): z[i, j] * ray(n, i, j) for i in range(H) for j in range(W)}
        zero = torch.zeros(3, dtype=torch.float64)
        dx, dy = {}, {}
        for i in range(H):
            for j in range(W):
                dx[i, j], dy[i, j] = zero, zero
                if not (0 < i < H - 1 and 0 < j < W - 1):
                    continue
                gx, gy = z[i, j + 1] - z[i, j - 1], z[i + 1, j] - z[i - 1, j]
                if both:
                    gx, gy = abs(gx), abs(gy)
                if gx < BETA * z[i, j] and gy < BETA * z[i, j]:
                    dx[i, j] = r[i, j + 1] - r[i, j - 1]
                    dy[i, j] = r[i + 1, j] - r[i - 1, j]
        errors = []
        half = WINDOW // 2
        for i in range(H):
            for j in range(W):
                around = [
                    (a, b)
                    for a in range(i - half, i + half + 1)
                    for b in range(j - half, j + half + 1)
                    if 0 <= a < H and 0 <= b < W
                ]
                mx = sum(dx[p] for p in around) / WINDOW**2
                my = sum(dy[p] for p in around) / WINDOW**2
                n_d = torch.linalg.cross(mx, my)
                if float(n_d.norm()) < 1e-9:
                    continue
                # Eq. 14 points away from the camera; the project's normals point towards it.
                errors.append(1 + torch.dot(n_d / n_d.norm(), normals[n, :, i, j]))
        totals.append(sum(errors) / len(errors))
    return sum(totals) / N


for name, both in (("depth-normals", True), ("depth-normals rising", False)):
    case(name, depth_normals(both), [("depth1", depth1), ("normals", normals)])


# Warping.
def warp(n, depth, R, T, t, m=None):
    """Of each pixel: its place and depth in the other frame."""
    fx, fy, cx, cy = camera[n].detach()
    seen = {}
    for i in range(H):
        for j in range(W):
            own = t[n, :, i, j] * (1.0 if m is None else m[i, j])
            p = R[n] @ (depth[n, 0, i, j] * ray(n, i, j)) + T[n] + own
            seen[i, j] = (fx * p[0] / p[2] + cx, fy * p[1] / p[2] + cy, p[2])
    return seen


def inside(x, y, z):
    return bool(0 <= x < W - 1 and 0 <= y < H - 1 and z > 0)


def sample(map_, x, y):
    x, y = x.clamp(0, W - 1), y.clamp(0, H - 1)
    x0, y0 = min(int(x.detach()), W - 2), min(int(y.detach()), H - 2)
    a, b = x - x0, y - y0
    top = map_[:, y0, x0] * (1 - a) + map_[:, y0, x0 + 1] * a
    bottom = map_[:, y0 + 1, x0] * (1 - a) + map_[:, y0 + 1, x0 + 1] * a
    return top * (1 - b) + bottom * b


def direction(image, other, depth, other_depth, R, T, t, relative=False):
    rgb, ssim, deep = [], [], []
    for n in range(N):
        unit = (depth[n].mean() + other_depth[n].mean()) / 2 if relative else 1.0
        seen = warp(n, depth, R, T, t)
        places = [(i, j) for i in range(H) for j in range(W)]
        colour = {p: sample(other[n], seen[p][0], seen[p][1]) for p in places}
        there = {p: sample(other_depth[n], seen[p][0], seen[p][1])[0] for p in places}
        e = {p: (there[p] - seen[p][2]) / unit for p in places}
        mask = {p: float(inside(*seen[p])) for p in places}
        close = {p: mask[p] * float(seen[p][2] < there[p]) for p in places}
        rgb.append(sum((colour[p] - image[n, :, p[0], p[1]]).abs().sum() * close[p] for p in places) / (3 * H * W))
        deep.append(sum(e[p].abs() * close[p] for p in places) / (H * W))
        M = sum(float(e[p]) ** 2 * close[p] for p in places) / (sum(close.values()) + 1) + 1e-4
        w = {p: M / (float(e[p]) ** 2 + M) * mask[p] for p in places}
        terms = []
        for i in range(1, H - 1):
            for j in range(1, W - 1):
                window = [(a, b) for a in (i - 1, i, i + 1) for b in (j - 1, j, j + 1)]
                mean_w = sum(w[p] for p in window) / 9
                mean = lambda f: sum(f(p) * (w[p] + 0.01) for p in window) / 9 / (mean_w + 0.01)
                A, B = (lambda p: colour[p]), (lambda p: image[n, :, p[0], p[1]])
                mu_a, mu_b = mean(A), mean(B)
                var_a = mean(lambda p: A(p) ** 2) - mu_a**2
                var_b = mean(lambda p: B(p) ** 2) - mu_b**2
                cov = mean(lambda p: A(p) * B(p)) - mu_a * mu_b
                s = (2 * cov + 9e-6) / (var_a + var_b + 9e-6)
                terms.append((((1 - s) / 2).clamp(0, 1) * mean_w).sum())
        ssim.append(sum(terms) / (3 * (H - 2) * (W - 2)))
    return sum(rgb) / N, sum(ssim) / N, sum(deep) / N


moves = [("depth1", depth1), ("depth2", depth2), ("rotation12", rot12), ("translation12", trans12), ("residual12", res12)]
for name, value in zip(("rgb", "ssim", "depth"), direction(image1, image2, depth1, depth2, rot12, trans12, res12)):
    case(f"photometric {name}", value, moves)
_, ssim, deep = direction(image1, image2, depth1, depth2, rot12, trans12, res12, relative=True)
for name, value in (("ssim", ssim), ("depth", deep)):
    case(f"photometric {name} by the mean depth", value, moves)

# Logits, both directions; classes 1 and 3 move by themselves.
MOVABLE = (1, 3)


def mask_of(logits, n):
    best = logits[n].argmax(0)
    return [[1.0 if int(best[i, j]) in MOVABLE else 0.0 for j in range(W)] for i in range(H)]


def edge(image):
    padded = torch.nn.functional.pad(image[None], (1, 1, 1, 1), mode="replicate")[0]
    gx = (padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]) / 2
    gy = (padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]) / 2
    length = torch.sqrt(gx**2 + gy**2).mean(0)
    return (length / length.max()).detach()


def logit_direction(weighted, logits, other, image, depth, R, T, t):
    totals = []
    for n in range(N):
        m = torch.tensor(mask_of(logits, n), dtype=torch.float64)
        seen = warp(n, depth, R, T, t, m)
        e = edge(image[n])
        errors = []
        for (i, j), (x, y, z) in seen.items():
            if not inside(x, y, z):
                continue
            difference = sample(other[n], x, y) - logits[n, :, i, j]
            if weighted:
                top = int(logits[n, :, i, j].argmax())
                weight = torch.tensor([0.2 + 0.4 * (c == top) + 0.4 * float(e[i, j]) for c in range(C)])
                errors.append((difference.abs() * weight.double()).sum())
            else:
                errors.append((difference**2).sum())
        totals.append(sum(errors) / len(errors))
    return sum(totals) / N


for name, weighted in (("segmentation-flow l2", False), ("segmentation-flow weighted", True)):
    there = logit_direction(weighted, logits1, logits2, image1, depth1, rot12, trans12, res12)
    back = logit_direction(weighted, logits2, logits1, image2, depth2, rot21, trans21, res21)
    case(name, there + back, moves + [("logits1", logits1), ("logits2", logits2)])


# Motion.
def variation(t, T):
    total = 0
    for n in range(N):
        whole = t[n] + T[n].reshape(3, 1, 1)
        relative = t[n] / torch.sqrt((whole**2).mean() * 3 + 1e-12)
        for c in range(3):
            for i in range(H):
                for j in range(W):
                    dy = relative[c, i, j] - relative[c, i - 1, j]
                    dx = relative[c, i, j] - relative[c, i, j - 1]
                    total = total + torch.sqrt(dx**2 + dy**2)
    return total / (N * 3 * H * W)


case("motion-smoothness", variation(res12, trans12), [("residual12", res12), ("translation12", trans12)])

eye = torch.eye(3, dtype=torch.float64)
turned = sum(
    ((rot21[n] @ rot12[n] - eye) ** 2).sum()
    / (((rot12[n] - eye) ** 2).sum() + ((rot21[n] - eye) ** 2).sum())
    for n in range(N)
)
case("motion-cycle rotation", turned / N, [("rotation12", rot12), ("rotation21", rot21)])

total = 0
for n in range(N):
    seen = warp(n, depth1, rot12, trans12, res12)
    for (i, j), (x, y, z) in seen.items():
        there = sample(depth2[n], x, y)[0]
        if not (inside(x, y, z) and z < there):
            continue
        t1 = res12[n, :, i, j] + trans12[n]
        t2 = sample(res21[n] + trans21[n].reshape(3, 1, 1), x, y)
        total = total + ((rot21[n] @ t1 + t2) ** 2).sum() / ((t1**2).sum() + (t2**2).sum())
case(
    "motion-cycle translation",
    total / (N * H * W),
    [("residual12", res12), ("translation12", trans12), ("residual21", res21), ("rotation21", rot21), ("depth1", depth1)],
)

# Smoothness of disparity.
total = 0
for n in range(N):
    disparity = 1 / depth1[n, 0]
    d = disparity / disparity.mean()
    along_x = [
        (d[i, j] - d[i, j + 1]).abs() * torch.exp(-(image1[n, :, i, j] - image1[n, :, i, j + 1]).abs().mean())
        for i in range(H) for j in range(W - 1)
    ]
    along_y = [
        (d[i, j] - d[i + 1, j]).abs() * torch.exp(-(image1[n, :, i, j] - image1[n, :, i + 1, j]).abs().mean())
        for i in range(H - 1) for j in range(W)
    ]
    total = total + sum(along_x) / (H * (W - 1)) + sum(along_y) / ((H - 1) * W)
case("depth-smoothness", total / N, [("depth1", depth1)])

out = pathlib.Path(__file__).with_suffix(".json")
out.write_text(json.dumps({"inputs": inputs, "cases": cases}, indent=None) + "\n")
print({name: round(c["value"], 5) for name, c in cases.items()})
