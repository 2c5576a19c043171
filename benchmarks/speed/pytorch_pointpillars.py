"""PointPillars on three sweeps with its flow head, in PyTorch: a peer of benchmarks/speed.

Network and loss as src/models/pointpillars and src/tasks/boxes3d have them, one class of boxes; pillars come from the loader,
and the parameters begin where ours do. Only pillars that are there go through the feature network; residuals, directions and
flows cost something at positive anchors alone, which are looked up. Two forms: maps in PyTorch's usual order of memory
(`plain`), or with the channels last (`channels_last`), as the scattered pillars lie.
"""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F
from peer import arrays, options, serve

FRAMES, CELL, LAYERS = 3, 0.4, (3, 5, 5)
# Cars as they are looked for in the world `streets`, and the number of their class.
SIZE, Z, POSITIVE, NEGATIVE, CAR = (4.6, 1.88, 1.6), -1.04, 0.55, 0.4, 2
YAWS = (0.0, math.pi / 2)
# Of the numbers of a labelled box.
YAW, CLASS, TRACK = 6, 7, 9


def norm(channels, kind=nn.BatchNorm2d):
    return kind(channels, eps=1e-3, momentum=0.01)


class PillarFeatures(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.linear, self.norm = nn.Linear(9, width, bias=False), norm(width, nn.BatchNorm1d)

    def forward(self, pillars):
        """[M,K,9] -> [M,width]; what grows may be done after the largest is taken."""
        count, points, channels = pillars.shape
        x = self.norm(self.linear(pillars.view(-1, channels)))
        return F.relu(x.view(count, points, -1).max(1)[0])


class Backbone(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.blocks, self.deblocks = nn.ModuleList(), nn.ModuleList()
        before, factor = width, 1
        for level, stride in enumerate((1, 2, 2)):
            channels, parts = width * 2**level, [nn.Identity()]
            for at in range(LAYERS[level] + 1):
                conv = nn.Conv2d(before, channels, 3, stride if at == 0 else 1, 1, bias=False)
                parts += [conv, norm(channels), nn.ReLU(inplace=True)]
                before = channels
            factor *= stride
            up = nn.ConvTranspose2d(channels, 2 * width, factor, factor, bias=False)
            self.blocks.append(nn.Sequential(*parts))
            self.deblocks.append(nn.Sequential(up, norm(2 * width), nn.ReLU(inplace=True)))

    def forward(self, x):
        ups = []
        for block, up in zip(self.blocks, self.deblocks):
            x = block(x)
            ups.append(up(x))
        return torch.cat(ups, 1)


class Network(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.vfe = nn.ModuleDict({"pfn_layers": nn.ModuleList([PillarFeatures(width)])})
        self.backbone_2d = Backbone(width)
        sizes = {"conv_cls": 2, "conv_box": 14, "conv_dir_cls": 4}
        heads = {name: nn.Conv2d(6 * width, n, 1) for name, n in sizes.items()}
        heads["flow"] = nn.Conv2d(6 * width * FRAMES, 3 * (FRAMES - 1), 1)
        self.head = nn.ModuleDict({"boxes": nn.ModuleDict(heads)})

    def forward(self, pillars, places, n, height, columns, channels_last):
        features = self.vfe["pfn_layers"][0](pillars)
        canvas = features.new_zeros(FRAMES * n * height * columns, features.shape[1])
        maps = canvas.index_copy(0, places, features).view(FRAMES * n, height, columns, -1).permute(0, 3, 1, 2)
        maps = self.backbone_2d(maps if channels_last else maps.contiguous())
        heads = self.head["boxes"]
        beside = torch.cat(maps.chunk(FRAMES), 1)
        return heads["conv_cls"](maps), heads["conv_box"](maps), heads["conv_dir_cls"](maps), heads["flow"](beside)


def wrapped(a):
    return (a + math.pi) % (2 * math.pi) - math.pi


def smooth(x):
    return F.smooth_l1_loss(x, torch.zeros_like(x), reduction="none", beta=1 / 9)


class Step:
    def __init__(self, width, batch, height, columns, form, start):
        given = arrays(start)
        self.size, self.n, self.last = (height, columns), batch, form == "channels_last"
        self.network = Network(width)
        own = {name: value for name, value in given.items() if not name.startswith("batch.")}
        missing = set(dict(self.network.named_parameters())) ^ set(own)
        assert not missing, f"parameters on one side only: {sorted(missing)}"
        self.network.load_state_dict(own, strict=False)
        if self.last:
            self.network = self.network.to(memory_format=torch.channels_last)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=1e-4)
        self.pillars, self.places = self.present(given["batch.sweep.pillars"])
        label, valid = (given[f"batch.boxes.{part}"][..., 0] for part in ("label", "valid"))
        # Frames before samples, as the maps of the network: [F*N,M,15] and [F*N,M].
        by_frame = lambda x: x.view(batch, x.shape[1], FRAMES, -1).permute(2, 0, 3, 1).flatten(0, 1)
        self.rows, self.valid = by_frame(label).contiguous(), by_frame(valid)[..., 0] > 0
        self.x = -CELL * (torch.arange(height) + 0.5 - height / 2)
        self.y = -CELL * (torch.arange(columns) + 0.5 - columns / 2)

    def present(self, padded):
        """The pillars that are there, [M,K,9], and the place of each in the maps of all frames and samples."""
        n, channels, _, points = padded.shape
        each = padded.view(n, channels, FRAMES, -1, points).permute(2, 0, 3, 4, 1)
        cells = each[..., 0, 9].long()
        first = torch.arange(FRAMES * n).view(FRAMES, n, 1) * (self.size[0] * self.size[1])
        there = cells > 0
        return each[there][..., :9].contiguous(), (first + cells - 1)[there]

    def targets(self):
        """Boxes that are looked for [F*N,M,15], and for each anchor [F*N,2,H,W] its box and whether it is positive, negative."""
        own = self.valid & (self.rows[..., CLASS] == CAR)
        most = max(1, int(own.sum(1).max()))
        order = own.int().argsort(dim=1, descending=True, stable=True)[:, :most]
        own = own.gather(1, order)[:, :, None, None, None]
        boxes = self.rows.gather(1, order[..., None].expand(-1, -1, self.rows.shape[2]))
        x, y, l, w, yaw = (boxes[:, :, i, None, None, None] for i in (0, 1, 3, 4, YAW))
        turn = yaw.abs()
        along = torch.minimum(turn, math.pi - turn) < math.pi / 4
        half_x, half_y = torch.where(along, l, w) / 2, torch.where(along, w, l) / 2
        reach = torch.tensor([SIZE[:2], SIZE[1::-1]]).view(2, 2, 1, 1) / 2

        def shared(middle, half, at, reach):
            return (torch.minimum(middle + half, at + reach) - torch.maximum(middle - half, at - reach)).clamp(min=0)

        both = shared(x, half_x, self.x[:, None], reach[:, 0]) * shared(y, half_y, self.y, reach[:, 1])
        overlaps = both / (4 * half_x * half_y + SIZE[0] * SIZE[1] - both) * own
        best = overlaps.amax((2, 3, 4), keepdim=True)
        forced = (overlaps >= (best * (1 - 1e-5)).clamp(min=1e-30)).any(1)
        overlap, truth = overlaps.max(1)
        positive = forced | (overlap >= POSITIVE)
        return boxes, truth, positive, (overlap < NEGATIVE) & ~positive

    def residuals(self, boxes, yaw, row, column):
        """Of boxes against their anchors, [P,7]."""
        place = torch.stack([self.x[row], self.y[column], torch.full_like(self.x[row], Z)], 1)
        size, diagonal = torch.tensor(SIZE), math.hypot(*SIZE[:2])
        offsets = (boxes[:, :3] - place) / torch.tensor([diagonal, diagonal, SIZE[2]])
        return torch.cat([offsets, (boxes[:, 3:6] / size).log(), wrapped(boxes[:, YAW] - torch.tensor(YAWS)[yaw])[:, None]], 1)

    def motion(self, boxes, sample):
        """Of boxes of the present frame to each earlier one: dx, dy, dyaw and whether they were there, [P,F-1,4]."""
        earlier = self.rows.view(FRAMES, self.n, -1, self.rows.shape[2])[1:, sample].transpose(0, 1)
        there = self.valid.view(FRAMES, self.n, -1)[1:, sample].transpose(0, 1)
        track = boxes[:, None, None, TRACK]
        same = (earlier[..., TRACK] == track) & (track >= 0) & there
        before = earlier.gather(2, same.int().argmax(2)[..., None, None].expand(-1, -1, 1, earlier.shape[3]))[:, :, 0]
        moved = before[..., [0, 1, YAW]] - boxes[:, None, [0, 1, YAW]]
        return torch.cat([moved[..., :2], wrapped(moved[..., 2:]), same.any(2, keepdim=True).float()], 2)

    def flow_loss(self, flow, motion, sample, row, column):
        """The mean over cells, frames and samples; positive anchors of one cell share it."""
        height, columns = self.size
        present = motion[..., 3]
        crowd = flow.new_zeros(self.n, height, columns, FRAMES - 1)
        crowd.index_put_((sample, row, column), present, accumulate=True)
        share = present / crowd[sample, row, column].clamp(min=1)
        predicted = flow.view(self.n, FRAMES - 1, 3, height, columns)[sample, :, :, row, column]
        sums = flow.new_zeros(2, self.n)
        costs = (smooth(predicted - motion[..., :3]).sum(2) * share).sum(1)
        sums = sums.index_add(1, sample, torch.stack([costs, share.sum(1)]))
        return (sums[0] / sums[1].clamp(min=1)).mean()

    def loss(self, scores, boxes, directions, flow):
        height, columns = self.size
        with torch.no_grad():
            rows, truth, positive, negative = self.targets()
            at, yaw, row, column = positive.nonzero(as_tuple=True)
            wanted = positive.float()
            counted = (positive | negative).float()
            matched = rows[at, truth[at, yaw, row, column]]
            residuals = self.residuals(matched, yaw, row, column)
            bins = (((matched[:, YAW] - math.pi / 4) % (2 * math.pi)) >= math.pi).long()
            weight = 1 / positive.sum((1, 2, 3)).clamp(min=1)
            now = at < self.n
            motion = self.motion(matched[now], at[now])
            alpha = 0.75 - 0.5 * wanted
        entropy = F.binary_cross_entropy_with_logits(scores, wanted, reduction="none")
        focal = (alpha * counted * (torch.sigmoid(scores) - wanted) ** 2 * entropy).sum((1, 2, 3))
        found = boxes.view(-1, 2, 7, height, columns)[at, yaw, :, row, column]
        difference = found - residuals
        difference = torch.cat([difference[:, :6], torch.sin(difference[:, 6:])], 1)
        turned = directions.view(-1, 2, 2, height, columns)[at, yaw, :, row, column]
        each = 2 * smooth(difference).sum(1) + 0.2 * F.cross_entropy(turned, bins, reduction="none")
        frames = (focal * weight).sum() + (each * weight[at]).sum()
        return frames / (FRAMES * self.n) + self.flow_loss(flow, motion, at[now], row[now], column[now])

    def run(self):
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss(*self.network(self.pillars, self.places, self.n, *self.size, self.last))
        loss.backward()
        self.optimizer.step()
        return loss.item()


if __name__ == "__main__":
    args = options(32, ["plain", "channels_last"], "plain")
    step = Step(args.width, args.batch, args.height, args.columns, args.form, args.start)
    serve(step, parameters=sum(each.numel() for each in step.network.parameters()))
