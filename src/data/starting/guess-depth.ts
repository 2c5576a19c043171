/** @file In what unit depth is stored, guessed from its values. */
import { UserError } from "../../common/errors.js";
import type { TaskSpec } from "../../tasks/task.js";
import { readRaster } from "../files/raster.js";
import type { Guess } from "./guess-masks.js";

/** Files that are looked at, evenly over all. */
const MOST_FILES = 50;

/** Metres of a step by convention, the most common first, with the median depths that speak for it. */
const UNITS = [
  { scale: 0.001, name: "millimetres", from: 0.2, to: 20 },
  { scale: 1 / 256, name: "1/256 m, as KITTI has it", from: 2, to: 100 },
  { scale: 1 / 5000, name: "1/5000 m, as TUM has it", from: 0.2, to: 13 },
  { scale: 0.01, name: "centimetres", from: 0.2, to: 100 },
] as const;

async function positiveValues(files: readonly string[]): Promise<{ values: number[]; bits: number }> {
  const values: number[] = [];
  let bits = 0;
  const step = Math.ceil(files.length / MOST_FILES);
  for (const file of files.filter((_, i) => i % step === 0)) {
    const { data, channels } = await readRaster(file);
    if (channels !== 1) {
      throw new UserError({
        code: "data.no-depth",
        what: "this is a picture of depth, not depth",
        where: file,
        expected: "1 channel",
        got: String(channels),
        fix: "Export depth as 16-bit PNG or as floats.",
      });
    }
    bits = Math.max(bits, data instanceof Float32Array ? 0 : 8 * data.BYTES_PER_ELEMENT);
    const every = Math.max(1, Math.floor(data.length / 2000));
    for (let i = 0; i < data.length; i += every)
      if (data[i] > 0 && Number.isFinite(data[i])) values.push(data[i]);
  }
  return { values: values.sort((a, b) => a - b), bits };
}

/** The dataset's entry for depth. Throws UserError where the files hold none. */
export async function guessDepth(folder: string, files: readonly string[]): Promise<Guess> {
  const { values, bits } = await positiveValues(files);
  const middle = values[Math.floor(values.length / 2)];
  if (middle === undefined) {
    const what = "no pixel of the depth files has a depth";
    throw new UserError({ code: "data.no-depth", what, where: folder });
  }
  if (bits === 0) {
    const reasons = [`depth is floats: metres; the median is ${middle.toPrecision(3)} m`];
    return { spec: { kind: "depth" }, reasons };
  }
  if (bits === 8) {
    const scale = 10 / 255;
    const reasons = ["depth has 8 bits, usually a picture of depth: 255 is taken as 10 m; correct `scale`"];
    return { spec: { kind: "depth", scale } as TaskSpec, reasons };
  }
  const fits = ({ scale, from, to }: (typeof UNITS)[number]) =>
    middle * scale >= from && middle * scale <= to;
  const unit = UNITS.find(fits) ?? UNITS[0];
  const others = UNITS.filter((each) => each !== unit && fits(each)).map(({ name }) => name);
  const doubt = others.length === 0 ? "" : `; correct \`scale\` where it is ${others.join(" or ")}`;
  const reasons = [
    `depth is taken as ${unit.name}: the median is then ${(middle * unit.scale).toPrecision(3)} m${doubt}`,
  ];
  return { spec: { kind: "depth", scale: unit.scale } as TaskSpec, reasons };
}
