// Boxes in a LiDAR sweep by an exported detector, in plain onnxruntime-node: no Taskloom.
//   taskloom export runs/first --out model.onnx   (writes model.json, too)
//   node detect.mjs model.onnx sweep.bin          (x forward, y left, z up, intensity: float32)
// Prints a JSON list of boxes of the sweep. It is for models of one sweep (`frames: 1`); of several, the
// earlier sweeps' pillars, moved to where the sensor stands now, follow in the rows after the present one's.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import ort from "onnxruntime-node";

/** Points, four numbers each, as the input [1, 10, pillars, points]: see docs/point-clouds.md. */
export function pillarsOf(cloud, { grid, pillars, points }) {
  const { x, y, z, cell } = grid;
  const [rows, columns] = [x, y].map(([from, to]) => Math.round((to - from) / cell));
  const input = new Float32Array(10 * pillars * points);
  const plane = pillars * points;
  const found = new Map();
  for (let at = 0; at + 4 <= cloud.length; at += 4) {
    const [px, py, pz, intensity] = cloud.subarray(at, at + 4);
    if (!Number.isFinite(px + py + pz + intensity) || pz < z[0] || pz >= z[1]) continue;
    const [ahead, left] = [Math.floor((px - x[0]) / cell), Math.floor((py - y[0]) / cell)];
    if (ahead < 0 || ahead >= rows || left < 0 || left >= columns) continue;
    const place = (rows - 1 - ahead) * columns + columns - 1 - left;
    let pillar = found.get(place);
    if (pillar === undefined) {
      if (found.size >= pillars) continue;
      const middle = [x[0] + (ahead + 0.5) * cell, y[0] + (left + 0.5) * cell];
      pillar = { row: found.size, count: 0, middle };
      found.set(place, pillar);
    }
    if (pillar.count >= points) continue;
    const to = pillar.row * points + pillar.count++;
    [px, py, pz, intensity].forEach((value, channel) => {
      input[channel * plane + to] = value;
    });
  }
  for (const [place, { row, count, middle }] of found) {
    const at = row * points;
    for (let axis = 0; axis < 3; axis++) {
      const own = input.subarray(axis * plane + at, axis * plane + at + count);
      const mean = own.reduce((sum, value) => sum + value, 0) / count;
      own.forEach((value, k) => {
        input[(4 + axis) * plane + at + k] = value - mean;
        if (axis < 2) input[(7 + axis) * plane + at + k] = value - middle[axis];
      });
    }
    input.fill(1 + place, 9 * plane + at, 9 * plane + at + points);
  }
  return input;
}

const wrapped = (angle) => angle - 2 * Math.PI * Math.floor((angle + Math.PI) / (2 * Math.PI));
/** 0 from 45 to 225 degrees, else 1. */
const directionOf = (yaw) => (wrapped(yaw - Math.PI / 4 - Math.PI) < 0 ? 0 : 1);

/** The boxes of an output [channels, rows * columns], the best first, several to a thing. */
export function boxesOf(output, { x, y, cell }, { detect, score: least }) {
  const [rows, columns] = [x, y].map(([from, to]) => Math.round((to - from) / cell));
  const classes = Object.entries(detect);
  const anchors = 2 * classes.length;
  const boxes = [];
  for (let place = 0; place < rows * columns; place++) {
    const at = (channel) => output[channel * rows * columns + place];
    for (let anchor = 0; anchor < anchors; anchor++) {
      const logits = classes.map((_, c) => at(anchor * classes.length + c));
      const detected = logits.indexOf(Math.max(...logits));
      const score = 1 / (1 + Math.exp(-logits[detected]));
      if (!(score >= least)) continue;
      const { size, z } = classes[Math.floor(anchor / 2)][1];
      const first = anchors * classes.length + 7 * anchor;
      const [dx, dy, dz, dl, dw, dh, turn] = [0, 1, 2, 3, 4, 5, 6].map((i) => at(first + i));
      const diagonal = Math.hypot(size[0], size[1]);
      const centre = [
        x[0] + (rows - 1 - Math.floor(place / columns) + 0.5) * cell + dx * diagonal,
        y[0] + (columns - 1 - (place % columns) + 0.5) * cell + dy * diagonal,
        z + dz * size[2],
      ];
      const [front, back] = [0, 1].map((i) => at(anchors * (classes.length + 7) + 2 * anchor + i));
      const yaw = (anchor % 2) * (Math.PI / 2) + turn;
      const direction = back > front ? 1 : 0;
      boxes.push({
        class: classes[detected][0],
        score,
        centre,
        size: [dl, dw, dh].map((value, i) => size[i] * Math.exp(value)),
        yaw: wrapped(directionOf(yaw) === direction ? yaw : yaw + Math.PI),
      });
    }
  }
  return boxes.sort((a, b) => b.score - a.score);
}

/** Of boxes of a class whose middles lie closer than half a width the best one. */
function suppressed(boxes) {
  const near = (a, b) =>
    Math.hypot(a.centre[0] - b.centre[0], a.centre[1] - b.centre[1]) < Math.min(a.size[1], b.size[1]) / 2;
  const kept = [];
  for (const box of boxes) {
    if (!kept.some((better) => better.class === box.class && near(better, box))) kept.push(box);
  }
  return kept;
}

export async function detect(modelFile, cloud) {
  const about = JSON.parse(await readFile(modelFile.replace(/\.onnx$/, ".json"), "utf8"));
  const { plan, shape, name } = about.input;
  const { name: task, spec } = about.outputs.find(({ kind }) => kind === "boxes3d");
  if (plan.frames !== 1 || shape[0] !== 1) throw new Error("this program is for one sweep at a time");
  const session = await ort.InferenceSession.create(modelFile);
  const input = new ort.Tensor("float32", pillarsOf(cloud, plan), shape);
  const outputs = await session.run({ [name]: input });
  return suppressed(boxesOf(outputs[task].data, plan.grid, spec));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [modelFile, sweepFile] = process.argv.slice(2);
  const bytes = await readFile(sweepFile);
  const cloud = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  console.log(JSON.stringify(await detect(modelFile, cloud), null, 1));
}
