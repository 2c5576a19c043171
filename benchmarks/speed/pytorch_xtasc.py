"""The XTasC-Net training step (Nakano et al. 2021) in PyTorch: a peer of benchmarks/speed.

Segmentation and depth, one label an image, on the network and transfer networks that tests/golden/xtasc_net.py has for golden values, at another width; losses
are equations 11-15 with soft targets, as the paper has them. Two forms: `written`, with the decoders' 1x1 convolutions behind the last enlargement, and `early`,
with them before it, which is the same map for a quarter of the arithmetic.
"""

import pathlib
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden"))
import xtasc_net  # noqa: E402
from peer import options, serve  # noqa: E402

CLASSES, LAMBDA = 13, 0.01
TASKS = {"segmentation": CLASSES, "depth": 1}


class EarlyHead(xtasc_net.Decoder):
    """Its 1x1 convolution reads the last block's map and the result is enlarged."""

    def forward(self, maps):
        x = self.block0(maps[4])
        for k, skip in enumerate(maps[3::-1]):
            x = getattr(self, f"block{k + 1}")(torch.cat([xtasc_net.larger(x), skip], 1))
        return xtasc_net.larger(self.last(x))


class Step:
    def __init__(self, width, batch, height, columns, form):
        torch.manual_seed(0)
        xtasc_net.WIDTH, xtasc_net.HEADS = width, TASKS
        if form == "early":
            xtasc_net.Decoder = EarlyHead
        self.network = xtasc_net.XTasCNet()
        pairs = [(s, t) for s in TASKS for t in TASKS if s != t]
        self.transfer = nn.ModuleDict({f"{s}-{t}": xtasc_net.TransferNet(TASKS[s], TASKS[t], width, False) for s, t in pairs})
        self.pairs = pairs
        parameters = [*self.network.parameters(), *self.transfer.parameters()]
        self.parameters = sum(p.numel() for p in parameters)
        self.optimizer = torch.optim.Adam(parameters, lr=1e-4)
        self.image = torch.rand(batch, 3, height, columns)
        self.classes = torch.randint(0, CLASSES, (batch, height, columns))
        self.depth = torch.rand(batch, 1, height, columns)
        self.own = {"segmentation": torch.arange(batch) % 2 == 0, "depth": torch.arange(batch) % 2 == 1}

    def run(self):
        self.optimizer.zero_grad(set_to_none=True)
        direct = self.network(self.image)
        has = self.own["segmentation"]
        found = {"segmentation": F.cross_entropy(direct["segmentation"][has], self.classes[has])}
        has = self.own["depth"]
        found["depth"] = F.l1_loss(direct["depth"][has], self.depth[has])
        loss = sum((1 - LAMBDA) * value for value in found.values())
        for s, t in self.pairs:
            read = direct[s].softmax(1) if s == "segmentation" else direct[s]
            moved, target = self.transfer[f"{s}-{t}"](read), direct[t].detach()
            if t == "segmentation":
                loss = loss - LAMBDA * (target.softmax(1) * F.log_softmax(moved, 1)).sum(1).mean()
            else:
                loss = loss + LAMBDA * F.l1_loss(moved, target)
        loss.backward()
        self.optimizer.step()
        return loss.item()


if __name__ == "__main__":
    args = options(32, ["written", "early"], "early")
    step = Step(args.width, args.batch, args.height, args.columns, args.form)
    serve(step, parameters=step.parameters)
