import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UserError } from "../../src/common/errors.js";
import { parseDatasetYaml } from "../../src/data/dataset-yaml.js";
import { openFolder, writeDatasetYaml, writeSample, writeSequences } from "../../src/data/folder.js";
import { parseSequences } from "../../src/data/sequences.js";
import {
  greyPng,
  noisePng,
  TINY_YAML,
  temporaryFolder,
  tinyFolder,
  userError,
  writeFiles,
} from "../helpers/dataset.js";

describe("openFolder", () => {
  it("finds ids by listing and reads images, labels and camera", async () => {
    const root = await tinyFolder();
    const dataset = await openFolder(root);
    expect(dataset.info.splits).toEqual({
      train: ["train00", "train01", "train02", "train03", "train04", "train05"],
      val: ["val00", "val01"],
    });
    const sample = await dataset.read("train", "train00", ["segmentation", "depth", "normals"]);
    expect([sample.width, sample.height, sample.image.length]).toEqual([8, 6, 144]);
    expect(sample.camera).toEqual({ fx: 10, fy: 12, cx: 3.5, cy: 2.5 });
    expect(new Set(sample.labels.depth.data)).toEqual(new Set([0, 1, 2.5]));
    expect(sample.labels.normals.data[0]).toBeCloseTo(0.6);
    expect(sample.labels.normals.data[2 * 48]).toBeCloseTo(-0.8);
    const { segmentation } = sample.labels;
    expect(segmentation.valid).toContain(0);
    expect(Math.max(...segmentation.data)).toBe(2);
  });

  it("takes a missing label file as not labelled and reads only the tasks asked for", async () => {
    const root = await tinyFolder();
    await rm(join(root, "train/depth/train03.png"));
    const dataset = await openFolder(root);
    expect(await dataset.labelledTasks("train", "train03")).toEqual(["segmentation", "normals"]);
    expect(await dataset.labelledTasks("train", "train02")).toEqual(["segmentation", "depth", "normals"]);
    const sample = await dataset.read("train", "train03", ["depth", "normals"]);
    expect(Object.keys(sample.labels)).toEqual(["normals"]);
  });

  it("follows any layout, also one with a folder a sample", async () => {
    const root = await temporaryFolder();
    await writeFiles(root, {
      "dataset.yaml": 'name: x\nlayout: "{split}/scene-{id}/{task}"\ntasks: {depth: {kind: depth}}\n',
      "train/scene-7/image.jpg.png": noisePng(1, 1),
      "train/scene-7/image.png": noisePng(2, 1),
      "train/scene-7/depth.png": greyPng(2, [0, 1500], 16),
      "train/scene-8/image.png": noisePng(2, 1),
      "train/other/image.png": noisePng(2, 1),
    });
    const dataset = await openFolder(root);
    expect(dataset.info.splits).toEqual({ train: ["7", "8"] });
    expect(await dataset.labelledTasks("train", "8")).toEqual([]);
    expect((await dataset.read("train", "7", ["depth"])).labels.depth.data).toEqual(Float32Array.of(0, 1.5));
  });

  it("names a label of another size, a class out of range, a cut file, a wrong name", async () => {
    const root = await tinyFolder();
    await writeFiles(root, {
      "train/depth/train00.png": greyPng(4, new Array(12).fill(9), 16),
      "train/segmentation/train01.png": greyPng(8, [7, ...new Array(47).fill(0)]),
      "train/segmentation/train02.png": greyPng(8, new Array(48).fill(0)).subarray(0, 50),
    });
    const dataset = await openFolder(root);
    const size = await userError(() => dataset.read("train", "train00", ["depth"]));
    expect(size.facts).toMatchObject({
      code: "data.label-size",
      where: join(root, "train/depth/train00.png"),
      expected: `8x6 as in ${join(root, "train/image/train00.png")}`,
      got: "4x3",
    });
    const range = await userError(() => dataset.read("train", "train01", ["segmentation"]));
    expect(range.facts).toMatchObject({
      code: "label.class-out-of-range",
      where: join(root, "train/segmentation/train01.png"),
      got: "7 at row 0, column 0",
    });
    const cut = await userError(() => dataset.read("train", "train02", ["segmentation"]));
    expect(cut.facts).toMatchObject({
      code: "data.truncated-png",
      where: join(root, "train/segmentation/train02.png"),
    });
    const id = await userError(() => dataset.read("train", "train9", []));
    expect(id.facts).toMatchObject({ code: "data.unknown-id", fix: "Did you mean train00?" });
    expect((await userError(() => dataset.read("tests", "x", []))).facts.code).toBe("data.unknown-split");
    const task = await userError(() => dataset.read("train", "train03", ["deph"]));
    expect(task.facts).toMatchObject({ code: "data.unknown-task", fix: "Did you mean depth?" });
  });

  it("gives an all-invalid label where a depth file has no valid pixel", async () => {
    const root = await tinyFolder();
    await writeFiles(root, { "train/depth/train00.png": greyPng(8, new Array(48).fill(0), 16) });
    const { labels } = await (await openFolder(root)).read("train", "train00", ["depth"]);
    expect(labels.depth.valid).toEqual(new Uint8Array(48));
    expect(labels.depth.data).toEqual(new Float32Array(48));
  });

  it("says what is missing: folder, dataset.yaml, images of a split; and which file is there twice", async () => {
    const none = await userError(() => openFolder("/no/such/place"));
    expect(none.facts).toMatchObject({ code: "data.missing-folder", where: "/no/such/place" });
    const bare = await temporaryFolder();
    expect((await userError(() => openFolder(bare))).facts).toMatchObject({
      code: "data.no-dataset-yaml",
      where: bare,
    });
    await writeFile(join(bare, "dataset.yaml"), TINY_YAML);
    const empty = await userError(() => openFolder(bare));
    expect(empty.facts).toMatchObject({ code: "data.empty-split", where: join(bare, "train/image/{id}") });
    const root = await tinyFolder();
    await writeFiles(root, { "train/image/train00.jpg": "x" });
    expect((await userError(() => openFolder(root))).facts.code).toBe("data.ambiguous-file");
  });
});

