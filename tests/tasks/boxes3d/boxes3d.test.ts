import { describe, expect, it } from "vitest";
import { listOf } from "../../../src/fields/list.js";
import { directionOf, encodeBox } from "../../../src/geometry/boxes/coding.js";
import { constant, gradients, input, mul, reduceSum } from "../../../src/graph/index.js";
import { nodeEngine } from "../../../src/runtime/engine.node.js";
import { evaluate } from "../../../src/runtime/evaluate.js";
import { anchorOf, boxChannels, detectedClasses } from "../../../src/tasks/boxes3d/channels.js";
import { detections } from "../../../src/tasks/boxes3d/decode.js";
import { labelledBoxes, ROW_LENGTH, rowOf } from "../../../src/tasks/boxes3d/rows.js";
import { boxes3d, parseTaskSpec, resolveTasks } from "../../../src/tasks/index.js";
import { boxesSpec, car, cellUnder as cellOf, DETECT, perfectPrediction } from "../../helpers/sweeps.js";

const AREA = 256;
const IMAGE = { id: "a", width: 16, height: 16 };

const CARS = [car(4.3, -3.2, 0.1), car(10.2, 2.4, 2.9), car(12, -5, -1.5)];

describe("detections", () => {
  it("are the boxes that residuals and directions stand for", () => {
    const spec = boxesSpec();
    const found = detections(perfectPrediction(CARS, spec, cellOf), spec);
    expect(found).toHaveLength(3);
    for (const box of CARS) {
      const near = found.find(
        ({ box: { centre } }) => Math.hypot(centre[0] - box.centre[0], centre[1] - box.centre[1]) < 0.01,
      )!;
      expect(near.class).toBe("vehicle");
      expect(near.score).toBeCloseTo(1 / (1 + Math.exp(-4)), 6);
      expect(near.box.yaw).toBeCloseTo(box.yaw, 5);
      box.size.forEach((length, i) => {
        expect(near.box.size[i]).toBeCloseTo(length, 5);
      });
    }
  });

  it("of boxes that overlap leave the best, and nothing below the least score", () => {
    const spec = boxesSpec();
    const both = perfectPrediction([CARS[0]], spec, cellOf);
    const twin = perfectPrediction([car(4.3, -3.2, 0.1)], spec, (box) => cellOf(box) - 16);
    twin.data.forEach((value, i) => {
      if (i < 2 * AREA ? value > 0 : value !== 0) both.data[i] = i < 2 * AREA ? 3 : value;
    });
    const found = detections(both, spec);
    expect(found.map(({ score }) => Number(score.toFixed(3)))).toEqual([0.982]);
    expect(detections(both, { ...spec, suppression: 1 })).toHaveLength(2);
    expect(detections(both, { ...spec, score: 0.97 })).toHaveLength(1);
  });

  it("say how each moved to earlier frames", () => {
    const spec = boxesSpec({ frames: 3 });
    const map = perfectPrediction([CARS[0]], spec, cellOf);
    const cell = cellOf(CARS[0]);
    [1, 2, 3, 4, 5, 6].forEach((value, i) => {
      map.data[(map.channels - 6 + i) * AREA + cell] = value;
    });
    expect(detections(map, spec)[0].flow).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });

  it("leave out boxes of no or endless size, and predictions that are no numbers", () => {
    const spec = boxesSpec();
    const map = perfectPrediction([CARS[0]], spec, cellOf);
    map.data[(2 + 3) * AREA + cellOf(CARS[0])] = 1e6;
    expect(detections(map, spec)).toEqual([]);
    expect(detections({ ...map, data: new Float32Array(map.data.length).fill(Number.NaN) }, spec)).toEqual(
      [],
    );
  });
});

