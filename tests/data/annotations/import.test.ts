/** @file Small files as the tools write them, and the real COCO file against masks of another program. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { importAnnotations } from "../../../src/data/annotations/import.js";
import { encodePng } from "../../../src/data/files/png.js";
import { readRaster } from "../../../src/data/files/raster.js";
import { openFolder } from "../../../src/data/folder.js";
import { noisePng, temporaryFolder, userError, writeFiles } from "../../helpers/dataset.js";
import { realData } from "../../helpers/real-data.js";

const IMAGE = noisePng(6, 4);
type Files = Record<string, string | Uint8Array>;
type Options = Partial<Parameters<typeof importAnnotations>[0]>;

async function imported(format: string, path: string, files: Files, options: Options = {}) {
  const root = await temporaryFolder();
  await writeFiles(root, files);
  const given = { ...options, ...(options.images && { images: join(root, options.images) }) };
  const out = join(root, "out");
  const shares = { train: 1, val: 0, test: 0 };
  const found = await importAnnotations({ format, path: join(root, path), out, shares, ...given });
  const { info, read } = await openFolder(out);
  const maps: Record<string, string[]> = {};
  for (const id of info.splits.train) {
    const { labels } = await read("train", id, ["segmentation"]);
    const map = labels.segmentation;
    if (map === undefined) continue;
    const signs = Array.from(map.data, (value, i) => (map.valid[i] === 1 ? String(value) : "x")).join("");
    maps[id] = Array.from({ length: map.height }, (_, y) => signs.slice(y * map.width, (y + 1) * map.width));
  }
  return { found, maps, classes: (info.tasks.segmentation as unknown as { classes: string[] }).classes };
}

const labelmeFile = (shapes: unknown[], more: object = {}) =>
  JSON.stringify({
    ...{ version: "5.5.0", flags: {}, shapes, imagePath: "a.png", imageData: null },
    ...{ imageHeight: 4, imageWidth: 6, ...more },
  });
const shape = (label: string, shape_type: string, points: number[][], more: object = {}) => ({
  ...{ label, points, group_id: null, description: "", shape_type, flags: {}, mask: null },
  ...more,
});

describe("labelme", () => {
  test("polygons and rectangles cover their border, later ones lie on top", async () => {
    const file = labelmeFile([
      shape("wall", "rectangle", [
        [3, 2],
        [0, 0],
      ]),
      shape("chair", "polygon", [
        [2, 1],
        [4, 1],
        [4, 3],
        [2, 3],
      ]),
    ]);
    const { maps, classes } = await imported("labelme", "p", { "p/a.png": IMAGE, "p/a.json": file });
    expect(classes).toEqual(["background", "chair", "wall"]);
    expect(maps.a).toEqual(["222200", "221110", "221110", "001110"]);
  });

  test("by centres, and with what nothing was drawn on ignored", async () => {
    const file = labelmeFile([
      shape("wall", "polygon", [
        [0, 0],
        [2, 0],
        [2, 2],
        [0, 2],
      ]),
      shape("x", "polygon", [
        [5, 3],
        [6, 3],
        [6, 4],
        [5, 4],
      ]),
    ]);
    const options = { rule: "centre", outside: "ignore" } as const;
    const { maps } = await imported("labelme", "p", { "p/a.png": IMAGE, "p/a.json": file }, options);
    expect(maps.a).toEqual(["00xxxx", "00xxxx", "xxxxxx", "xxxxx1"]);
  });

  test("masks lie in their box; circles, lines and points have an area; old files lack keys", async () => {
    const mask = encodePng({ width: 2, height: 2, channels: 1, data: Uint8Array.of(255, 0, 0, 255) });
    const file = labelmeFile([
      shape(
        "a",
        "mask",
        [
          [4, 2],
          [5, 3],
        ],
        { mask: Buffer.from(mask).toString("base64") },
      ),
      shape("b", "circle", [
        [1, 1],
        [1, 2],
      ]),
    ]);
    const { maps } = await imported("labelme", "p", { "p/a.png": IMAGE, "p/a.json": file });
    expect(maps.a[2].slice(4)).toBe("10");
    expect(maps.a[3].slice(4)).toBe("01");
    expect(maps.a[1].slice(0, 3)).toBe("222");
    const old = JSON.stringify({
      shapes: [
        {
          label: "a",
          points: [
            [0, 0],
            [1, 0],
            [1, 1],
          ],
        },
      ],
      imagePath: "..\\p\\a.png",
    });
    expect((await imported("labelme", "p", { "p/a.png": IMAGE, "p/a.json": old })).maps.a[0]).toBe("110000");
  });
});

test("labels that mean no thing are none", async () => {
  const square = (x: number) => [
    [x, 0],
    [x + 1, 0],
    [x + 1, 1],
    [x, 1],
  ];
  const file = labelmeFile([
    shape("wall", "polygon", square(0)),
    shape("_background_", "polygon", square(2)),
    shape("__ignore__", "polygon", square(4)),
  ]);
  const { maps, classes } = await imported("labelme", "p", { "p/a.png": IMAGE, "p/a.json": file });
  expect(classes).toEqual(["background", "wall"]);
  expect(maps.a[0]).toBe("1100xx");
});

const cocoFile = (annotations: object[]) =>
  JSON.stringify({
    images: [
      { id: 7, file_name: "a.png", width: 6, height: 4 },
      { id: 9, file_name: "gone.png", width: 6, height: 4 },
    ],
    annotations: annotations.map((each, i) => ({
      id: i,
      image_id: 7,
      iscrowd: 0,
      area: 1,
      bbox: [0, 0, 1, 1],
      ...each,
    })),
    categories: [
      { id: 90, name: "toothbrush" },
      { id: 3, name: "car" },
    ],
  });

test("coco: unions of rings, run lengths in both forms, crowds, gaps of ids, missing images", async () => {
  const file = cocoFile([
    {
      category_id: 3,
      segmentation: [
        [0, 0, 2, 0, 2, 1, 0, 1],
        [0, 3, 1, 3, 1, 4, 0, 4],
      ],
    },
    { category_id: 90, segmentation: { size: [4, 6], counts: [8, 2, 14] } },
    { category_id: 3, segmentation: { size: [4, 6], counts: "d04" }, iscrowd: 1 },
  ]);
  const { maps, classes, found } = await imported(
    "coco",
    "a.json",
    { "img/a.png": IMAGE, "a.json": file },
    { images: "img" },
  );
  expect(classes).toEqual(["background", "car", "toothbrush"]);
  expect(maps.a).toEqual(["11200x", "00200x", "00000x", "10000x"]);
  expect(found.remarks).toContainEqual("1 annotated image not found, e.g. gone.png");
});

test("cvat: z_order, masks row by row, turned boxes", async () => {
  const xml = `<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version><meta><task><name>x</name></task></meta>
<image id="0" name="sub/a.png" width="6" height="4">
  <box label="car" source="manual" occluded="0" xtl="0.00" ytl="0.00" xbr="3.00" ybr="2.00" z_order="1"/>
  <polygon label="road" occluded="0" points="0.00,0.00;6.00,0.00;6.00,4.00;0.00,4.00" z_order="0"></polygon>
  <mask label="car" rle="1, 4, 1" left="3" top="2" width="3" height="2" z_order="2"/>
  <tag label="sunny"/><points label="car" points="1,1"/>
</image></annotations>`;
  const { maps, classes } = await imported("cvat", "annotations.xml", {
    "a.png": IMAGE,
    "annotations.xml": xml,
  });
  expect(classes).toEqual(["background", "car", "road"]);
  expect(maps.a).toEqual(["111222", "111222", "222211", "222112"]);
  const turnedBox = xml.replace('ybr="2.00"', 'ybr="2.00" rotation="180.0"');
  expect((await imported("cvat", "a.xml", { "a.png": IMAGE, "a.xml": turnedBox })).maps.a).toEqual(maps.a);
});

test("label-studio: percent, brushes, the last annotation that was not cancelled", async () => {
  const result = (type: string, value: object) => ({
    ...{
      id: "r",
      type,
      from_name: "label",
      to_name: "image",
      original_width: 6,
      original_height: 4,
      image_rotation: 0,
    },
    value,
  });
  const polygon = {
    points: [
      [0, 0],
      [50, 0],
      [50, 50],
      [0, 50],
    ],
    polygonlabels: ["Car"],
  };
  const rectangle = { x: 50, y: 50, width: 50, height: 50, rotation: 0, rectanglelabels: ["Road"] };
  const old = {
    result: [result("rectanglelabels", { ...rectangle, rectanglelabels: ["Old"] })],
    was_cancelled: false,
  };
  const good = {
    result: [result("polygonlabels", polygon), result("rectanglelabels", rectangle), result("choices", {})],
    was_cancelled: false,
  };
  const file = JSON.stringify([
    {
      id: 1,
      data: { image: "/data/upload/1/0a1b2c3d-a.png" },
      annotations: [old, good, { result: [], was_cancelled: true }],
    },
    { id: 2, data: { image: "s3://x/b.png" }, annotations: [] },
  ]);
  const { maps } = await imported("label-studio", "x.json", {
    "a.png": IMAGE,
    "b.png": noisePng(6, 4, 3),
    "x.json": file,
  });
  expect(maps).toMatchObject({ a: ["111000", "111000", "000222", "000222"] });
  expect(Object.keys(maps)).toEqual(["a"]);
});

test("yolo-seg: shares, boxes, names as a map; no file means nothing", async () => {
  const files = {
    "d/data.yaml": "path: .\ntrain: images/train\nnames:\n  0: cup\n  1: plate\n",
    "d/images/train/a.png": IMAGE,
    "d/images/train/b.png": noisePng(6, 4, 3),
    "d/labels/train/a.txt": "1 0 0 0.5 0 0.5 0.5 0 0.5\n0 0.75 0.75 0.5 0.5\n",
  };
  const { maps, classes } = await imported("yolo-seg", "d", files);
  expect(classes).toEqual(["background", "cup", "plate"]);
  expect(Object.values(maps)).toEqual([
    ["222000", "222000", "000111", "000111"],
    ["000000", "000000", "000000", "000000"],
  ]);
});

describe("mistakes are one message that names the file", () => {
  test.each<[string, string, string, string, RegExp]>([
    ["labelme", "p", "p/a.json", "{", /a\.json: this is no JSON/],
    ["labelme", "p", "p/a.json", '{"shapes": []}', /a\.json: `imagePath`/],
    ["labelme", "p", "p/a.json", labelmeFile([shape("a", "star", [[0, 0]])]), /got star/],
    [
      "labelme",
      "p",
      "p/a.json",
      labelmeFile(
        [
          shape("a", "line", [
            [0, 0],
            [1, 1],
          ]),
        ],
        { imageWidth: 4, imageHeight: 6 },
      ),
      /expected 6x4 .* got 4x6.*--orientation stored/,
    ],
    [
      "coco",
      "p/a.json",
      "p/a.json",
      cocoFile([{ category_id: 4, segmentation: [] }]),
      /annotation 0: .*category.*got 4/,
    ],
    [
      "coco",
      "p/a.json",
      "p/a.json",
      cocoFile([{ category_id: 3, segmentation: { size: [4, 6], counts: [3] } }]),
      /do not make up a mask of 6x4/,
    ],
    [
      "coco",
      "p/a.json",
      "p/a.json",
      cocoFile([{ category_id: 3, segmentation: [[1, 2, 3]] }]),
      /at least three points/,
    ],
    ["cvat", "p/a.xml", "p/a.xml", "<annotations><image", /a\.xml: this is no sound XML/],
    ["cvat", "p/a.xml", "p/a.xml", "<annotations><track/></annotations>", /export for videos/],
    [
      "cvat",
      "p/a.xml",
      "p/a.xml",
      '<a><image name="a.png" width="6" height="4"><box label="x" xtl="1"/></image></a>',
      /`ytl` is no number/,
    ],
    [
      "label-studio",
      "p/a.json",
      "p/a.json",
      '[{"data": {}, "annotations": [{"result": []}]}]',
      /task 0: the task names no image/,
    ],
    ["yolo-seg", "p", "p/labels/a.txt", "5 0 0 1 0 1 1", /a\.txt:1: .*no class of this number.*got 5/],
    ["yolo-seg", "p", "p/labels/a.txt", "0 0 0 1", /at least three points/],
  ])("%s %s", async (format, path, file, text, message) => {
    const files = { "p/a.png": IMAGE, "p/data.yaml": "names: [a, b]", [file]: text };
    const error = await userError(() => imported(format, path, files, { images: "p" }));
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain("\n");
  });

  test("images that are not there; an unknown tool", async () => {
    const files = { "p/b.png": IMAGE, "a.json": cocoFile([]) };
    const error = await userError(() => imported("coco", "a.json", files, { images: "p" }));
    expect(error.facts).toMatchObject({ code: "data.missing-file", expected: "a.png" });
    const unknown = await userError(() => imported("labelmee", "p", files));
    expect(unknown.facts).toMatchObject({ code: "data.unknown-tool", fix: "Did you mean labelme?" });
  });
});

const voc = realData("pascal-voc");
test.skipIf(voc === undefined)(
  "the real COCO file gives the masks that its polygons were drawn as",
  async () => {
    const out = join(await temporaryFolder(), "out");
    const path = join(voc!, "coco", "annotations.json");
    await importAnnotations({
      format: "coco",
      path,
      out,
      rule: "border",
      shares: { train: 1, val: 0, test: 0 },
    });
    const { info, read } = await openFolder(out);
    const { classes } = info.tasks.segmentation as unknown as { classes: string[] };
    for (const id of info.splits.train) {
      const { labels } = await read("train", id, ["segmentation"]);
      const stem = id.slice(id.lastIndexOf("__") + 2);
      const truth = await readRaster(join(voc!, "voc", "SegmentationClass", `${stem}.png`));
      let same = 0;
      labels.segmentation.data.forEach((value, i) => {
        const drawn = labels.segmentation.valid[i] === 1 ? classes[value] : "";
        const known = truth.data[i] !== 0 && truth.data[i] !== 255;
        same += Number(
          known ===
            (drawn !== "background" &&
              drawn !== "__background__" &&
              drawn !== "_background_" &&
              drawn !== ""),
        );
      });
      expect(same / truth.data.length).toBeGreaterThan(0.97);
    }
  },
);
