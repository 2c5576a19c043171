"""Golden values of every weighting on one input of three tasks: /usr/bin/python3 tests/golden/weightings.py

Losses are L_k = s_k/2 |p - c_k|² + (h_k - 1)²/2 at p = (1, 1, 1) and h_k = 3, as in tests/weighting/suite.ts. Written in
float64 with torch 1.13 from the papers' definitions, on purpose unlike the solvers of src/weighting: quadratic programs by trying every
active set, CAGrad by exact moves of pairs, Nash-MTL by coordinates, learned weights by automatic differentiation.
"""

import itertools
import json
import math
import pathlib

import numpy as np
import torch

NAMES = ["a", "b", "c"]
SCALES = [2.0, 0.5, 5.0]
CENTRES = [[3, 0, 1], [-1, 2, 0], [0, 0.5, 4]]
CLASSES = [True, False, False]
K = 3
CASES = {}


def leaves():
    p = torch.ones(3, dtype=torch.float64, requires_grad=True)
    h = [torch.tensor(3.0, dtype=torch.float64, requires_grad=True) for _ in NAMES]
    losses = [
        s / 2 * ((p - torch.tensor(c, dtype=torch.float64)) ** 2).sum() + (x - 1) ** 2 / 2
        for s, c, x in zip(SCALES, CENTRES, h)
    ]
    return p, h, losses


p, h, losses = leaves()
L = np.array([float(loss.detach()) for loss in losses])
J = np.stack([torch.autograd.grad(loss, p, retain_graph=True)[0].numpy() for loss in losses])
OWN = np.array([float(torch.autograd.grad(loss, x, retain_graph=True)[0]) for loss, x in zip(losses, h)])
G = J @ J.T


def case(name, weights, own=None, loss=None, options=None, variables=None, state=None, logged=None):
    weights = np.asarray(weights, dtype=float)
    CASES[name] = {
        "options": options or {},
        "variables": variables or {},
        "loss": float(L.sum() if loss is None else loss),
        "shared": (weights @ J).tolist(),
        "own": dict(zip(NAMES, (OWN * (np.ones(K) if own is None else own)).tolist())),
        "weights": dict(zip(NAMES, (weights if logged is None else np.asarray(logged)).tolist())),
        "state": state or {},
    }


def losses_case(name, weights, **more):
    """A weighting of losses: heads are weighted as shared parameters are."""
    weights = np.asarray(weights, dtype=float)
    case(name, weights, own=weights, loss=more.pop("loss", float(weights @ L)), **more)


def named(prefix, values):
    return {f"{prefix}.{name}": float(value) for name, value in zip(NAMES, values)}


def softmax(x):
    e = np.exp(np.asarray(x) - np.max(x))
    return e / e.sum()


losses_case("equal", np.ones(K))

# Uncertainty, by automatic differentiation of its loss in s.
s = torch.tensor([0.3, -0.5, 1.0], dtype=torch.float64, requires_grad=True)
factor = torch.stack([torch.exp(-s[k]) * (1.0 if CLASSES[k] else 0.5) for k in range(K)])
total = (factor * torch.tensor(L)).sum() + s.sum() / 2
(slope,) = torch.autograd.grad(total, s)
losses_case(
    "uncertainty",
    factor.detach().numpy(),
    loss=float(total.detach()),
    variables=named("weighting.log-variance", s.detach().numpy()),
    state=named("log-variance", slope.numpy()),
)

# GradNorm: K softmax(p), the paper's L1 loss in p with constant targets.
logits = torch.tensor([1.2, 0.7, 1.0], dtype=torch.float64, requires_grad=True)
first = np.array([40.0, 2.0, 30.0])
alpha = 0.7
w = K * torch.softmax(logits, 0)
norms = torch.tensor(np.sqrt(np.diag(G)))
ratio = torch.tensor(L / first)
target = ((w * norms).mean() * (ratio / ratio.mean()) ** alpha).detach()
(slope,) = torch.autograd.grad((w * norms - target).abs().sum(), logits)
losses_case(
    "gradnorm",
    w.detach().numpy(),
    options={"alpha": alpha},
    variables={
        **named("weighting.logit", logits.detach().numpy()),
        **named("weighting.first", first),
        **named("weighting.seen", np.ones(K)),
    },
    state={**named("logit", slope.numpy()), **named("first", first), **named("seen", np.ones(K))},
)

# DWA with the means of two windows, at the last batch of the third.
last, before = np.array([10.0, 3.0, 40.0]), np.array([12.0, 2.5, 80.0])
sums = np.array([20.0, 7.0, 100.0])
losses_case(
    "dwa",
    K * softmax(last / before / 2),
    options={"window": 3},
    variables={
        "weighting.batches": 2.0,
        **named("weighting.last", last),
        **named("weighting.before", before),
        **named("weighting.sum", sums),
        **named("weighting.count", np.full(K, 2.0)),
    },
    state={
        "batches": 0.0,
        **named("last", (sums + L) / 3),
        **named("before", last),
        **named("sum", np.zeros(K)),
        **named("count", np.zeros(K)),
    },
)