describe("the task", () => {
  it("learns nothing more from a perfect prediction, and something from any other, by each part", async () => {
    const spec = boxesSpec({ frames: 1, most: 4, weights: { class: 0 } });
    const engine = await nodeEngine({ provider: "cpu", threads: 1 });
    const rows = CARS.slice(0, 1).map((box) => rowOf(box, { class: 0, frame: 0 }));
    const field = boxes3d.files.field!(spec);
    const shapes = field.arrays(1, { width: 16, height: 16 });
    const arrays = {
      ".label": new Float32Array(4 * ROW_LENGTH),
      ".valid": new Float32Array(4),
      ".labelled": new Float32Array(1),
    };
    field.write(listOf(ROW_LENGTH, rows), arrays, 0);
    const prediction = input("prediction", [1, boxChannels(spec), 16, 16]);
    const label = constant(arrays[".label"], shapes[".label"]);
    const loss = boxes3d.learning.loss(prediction, label, constant(arrays[".valid"], shapes[".valid"]), spec);
    const [gradient] = gradients(reduceSum(mul(loss, 1)), [prediction]);
    // Residuals at every anchor, as each would predict the box.
    const map = perfectPrediction(CARS.slice(0, 1), spec, cellOf);
    for (let cell = 0; cell < AREA; cell++) {
      for (const yaw of [0, 1]) {
        const anchor = anchorOf(spec)(detectedClasses(spec)[0], yaw, Math.floor(cell / 16), cell % 16);
        encodeBox(CARS[0], anchor).forEach((value, i) => {
          map.data[(2 + 7 * yaw + i) * AREA + cell] = value;
        });
        map.data[(16 + 2 * yaw + directionOf(CARS[0].yaw)) * AREA + cell] = 30;
      }
    }
    const at = async (data: Float32Array) => await evaluate(engine, { loss, gradient }, { prediction: data });
    const best = await at(map.data);
    expect(best.loss[0]).toBeLessThan(1e-6);
    const other = map.data.map((value, i) => (i >= 2 * AREA ? value + 0.2 : value));
    const worse = await at(other);
    expect(worse.loss[0]).toBeGreaterThan(0.1);
    expect(worse.gradient.every(Number.isFinite)).toBe(true);
  });

  it("measures perfect predictions as perfect, and headings that are turned as such", () => {
    const spec = boxesSpec();
    const label = listOf(
      ROW_LENGTH,
      CARS.map((box) => rowOf(box, { class: 0, frame: 0, points: 20 })),
    );
    const whole = expect.closeTo(100, 3);
    const best = boxes3d.metrics.accumulator(spec);
    best.update(perfectPrediction(CARS, spec, cellOf), label, IMAGE);
    expect(best.result()).toMatchObject({ ap: whole, aph: whole, apBev: whole, apTo30: whole });
    expect(best.result().apFrom50).toBeNaN();
    const turned = boxes3d.metrics.accumulator(spec);
    const around = CARS.map((box) => ({ ...box, yaw: box.yaw + Math.PI }));
    turned.update(perfectPrediction(around, spec, cellOf), label, IMAGE);
    expect(turned.result().ap).toBeCloseTo(100, 3);
    expect(turned.result().aph).toBeLessThan(1);
    const none = boxes3d.metrics.accumulator(spec);
    none.update(perfectPrediction([], spec, cellOf), label, IMAGE);
    expect(none.result().ap).toBe(0);
  });

  it("measures as KITTI does where labels and a camera say how boxes are seen", () => {
    const spec = boxesSpec({ things: ["Car", "Van"], detect: { Car: { ...DETECT.vehicle, of: ["Car"] } } });
    const view = {
      ...{ camera: { fx: 300, fy: 300, cx: 300, cy: 150 }, width: 601, height: 301 },
      toCamera: { rotation: [0, -1, 0, 0, 0, -1, 1, 0, 0], translation: [0, 0, 0] },
    } as const;
    const seen = (occlusion: number) => ({ imageHeight: 50, occlusion, truncation: 0 });
    // One car in full sight, one largely hidden, and a van, which is neither wanted nor wrong.
    const [easy, hard, van] = [car(5.3, 0.2, 0), car(12.2, 2.4, 0), car(10.2, -4.4, 0)];
    const label = listOf(ROW_LENGTH, [
      rowOf(easy, { class: 0, frame: 0, seen: seen(0) }),
      rowOf(hard, { class: 0, frame: 0, seen: seen(2) }),
      rowOf(van, { class: 1, frame: 0, seen: seen(0) }),
    ]);
    const measured = (found: ReturnType<typeof car>[], withView = true) => {
      const accumulator = boxes3d.metrics.accumulator(spec);
      const prediction = perfectPrediction(found, spec, cellOf);
      // Of fewer labels than recalls, KITTI's measure leaves some out.
      for (let i = 0; i < 90; i++) {
        accumulator.update(prediction, label, { ...IMAGE, ...(withView && { view }) });
      }
      return accumulator.result();
    };
    const all = expect.closeTo(100, 6);
    const found = measured([easy, hard, van]);
    expect(found).toMatchObject({ kittiEasy: all, kittiModerate: all, kittiHard: all, kittiBevHard: all });
    const { kittiEasy, kittiHard } = measured([easy]);
    expect([kittiEasy, kittiHard]).toEqual([all, expect.closeTo(50, 6)]);
    // A car that is not there counts where the camera would see it, and beside its picture it does not.
    expect(measured([easy, car(9.2, 2, 0)]).kittiEasy).toBeCloseTo(50, 6);
    expect(measured([easy, car(2.2, -6.5, 0)]).kittiEasy).toBeCloseTo(100, 6);
    expect(measured([easy], false).kittiEasy).toBeNaN();
  });

  it("takes labelled boxes of detected classes and of the frame alone", () => {
    const spec = boxesSpec({ frames: 2 });
    const rows = [
      rowOf(car(1, 1, 0), { class: 0, frame: 0, points: 3, level: 2 }),
      rowOf(car(1, 1, 0), { class: 1, frame: 0 }),
      rowOf(car(2, 1, 0), { class: 0, frame: 1 }),
    ];
    const found = labelledBoxes(listOf(ROW_LENGTH, rows), spec);
    expect(found).toEqual([{ class: "vehicle", box: car(1, 1, 0), points: 3, level: 2 }]);
    expect(labelledBoxes(listOf(ROW_LENGTH, rows), spec, 1)[0]).toEqual({
      class: "vehicle",
      box: car(2, 1, 0),
    });
  });

  it("reads back the rows that it writes, and refuses others", () => {
    const spec = boxesSpec();
    const label = listOf(
      ROW_LENGTH,
      CARS.map((box) => rowOf(box, { class: 0, frame: 0 })),
    );
    const again = boxes3d.files.decode(boxes3d.files.encode(label, spec), spec, "boxes.npy");
    expect(again).toEqual(label);
    const raster = { width: 1, height: 1, channels: 3, data: Float32Array.of(1, 2, 3) };
    expect(() => boxes3d.files.decode(raster, spec, "boxes.npy")).toThrow(
      /boxes.npy.*rows of boxes.*x, y, z/s,
    );
  });

  it("draws boxes where they are, forward up and left on the left", () => {
    const spec = boxesSpec();
    const { data, width, height } = boxes3d.drawing.label(
      listOf(ROW_LENGTH, [rowOf(car(12.3, 4.2, 0), { class: 0, frame: 0 })]),
      spec,
    );
    expect([height, width]).toEqual([16, 16]);
    const lit = Array.from({ length: 256 }, (_, i) => i).filter((i) => data[3 * i + 2] > 0);
    expect(lit.length).toBeGreaterThan(6);
    for (const i of lit) {
      expect(Math.floor(i / 16)).toBeLessThan(7);
      expect(i % 16).toBeLessThan(6);
    }
    const picture = boxes3d.drawing.prediction(perfectPrediction([car(12.3, 4.2, 0)], spec, cellOf), spec);
    expect(picture.data).toEqual(data);
  });

  it("takes how boxes are detected from a configuration, and names what is wrong with it", () => {
    const entry = { kind: "boxes3d", things: ["car"], detect: DETECT };
    const [task] = resolveTasks({ boxes: entry }, [{ name: "boxes", score: 0.3 }]);
    expect(task.spec).toMatchObject({ score: 0.3, frames: 1, most: 64 });
    const refused = (detect: unknown) => () => parseTaskSpec({ ...entry, detect }, "boxes");
    expect(refused({})).toThrow(/must name a class/);
    expect(refused({ vehicle: { ...DETECT.vehicle, of: ["tram"] } })).toThrow(
      /names tram, which is none of car/,
    );
    expect(refused({ vehicle: { ...DETECT.vehicle, negative: 0.9 } })).toThrow(/negative.*positive/);
  });

  it("says that boxes cannot stand where methods want maps", () => {
    const spec = boxesSpec();
    const prediction = input("p", [1, boxChannels(spec), 16, 16]);
    expect(() => boxes3d.learning.pseudoLabel(prediction, spec, 0.5)).toThrow(/boxes are lists/);
    expect(() => boxes3d.learning.moved(prediction, {} as never)).toThrow(/boxes are lists/);
  });
});
