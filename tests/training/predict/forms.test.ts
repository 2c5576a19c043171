/** @file The further forms of predictions: overlays, label files, a dataset of them, a legend. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { decodeNpy } from "../../../src/data/files/npy.js";
import { decodePng } from "../../../src/data/files/png.js";
import { encodeImage, readImage } from "../../../src/data/files/raster.js";
import { openFolder } from "../../../src/data/folder.js";
import { writeLegend } from "../../../src/report/legend-page.js";
import { predictArguments, predictFiles } from "../../../src/training/predict/index.js";
import { scratchFolder, userError } from "../../helpers/folder.js";
import { pointwiseModel, waves } from "../../helpers/pointwise.js";

function photos(folder: string, ...names: string[]): string[] {
  return names.map((name, i) => {
    const path = join(folder, `${name}.png`);
    writeFileSync(path, encodeImage(waves(20 + 3 * i, 31 - 2 * i, i)));
    return path;
  });
}

test("overlays mix picture and photo; label files hold what arrays hold", async () => {
  const folder = scratchFolder();
  const [path] = photos(folder, "a");
  const scale = 0.001;
  const model = await pointwiseModel({ depthScale: scale });
  const out = join(folder, "out");
  const { written } = await predictFiles(model, [path], out, { overlay: true, labels: true });
  await model.release();
  const photo = await readImage(path);
  const area = photo.width * photo.height;
  for (const [task, files] of Object.entries(written[0].tasks)) {
    const [picture, over] = [files.picture, files.overlay!].map((each) =>
      decodePng(readFileSync(each), each),
    );
    expect(files.overlay).toBe(join(out, `a.${task}.overlay.png`));
    for (let i = 0; i < area; i += 7) {
      const [mixed, drawn, seen] = [over.data[3 * i], picture.data[3 * i], 255 * photo.data[i]];
      expect(Math.abs(mixed - (drawn + seen) / 2)).toBeLessThanOrEqual(1);
    }
  }
  const { depth } = written[0].tasks;
  const values = decodeNpy(readFileSync(depth.array!), depth.array!).data as Float32Array;
  const label = decodePng(readFileSync(depth.label!), depth.label!);
  expect(label.data).toBeInstanceOf(Uint16Array);
  for (let i = 0; i < area; i += 5) {
    // 0 is no depth: what lies behind the camera is none.
    if (values[i] > 0) expect(Math.abs(label.data[i] * scale - values[i])).toBeLessThanOrEqual(scale);
    else expect(label.data[i]).toBe(0);
  }
});

test("a dataset of predictions opens, with photos under a second name", async () => {
  const folder = scratchFolder();
  photos(folder, "a", "b");
  const model = await pointwiseModel();
  const dataset = join(folder, "pseudo");
  await predictArguments(model, [join(folder, "a.png"), join(folder, "b.png")], join(folder, "out"), {
    asDataset: dataset,
  });
  const { info, labelledTasks, read } = await openFolder(dataset);
  expect(info.splits).toEqual({ train: ["a", "b"] });
  const names = model.tasks.map(({ name }) => name);
  expect([...(await labelledTasks("train", "a"))].sort()).toEqual([...names].sort());
  const sample = await read("train", "b", names);
  expect([sample.height, sample.width]).toEqual([23, 29]);
  const again = await userError(() =>
    predictArguments(model, [join(folder, "a.png")], join(folder, "out"), { asDataset: dataset }),
  );
  expect(again.facts.where).toBe(dataset);
  const none = await userError(() =>
    predictArguments(model, [], join(folder, "out"), { asDataset: join(folder, "none") }),
  );
  expect(none.facts.code).toBe("predict.empty-dataset");
  const path = join(folder, "legend.html");
  await writeLegend(path, model.tasks);
  const text = readFileSync(path, "utf8");
  for (const { name } of model.tasks) expect(text).toContain(`<h2>${name}</h2>`);
  expect(readdirSync(folder)).toContain("legend.html");
  await model.release();
});