# FAMO: weights from xi, and the gradient of xi from the fall of the logarithms.
xi = np.array([0.3, -0.1, 0.0])
logs = np.array([2.5, 1.5, 3.0])
z = softmax(xi)
D = L + 1e-8
c = 1 / (z / D).sum()
slope = (np.diag(z) - np.outer(z, z)) @ (logs - np.log(D))
losses_case(
    "famo",
    c * z / D,
    variables={
        **named("weighting.logit", xi),
        **named("weighting.log", logs),
        **named("weighting.seen", np.ones(K)),
    },
    state={**named("logit", slope), **named("log", np.log(D)), **named("seen", np.ones(K))},
)

# PCGrad, literally, for every order in which each task may meet the others.
surgery = {}
for orders in itertools.product(*[list(itertools.permutations([j for j in range(K) if j != i])) for i in range(K)]):
    update = np.zeros(3)
    for i, order in enumerate(orders):
        g = J[i].copy()
        for j in order:
            if g @ J[j] < 0:
                g -= (g @ J[j]) / (J[j] @ J[j]) * J[j]
        update += g
    surgery[" ".join("".join(NAMES[j] for j in order) for order in orders)] = update.tolist()


def subsets():
    return [list(s) for n in range(1, K + 1) for s in itertools.combinations(range(K), n)]


# MGDA: the best feasible stationary point over all supports.
def shortest(gram):
    best = None
    for support in subsets():
        x = np.linalg.solve(gram[np.ix_(support, support)], np.ones(len(support)))
        x = x / x.sum()
        if (x >= 0).all():
            w = np.zeros(K)
            w[support] = x
            if best is None or w @ gram @ w < best @ gram @ best:
                best = w
    return best


case("mgda", shortest(G))
d = np.sqrt(np.diag(G))
case("mgda l2", shortest(G / np.outer(d, d)), options={"normalise": "l2"})
case("mgda loss", shortest(G / np.outer(L, L)), options={"normalise": "loss"})
case("mgda loss+", shortest(G / np.outer(d * L, d * L)), options={"normalise": "loss+"})


# CAGrad: moves of pairs, each by bisection of the derivative.
def cagrad(radius):
    u = np.full(K, 1 / K)
    bound = radius * np.sqrt(u @ G @ u)
    w = u.copy()
    for _ in range(500):
        for i, j in itertools.combinations(range(K), 2):
            whole = w[i] + w[j]

            def slope(x):
                v = w.copy()
                v[i], v[j] = x, whole - x
                image = G @ v
                return (G @ u)[i] - (G @ u)[j] + bound * (image[i] - image[j]) / np.sqrt(v @ image)

            low, high = 0.0, whole
            for _ in range(60):
                middle = (low + high) / 2
                low, high = (low, middle) if slope(middle) > 0 else (middle, high)
            w[i], w[j] = low, whole - low
    return u + bound / np.sqrt(w @ G @ w) * w


case("cagrad", cagrad(0.5) / 1.25)
case("cagrad none", cagrad(0.4), options={"c": 0.4, "rescale": "none"})
case("cagrad linear", cagrad(0.9) / 1.9, options={"c": 0.9, "rescale": "linear"})

# Nash-MTL by coordinates: a_k (G a)_k = 1.
a = 1 / d
for _ in range(5000):
    for k in range(K):
        rest = G[k] @ a - G[k, k] * a[k]
        a[k] = (-rest + math.sqrt(rest * rest + 4 * G[k, k])) / (2 * G[k, k])
case("nash-mtl", a / np.sqrt(K), own=a)
case("nash-mtl unclipped", a, own=a, options={"maxNorm": None})

# IMTL-G: equal products with all unit gradients, from differences of those.
U = J / d[:, None]
rows = np.stack([(U[0] - U[k]) @ J.T for k in (1, 2)] + [np.ones(K)])
case("imtl-g", np.linalg.solve(rows, np.array([0.0, 0.0, 1.0])))


# UPGrad: the projection of each gradient, by trying every set of bounds that hold with equality.
def projection(i):
    best = None
    e = np.eye(K)[i]
    for free in [[]] + subsets():
        fixed = [k for k in range(K) if k not in free]
        v = e.copy()
        if free:
            v[free] = np.linalg.solve(G[np.ix_(free, free)], -G[np.ix_(free, fixed)] @ e[fixed])
        if (v >= e - 1e-12).all() and (best is None or v @ G @ v < best @ G @ best):
            best = v
    return best


case("upgrad", sum(projection(i) for i in range(K)) / K)

tasks = [
    {"name": n, "scale": s, "centre": c, "likelihood": "classification" if k else "regression"}
    for n, s, c, k in zip(NAMES, SCALES, CENTRES, CLASSES)
]
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps({"tasks": tasks, "cases": CASES, "pcgrad": surgery}, indent=1) + "\n")
print(f"{path}: {len(CASES)} cases")
