/** @file The first hour, played on drawn rooms and on photos, at tiny sizes. */
import { copyFileSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join, parse } from "node:path";
import sharp from "sharp";
import { expect, it } from "vitest";
import { runCli } from "../cli/helpers.js";
import { scratchFolder } from "../helpers/folder.js";
import { realData } from "../helpers/real-data.js";

interface Play {
  readonly photos: string;
  readonly masks?: string;
  readonly depth?: string;
  readonly folder: string;
  readonly set: readonly string[];
  run(words: readonly string[]): Promise<string>;
}
interface Played {
  readonly events: readonly { readonly kind: string; readonly outcome?: string }[];
  readonly outputs: Readonly<Record<string, readonly number[]>>;
}

const TINY = ["data.size=[32, 32]", "model.width=2", "steps=2", "evaluation.every=2", "runtime.threads=1"];

async function play(photos: string, labels: Pick<Play, "masks" | "depth">, folder: string): Promise<Played> {
  const script = "../../scripts/first-hour.mjs";
  const { playFirstHour } = (await import(script)) as { playFirstHour(options: Play): Promise<Played> };
  const run = async (words: readonly string[]) => {
    const { code, stdout, stderr } = await runCli(words, folder);
    expect(code, `taskloom ${words.join(" ")}\n${stderr}`).toBe(0);
    return stdout;
  };
  return await playFirstHour({ photos, ...labels, folder, set: TINY, run });
}

function expectAll(folder: string, { events, outputs }: Played, tasks: readonly string[]): void {
  const kinds = new Set(events.map(({ kind }) => kind));
  for (const kind of ["prepared", "start", "step", "evaluation", "end"]) expect([...kinds]).toContain(kind);
  expect(events.at(-1)).toMatchObject({ kind: "end", outcome: "done" });
  for (const file of ["inspect.html", "evaluation.html", "run/report.html", "model.onnx", "model.json"]) {
    expect(existsSync(join(folder, file)), file).toBe(true);
  }
  const predictions = readdirSync(join(folder, "predictions"));
  expect(predictions).toContain("legend.html");
  for (const task of tasks) {
    expect(predictions.some((name) => name.endsWith(`.${task}.overlay.png`))).toBe(true);
    expect(outputs[task].slice(2)).toEqual([32, 32]);
  }
}

it("goes well on rooms, of which some lack a label", async () => {
  const folder = scratchFolder();
  const size = ["--train", "10", "--val", "0", "--test", "0", "--size", "32x48"];
  expect((await runCli(["data", "synth", "--out", "rooms", "--world", "rooms", ...size], folder)).code).toBe(
    0,
  );
  const from = (name: string) => join(folder, "rooms", "train", name);
  mkdirSync(join(folder, "masks"));
  for (const name of readdirSync(from("segmentation")).slice(0, 7)) {
    copyFileSync(join(from("segmentation"), name), join(folder, "masks", name));
  }
  const labels = { masks: join(folder, "masks"), depth: from("depth") };
  expectAll(folder, await play(from("image"), labels, folder), ["segmentation", "depth"]);
});

const camvid = realData("camvid");
it.skipIf(camvid === undefined)("goes well on photos", async () => {
  const folder = scratchFolder();
  // Small copies: every command reads the files at their own size.
  const copies = async (part: string) => {
    const [from, to] = [join(camvid!, part, "train"), join(folder, part)];
    mkdirSync(to);
    for (const name of readdirSync(from).sort().slice(0, 12)) {
      const small = sharp(join(from, name)).resize(96, 72, {
        kernel: part === "labels" ? "nearest" : "cubic",
      });
      const grey = part === "labels" ? small.toColourspace("b-w") : small;
      await grey.png().toFile(join(to, `${parse(name).name}.png`));
    }
    return to;
  };
  expectAll(folder, await play(await copies("images"), { masks: await copies("labels") }, folder), [
    "segmentation",
  ]);
});