describe("dataset.yaml", () => {
  const fail = (text: string) => userError(() => parseDatasetYaml(text, "d.yaml"));

  it("gives defaults to what is left out", () => {
    const { layout, splits, tasks } = parseDatasetYaml("name: x\ntasks:\n  d: {kind: depth}\n", "d.yaml");
    expect({ layout, splits }).toEqual({ layout: "{split}/{task}/{id}", splits: ["train"] });
    expect(tasks.d).toMatchObject({ kind: "depth", scale: 0.001, invalid: 0 });
  });

  it("points at line and column, with a suggestion for misspelt keys", async () => {
    const key = await fail("name: x\nspilts: [train]\ntasks: {}\n");
    expect(key.message).toBe(
      "d.yaml:2:1: unknown key (expected one of name, layout, splits, tasks, sequences, extras, sweeps, orientation, camera, got spilts). Did you mean splits?",
    );
    const camera = await fail("name: x\ntasks: {}\ncamera:\n  fx: 1\n  fy: 1\n  cx: 1\n  cz: 1\n");
    expect(camera.facts.where).toBe("d.yaml:7:3");
    const syntax = await fail("name: [x\ntasks: {}\n");
    expect(syntax.facts).toMatchObject({ code: "data.yaml-syntax" });
    expect(syntax.facts.where).toMatch(/^d\.yaml:\d+:\d+$/);
    const kind = await fail("name: x\ntasks:\n  s: {kind: segmentatoin, classes: [a, b]}\n");
    expect(kind.message).toContain("d.yaml:3:6: s");
    expect(kind.message).toContain("Did you mean segmentation?");
    const focal = await fail("name: x\ntasks: {}\ncamera: {fx: -1, fy: 1, cx: 0, cy: 0}\n");
    expect(focal.facts.where).toBe("d.yaml:3:14");
  });

  it("refuses layouts and names that leave the folder or mix splits", async () => {
    for (const layout of [
      "../{task}/{id}",
      "{task}/x",
      "{task}/{id}/{id}",
      "{split}/{id}",
      "{task}/{name}/{id}",
      "/{task}/{id}",
    ]) {
      expect((await fail(`name: x\nlayout: "${layout}"\ntasks: {}\n`)).facts.where).toBe("d.yaml:2:9");
    }
    expect((await fail("name: x\nsplits: [a/b]\ntasks: {}\n")).message).toContain("must not hold a slash");
    expect((await fail("name: x\nsplits: [a, a]\ntasks: {}\n")).facts.code).toBe("data.bad-splits");
    const read = await fail("name: x\ntasks: {depth: {kind: depth}}\nextras: [boxes, depth]\n");
    expect([read.facts.code, read.facts.got]).toEqual(["data.bad-yaml", "depth"]);
    expect(read.facts.where).toBe("d.yaml:3:9");
    expect((await fail('name: x\nlayout: "{task}/{id}"\nsplits: [a, b]\ntasks: {}\n')).facts.code).toBe(
      "data.bad-splits",
    );
    expect((await fail("name: x\ntasks: {image: {kind: depth}}\n")).message).toContain("not a task");
  });

  it("throws nothing but UserError on random and on mutated text", () => {
    const mutated = fc
      .tuple(fc.nat(TINY_YAML.length), fc.nat(12), fc.string({ maxLength: 12 }))
      .map(([at, drop, text]) => TINY_YAML.slice(0, at) + text + TINY_YAML.slice(at + drop));
    const aliases = `a: &a [x, x]\n${"bcdefghijkl".replace(/./g, (c) => {
      const before = String.fromCharCode(c.charCodeAt(0) - 1);
      return `${c}: &${c} [${`*${before}, `.repeat(20)}]\n`;
    })}`;
    fc.assert(
      fc.property(fc.oneof(mutated, fc.string({ maxLength: 200 }), fc.constant(aliases)), (text) => {
        try {
          parseDatasetYaml(text, "fuzz.yaml");
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("sequences.json", () => {
  it("is read and checked against the ids", async () => {
    const root = await tinyFolder();
    await writeFile(join(root, "dataset.yaml"), `${TINY_YAML}sequences: order.json\n`);
    const description = parseDatasetYaml(`${TINY_YAML}sequences: order.json\n`, "x");
    const sequences = { train: [{ frames: ["train01", "train00"], timestamps: [0, 0.5] }] };
    await writeSequences(root, description, sequences);
    expect((await openFolder(root)).info.sequences).toEqual(sequences);
    await writeSequences(root, description, { train: [{ frames: ["train77"] }] });
    expect((await userError(() => openFolder(root))).message).toContain(
      'split train has no sample "train77"',
    );
    await rm(join(root, "order.json"));
    expect((await userError(() => openFolder(root))).facts.code).toBe("data.missing-file");
  });

  it("throws nothing but UserError on other text", async () => {
    for (const text of [
      "",
      "[]",
      '{"train": 3}',
      '{"train": [{"frames": ["a"], "timestamps": []}]}',
      '{"x": [{"frames": ["a"]}]}',
      '{"train": [{"frames": ["a"], "poses": []}]}',
      '{"train": [{"frames": ["a"], "poses": [[1, 0, 0, 0]]}]}',
      '{"train": [{"frames": ["a"], "poses": [[1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0]]}]}',
      '{"train": [{"frames": ["a"], "poses": [[-1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]]}]}',
    ]) {
      await userError(() => parseSequences(text, { train: ["a"] }, "s.json"));
    }
  });
});

describe("writing", () => {
  it("gives back the same samples", async () => {
    const from = await openFolder(await tinyFolder());
    const root = await temporaryFolder();
    const tasks = Object.keys(from.info.tasks);
    await writeDatasetYaml(root, from.description);
    for (const [split, ids] of Object.entries(from.info.splits)) {
      for (const id of ids)
        await writeSample(root, from.description, split, await from.read(split, id, tasks));
    }
    const back = await openFolder(root);
    expect(back.info).toEqual(from.info);
    const [before, after] = [await from.read("val", "val01", tasks), await back.read("val", "val01", tasks)];
    expect(after.image).toEqual(before.image);
    expect(after.labels.segmentation).toEqual(before.labels.segmentation);
    expect(after.labels.depth).toEqual(before.labels.depth);
    expect(after.labels.normals.data[0]).toBeCloseTo(before.labels.normals.data[0], 2);
    expect(after.camera).toEqual(before.camera);
  });

  it("keeps ids with signs that patterns treat specially", async () => {
    const root = await temporaryFolder();
    const description = parseDatasetYaml(TINY_YAML.replace("[train, val]", "[train]"), "x");
    await writeDatasetYaml(root, description);
    const image = Float32Array.of(0, 1, 0.2);
    await writeSample(root, description, "train", {
      id: "a$&{id}.b",
      width: 1,
      height: 1,
      image,
      labels: {},
    });
    const dataset = await openFolder(root);
    expect(dataset.info.splits.train).toEqual(["a$&{id}.b"]);
    expect((await dataset.read("train", "a$&{id}.b", [])).image).toEqual(image);
  });
});
