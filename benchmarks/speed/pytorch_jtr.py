"""The JTR training step on SegNet in PyTorch: the peer of benchmarks/speed.

Written from the paper's equations 1 and 4-6 with the same network, losses, batch statistics and optimizer as Taskloom's step, in
two forms: `written` follows eq. 5 term by term, so the joint encoder runs once for the distance and once more on the detached
stacks; `shared` runs it once and separates the gradients by hand, which is the fewest operations PyTorch can be made to do.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F
from peer import options, serve


def unit(inputs, outputs):
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


class SegNet(nn.Module):
    def __init__(self, inputs, width, heads):
        super().__init__()
        f = [width, 2 * width, 4 * width, 8 * width, 8 * width]
        self.encoder_block = nn.ModuleList([unit(inputs if i == 0 else f[i - 1], f[i]) for i in range(5)])
        self.decoder_block = nn.ModuleList([unit(f[i], f[max(i - 1, 0)]) for i in range(5)])
        block = lambda i, n: unit(n, n) if i < 2 else nn.Sequential(unit(n, n), unit(n, n))
        self.conv_block_enc = nn.ModuleList([block(i, f[i]) for i in range(5)])
        self.conv_block_dec = nn.ModuleList([block(i, f[max(i - 1, 0)]) for i in range(5)])
        self.head = nn.ModuleDict(
            {n: nn.Sequential(nn.Conv2d(f[0], f[0], 3, padding=1), nn.Conv2d(f[0], c, 1)) for n, c in heads.items()}
        )

    def encode(self, x):
        indices = []
        for i in range(5):
            x = self.conv_block_enc[i](self.encoder_block[i](x))
            x, where = F.max_pool2d(x, 2, 2, return_indices=True)
            indices.append(where)
        return x, indices

    def decode(self, x, indices):
        for i in reversed(range(5)):
            x = self.conv_block_dec[i](self.decoder_block[i](F.max_unpool2d(x, indices[i], 2, 2)))
        return {name: head(x) for name, head in self.head.items()}


def masked_mean(x, valid):
    return (x * valid).sum((1, 2, 3)) / valid.sum((1, 2, 3)).clamp(min=1)


def unit_vectors(x):
    return x / (x.pow(2).sum(1, keepdim=True) + 1e-8).sqrt()


def cosine_loss(a, b, valid):
    return 1 - masked_mean((a * b).sum(1, keepdim=True), valid)


def supervised_losses(pred, batch):
    seg = -(F.log_softmax(pred["segmentation"], 1) * batch["onehot"]).sum(1, keepdim=True)
    return {
        "segmentation": masked_mean(seg, batch["segmentation.valid"]),
        "depth": masked_mean((pred["depth"] - batch["depth.label"]).abs(), batch["depth.valid"]),
        "normals": cosine_loss(pred["normals"], batch["normals.label"], batch["normals.valid"])
        * (batch["normals.valid"].sum((1, 2, 3)) > 0),
    }


TASKS = {"segmentation": 13, "depth": 1, "normals": 3}


class Step:
    def __init__(self, width, batch, form):
        self.form = form
        self.model = SegNet(3, width, TASKS)
        self.joint = SegNet(17, width, {"stack": 17})
        self.parameters = [*self.model.parameters(), *self.joint.parameters()]
        self.optimizer = torch.optim.Adam(self.parameters, lr=1e-4)
        self.batch = batch

    def reconstruction(self, output, stacks):
        out, want = output["stack"].split([13, 1, 3], 1), stacks.split([13, 1, 3], 1)
        seg = -(F.log_softmax(out[0], 1) * want[0]).sum(1).mean((1, 2))
        depth = (out[1] - want[1]).abs().mean((1, 2, 3))
        normals = 1 - (unit_vectors(out[2]) * want[2]).sum(1).mean((1, 2))
        return 2 * (seg + depth + normals).mean()

    def distance(self, latent):
        a, b = latent.chunk(2)
        norms = (a.pow(2).sum(1) + 1e-12).sqrt() * (b.pow(2).sum(1) + 1e-12).sqrt()
        return (1 - ((a * b).sum(1) / norms).mean((1, 2))).mean()

    def losses(self):
        b = self.batch
        pred = self.model.decode(*self.model.encode(b["image"]))
        pred["normals"] = unit_vectors(pred["normals"])
        losses = supervised_losses(pred, b)
        counts = sum(b[f"{t}.labelled"] for t in TASKS).clamp(min=1)
        supervised = sum((losses[t] * b[f"{t}.labelled"] / counts).mean() for t in TASKS)
        encoded = [pred["segmentation"].softmax(1), pred["depth"], pred["normals"]]
        labels = [b["onehot"], b["depth.label"], b["normals.label"]]
        valid = [b[f"{t}.valid"] for t in TASKS]
        target = [y * v + p * (1 - v) for p, y, v in zip(encoded, labels, valid)]
        return supervised, torch.cat([torch.cat(encoded, 1), torch.cat(target, 1)], 0)

    def run(self):
        self.optimizer.zero_grad(set_to_none=True)
        supervised, stacks = self.losses()
        if self.form == "written":
            latent, _ = self.joint.encode(stacks)
            fixed = stacks.detach()
            reconstruction = self.reconstruction(self.joint.decode(*self.joint.encode(fixed)), fixed)
            loss = supervised + 4 * self.distance(latent) + 2 * reconstruction
            loss.backward()
        else:
            leaf = stacks.detach().requires_grad_()
            latent, indices = self.joint.encode(leaf)
            distance = 4 * self.distance(latent)
            (to_stacks,) = torch.autograd.grad(distance, leaf, retain_graph=True)
            fixed = stacks.detach()
            joint = distance + 2 * self.reconstruction(self.joint.decode(latent, indices), fixed)
            joint.backward(inputs=list(self.joint.parameters()))
            torch.autograd.backward([supervised, stacks], [None, to_stacks])
            loss = supervised.detach() + joint.detach()
        self.optimizer.step()
        return loss.item()


def make_batch(size, height, width):
    torch.manual_seed(0)
    batch = {"image": torch.rand(size, 3, height, width)}
    for i, task in enumerate(TASKS):
        labelled = (torch.arange(size) % len(TASKS) == i).float()
        batch[f"{task}.labelled"] = labelled
        batch[f"{task}.valid"] = torch.ones(size, 1, height, width) * labelled[:, None, None, None]
    batch["onehot"] = F.one_hot(torch.randint(0, 13, (size, height, width)), 13).permute(0, 3, 1, 2).float()
    batch["depth.label"] = torch.rand(size, 1, height, width) * 8
    batch["normals.label"] = unit_vectors(torch.randn(size, 3, height, width))
    return batch


if __name__ == "__main__":
    args = options(64, ["written", "shared"], "written")
    step = Step(args.width, make_batch(args.batch, args.height, args.columns), args.form)
    serve(step)
