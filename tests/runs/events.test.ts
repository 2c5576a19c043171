import { appendFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crc32c, frameRecord, recordAt } from "../../src/common/tfrecord.js";
import { tensorBoardRecorder } from "../../src/runs/events.js";
import { scratchFolder, userError } from "../helpers/folder.js";

type Fields = { number: number; value: number | Buffer }[];

/**
 * Protocol-buffer fields read by hand, so that writer and reader share no code: varints, 4 and 8 bytes as
 * floats, the rest as bytes.
 */
function fields(bytes: Buffer): Fields {
  const found: Fields = [];
  let position = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[position++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  while (position < bytes.length) {
    const tag = varint();
    const number = tag >> 3;
    const taken = (length: number): number => {
      position += length;
      return position - length;
    };
    const read: Record<number, () => number | Buffer> = {
      0: varint,
      1: () => bytes.readDoubleLE(taken(8)),
      2: () => {
        const length = varint();
        const start = taken(length);
        return bytes.subarray(start, position);
      },
      5: () => bytes.readFloatLE(taken(4)),
    };
    found.push({ number, value: read[tag & 7]() });
  }
  return found;
}

const field = (bytes: number | Buffer | undefined, number: number) =>
  fields(bytes as Buffer).find((each) => each.number === number)?.value;

/** The data of each record, by lengths alone. */
function events(path: string): Buffer[] {
  const bytes = readFileSync(path);
  const found: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const length = Number(bytes.readBigUint64LE(start));
    found.push(bytes.subarray(start + 12, start + 12 + length));
    start += length + 16;
  }
  return found;
}

const stepsOf = (path: string) => events(path).map((event) => field(event, 2));
const valuesOf = (event: Buffer) =>
  fields(field(event, 5) as Buffer).map(({ value }) => [`${field(value, 1)}`, value as Buffer] as const);
const file = (folder: string) => join(folder, readdirSync(folder)[0]);

describe("TFRecord", () => {
  // RFC 3720, B.4, and the customary check value.
  it.each([
    ["zeros", new Uint8Array(32), 0x8a9136aa],
    ["ones", new Uint8Array(32).fill(255), 0x62a8ab43],
    ["counting up", Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ["counting down", Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
    ["123456789", new TextEncoder().encode("123456789"), 0xe3069283],
    ["nothing", new Uint8Array(0), 0],
  ])("knows the CRC-32C of %s", (_name, bytes, sum) => {
    expect(crc32c(bytes)).toBe(sum);
  });

  it("frames an empty record as TensorFlow does", () => {
    // Masked CRC of eight zero bytes and of nothing, as in every file that TensorFlow writes.
    const record = Buffer.from(frameRecord(new Uint8Array(0)));
    expect(record.toString("hex")).toBe("0000000000000000" + "29039807" + "d8ea82a2");
  });

  it("reads back what it framed, and no damaged record", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(), fc.nat(7), (data, byte, bit) => {
        const record = frameRecord(data);
        expect(recordAt(record, 0)).toEqual({ data, end: record.length });
        expect(recordAt(record.subarray(0, byte % record.length), 0)).toBeUndefined();
        record[byte % record.length] ^= 1 << bit;
        expect(recordAt(record, 0)).toBeUndefined();
      }),
    );
  });
});

describe("tensorBoardRecorder", () => {
  const step = (number: number) =>
    ({
      kind: "step",
      step: number,
      epoch: 0,
      losses: { total: number / 2 },
      learningRates: { main: 0.25 },
    }) as const;

  it("writes nothing for a loss that the batch said nothing of", () => {
    const folder = scratchFolder();
    const recorder = tensorBoardRecorder(folder, undefined);
    recorder.record({ ...step(1), losses: { depth: null, total: 2 } });
    recorder.close();
    const tags = valuesOf(events(file(folder))[1]).map(([tag]) => tag);
    expect(tags).toEqual(["loss/total", "learning_rate/main"]);
  });

  it("writes scalars and pictures", () => {
    const folder = scratchFolder();
    const recorder = tensorBoardRecorder(folder, undefined, () => 1_700_000_000_500);
    recorder.record({ ...step(3), values: { weight: 2 }, timing: { seconds: 1, imagesPerSecond: 8 } });
    recorder.record({
      kind: "evaluation",
      step: 300,
      epoch: 1,
      split: "val",
      metrics: { depth: { absoluteError: 0.5 }, segmentation: { mIoU: Number.NaN } },
    });
    recorder.picture(300, "val/depth", { png: Uint8Array.of(1, 2, 3), width: 20, height: 10 });
    recorder.flush();
    recorder.close();

    expect(readdirSync(folder)).toEqual(["events.out.tfevents.1700000000.taskloom"]);
    const [version, training, evaluation, picture] = events(file(folder));
    expect([field(version, 1), `${field(version, 3)}`]).toEqual([1_700_000_000.5, "brain.Event:2"]);
    expect(field(training, 2)).toBe(3);
    const scalars = (event: Buffer) =>
      Object.fromEntries(valuesOf(event).map(([tag, value]) => [tag, field(value, 2)]));
    expect(scalars(training)).toEqual({
      "loss/total": 1.5,
      "value/weight": 2,
      "learning_rate/main": 0.25,
      "speed/images_per_second": 8,
    });
    expect(field(evaluation, 2)).toBe(300);
    expect(scalars(evaluation)).toEqual({
      "val/depth/absoluteError": 0.5,
      "val/segmentation/mIoU": Number.NaN,
    });
    const [[pictureTag, pictureValue]] = valuesOf(picture);
    expect(pictureTag).toBe("val/depth");
    const image = field(pictureValue, 4);
    expect([1, 2, 3, 4].map((number) => field(image, number))).toEqual([10, 20, 3, Buffer.of(1, 2, 3)]);
  });

  it("goes on in the same file, without a damaged tail or the steps to be repeated", () => {
    const folder = scratchFolder();
    const first = tensorBoardRecorder(folder, undefined, () => 1000);
    for (const each of [1, 2, 3, 4]) first.record(step(each));
    first.close();
    appendFileSync(file(folder), frameRecord(new Uint8Array(50)).subarray(0, 40));
    const second = tensorBoardRecorder(folder, 2, () => 9000);
    second.record(step(3));
    second.close();
    expect(readdirSync(folder)).toHaveLength(1);
    expect(stepsOf(file(folder))).toEqual([0, 1, 2, 3]);
    const third = tensorBoardRecorder(folder, undefined);
    third.record(step(1));
    third.close();
    expect(stepsOf(file(folder))).toEqual([0, 1]);
  });

  it("can be cut at any byte", () => {
    const folder = scratchFolder();
    const recorder = tensorBoardRecorder(folder, undefined, () => 1000);
    for (const each of [1, 2, 3]) recorder.record(step(each));
    recorder.close();
    const whole = readFileSync(file(folder));
    for (let length = 0; length < whole.length; length++) {
      truncateSync(file(folder), length);
      tensorBoardRecorder(folder, 3, () => 1000).close();
      const steps = stepsOf(file(folder));
      expect(steps).toEqual([0, 1, 2, 3].slice(0, steps.length));
      writeFileSync(file(folder), whole);
    }
  });

  it("names a folder that is not there", async () => {
    const folder = join(scratchFolder(), "none");
    expect((await userError(() => tensorBoardRecorder(folder, undefined))).facts.where).toBe(folder);
  });
});
