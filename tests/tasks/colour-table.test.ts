import { describe, expect, test } from "vitest";
import { parseTaskSpec, segmentation } from "../../src/tasks/index.js";
import type { Raster } from "../../src/tasks/task.js";

const entry = {
  kind: "segmentation",
  classes: ["wall", "floor", "chair"],
  colours: { wall: [128, 0, 0], floor: "#008000", chair: [[0, 0, 128], "#FFffFF"], ignore: [0, 0, 0] },
};
const spec = segmentation.specSchema.parse(entry);

const rgb = (colours: readonly (readonly number[])[], channels = 3): Raster => ({
  width: colours.length,
  height: 1,
  channels,
  data: Uint8Array.from(colours.flat()),
});
const read = (raster: Raster, own = spec) => segmentation.files.decode(raster, own, "mask.png");
const PIXELS = [
  [128, 0, 0],
  [0, 128, 0],
  [0, 0, 128],
  [255, 255, 255],
  [0, 0, 0],
];

describe("colour-coded files", () => {
  test("hold a class for each colour, by triples, hexadecimal numbers and lists of them", () => {
    const label = read(rgb(PIXELS));
    expect([...label.data]).toEqual([0, 1, 2, 2, 0]);
    expect([...label.valid]).toEqual([1, 1, 1, 1, 0]);
  });

  test("may be RGBA, a palette, 16 bits, or grey where the colours are", () => {
    const expected = read(rgb(PIXELS));
    expect(
      read(
        rgb(
          PIXELS.map((each) => [...each, 255]),
          4,
        ),
      ),
    ).toEqual(expected);
    const palette = Uint8Array.from(PIXELS.flat());
    expect(read({ width: 5, height: 1, channels: 1, data: Uint8Array.of(0, 1, 2, 3, 4), palette })).toEqual(
      expected,
    );
    const wide = Uint16Array.from(PIXELS.flat(), (value) => 257 * value);
    expect(read({ width: 5, height: 1, channels: 3, data: wide })).toEqual(expected);
    const black = segmentation.specSchema.parse({
      kind: "segmentation",
      classes: ["ground", "thing"],
      colours: { ground: "#000000", thing: "#ffffff" },
    });
    const grey = { width: 2, height: 1, channels: 1, data: Uint8Array.of(255, 0) };
    expect([...read(grey, black).data]).toEqual([1, 0]);
    expect([...read({ ...grey, data: Uint8Array.of(1, 0), maximum: 1 }, black).data]).toEqual([1, 0]);
  });

  test("name unknown colours with their count and first place, the commonest first", () => {
    const odd = rgb([[1, 2, 3], ...PIXELS, [9, 9, 9], [9, 9, 9]]);
    expect(() => read(odd)).toThrow(
      "mask.png: 2 colours are not in the task's table (expected the colours under `colours`, got #090909 (2 pixels, " +
        "first at row 0, column 6), #010203 (1 pixels, first at row 0, column 0)). Name them in dataset.yaml under " +
        "their class or under `ignore`; smoothed borders must be exported without smoothing.",
    );
    const many = rgb(Array.from({ length: 40 }, (_, i) => [i + 1, 0, 0]));
    expect(() => read(many)).toThrow(/40 colours .* and 36 more/);
  });

  test("refuse what holds no colours: floats, 16 bits that are not 8 bits twice over, transparent pixels", () => {
    expect(() => read({ width: 1, height: 1, channels: 1, data: Float32Array.of(1) })).toThrow(
      "1 channel of float32",
    );
    expect(() => read({ width: 1, height: 1, channels: 3, data: Uint16Array.of(1, 2, 3) })).toThrow(
      "of uint16",
    );
    expect(() =>
      read(
        rgb(
          [
            [128, 0, 0, 255],
            [0, 0, 0, 7],
          ],
          4,
        ),
      ),
    ).toThrow("alpha 7 of 255 at row 0, column 1");
  });

  test("are written as class indices, by an entry without colours", () => {
    const label = read(rgb(PIXELS));
    const raster = segmentation.files.encode(label, spec);
    expect(raster).toEqual({ width: 5, height: 1, channels: 1, data: Uint8Array.of(0, 1, 2, 2, 255) });
    const written = segmentation.files.written!(spec);
    expect(written).toEqual({ kind: "segmentation", classes: spec.classes, ignore: 255 });
    expect(read(raster, written)).toEqual(label);
  });
});

describe("a colour table", () => {
  const fail = (colours: unknown) => () => parseTaskSpec({ ...entry, colours }, "dataset.yaml: seg");

  test("must give every class a colour, no colour to two, and know its classes", () => {
    const { wall, floor, chair } = entry.colours;
    expect(fail({ wall, floor })).toThrow(
      "dataset.yaml: seg.colours: `colours` has no colour for the class chair",
    );
    expect(fail({ wall, floor, chair, sofa: [1, 1, 1] })).toThrow(
      "names sofa, which is no class and not `ignore`",
    );
    expect(fail({ wall, floor, chair, ignore: "#800000" })).toThrow("#800000 stands for two classes");
    expect(fail({ wall, floor, chair: [1, 2, 256] })).toThrow("seg.colours.chair");
    expect(fail({ wall, floor, chair: "red" })).toThrow("seg.colours.chair");
  });
});

describe("files without a colour table", () => {
  const plain = segmentation.specSchema.parse({ kind: "segmentation", classes: entry.classes });

  test("hold class indices, also as grey RGB(A) and as palette indices whatever their colours", () => {
    const grey = (channels: number) =>
      rgb(
        [0, 2, 255].map((v) => [v, v, v, 255].slice(0, channels)),
        channels,
      );
    for (const channels of [3, 4]) expect([...read(grey(channels), plain).data]).toEqual([0, 2, 0]);
    const indices = { width: 2, height: 1, channels: 1, data: Uint8Array.of(2, 1) };
    expect([...read({ ...indices, palette: Uint8Array.of(9, 9, 9) }, plain).data]).toEqual([2, 1]);
    const pair = { width: 2, height: 1, channels: 2, data: Uint8Array.of(2, 255, 1, 255) };
    expect([...read(pair, plain).data]).toEqual([2, 1]);
  });

  test.each([Uint8Array, Int8Array, Uint16Array, Int16Array, Uint32Array, Int32Array, Float32Array])(
    "%o holds class indices",
    (Type) => {
      expect([...read({ width: 2, height: 1, channels: 1, data: Type.of(2, 1) }, plain).data]).toEqual([
        2, 1,
      ]);
    },
  );

  test("are told of the table where they are colour-coded", () => {
    expect(() => read(rgb(PIXELS), plain)).toThrow("give each class its colour in dataset.yaml: `colours:");
  });
});
