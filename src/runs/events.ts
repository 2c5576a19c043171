/** @file TensorBoard event files: scalars and pictures, by TensorBoard's event.proto and summary.proto. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { frameRecord, recordAt } from "../common/tfrecord.js";
import { AppendFile } from "../disk/append-file.js";
import { fileError } from "../disk/files.js";
import type { LoggedPicture, MetricsRecord, Recorder } from "./metrics-log.js";

const RGB = 3;

function message(write: (writer: BinaryWriter) => void): Uint8Array {
  const writer = new BinaryWriter();
  write(writer);
  return writer.finish();
}

/** Event { wall_time = 1, step = 2, file_version = 3, summary = 5 }. `wallTime` in seconds since 1970. */
function event(
  wallTime: number,
  step: number,
  content: { version: string } | { values: readonly Uint8Array[] },
): Uint8Array {
  return message((writer) => {
    writer.tag(1, WireType.Bit64).double(wallTime);
    writer.tag(2, WireType.Varint).int64(step);
    if ("version" in content) writer.tag(3, WireType.LengthDelimited).string(content.version);
    else {
      const summary = message((inner) => {
        for (const value of content.values) inner.tag(1, WireType.LengthDelimited).bytes(value);
      });
      writer.tag(5, WireType.LengthDelimited).bytes(summary);
    }
  });
}

/** Summary.Value { tag = 1, simple_value = 2 }. */
function scalarValue(tag: string, value: number): Uint8Array {
  return message((writer) => {
    writer.tag(1, WireType.LengthDelimited).string(tag).tag(2, WireType.Bit32).float(value);
  });
}

/** Summary.Value { tag = 1, image = 4 {height = 1, width = 2, colorspace = 3, encoded_image_string = 4} }. */
function pictureValue(tag: string, { png, width, height }: LoggedPicture): Uint8Array {
  const image = message((writer) => {
    writer.tag(1, WireType.Varint).int32(height).tag(2, WireType.Varint).int32(width);
    writer.tag(3, WireType.Varint).int32(RGB).tag(4, WireType.LengthDelimited).bytes(png);
  });
  return message((writer) => {
    writer.tag(1, WireType.LengthDelimited).string(tag).tag(4, WireType.LengthDelimited).bytes(image);
  });
}

/** The scalars of a record, by tag. */
function scalarsOf(record: MetricsRecord): [string, number][] {
  const named = (prefix: string, group: Readonly<Record<string, number | null>> = {}): [string, number][] =>
    Object.entries(group).flatMap(([name, value]) => (value === null ? [] : [[`${prefix}/${name}`, value]]));
  if (record.kind === "step") {
    return [
      ...named("loss", record.losses),
      ...named("value", record.values),
      ...named("learning_rate", record.learningRates),
      ...(record.timing === undefined
        ? []
        : named("speed", { images_per_second: record.timing.imagesPerSecond })),
    ];
  }
  return [
    ...named(`${record.split}/loss`, record.losses),
    ...Object.entries(record.metrics).flatMap(([task, metrics]) => named(`${record.split}/${task}`, metrics)),
  ];
}

/** Step of an encoded Event. */
function stepOf(data: Uint8Array): number {
  const reader = new BinaryReader(data);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 2) return Number(reader.int64());
    reader.skip(wireType, field);
  }
  return 0;
}

/** Bytes of an event file up to the first damaged record or the first of a step after `resumeStep`. */
function soundLength(bytes: Uint8Array, resumeStep: number | undefined): number {
  let end = 0;
  if (resumeStep === undefined) return end;
  for (let record = recordAt(bytes, 0); record !== undefined; record = recordAt(bytes, end)) {
    if (stepOf(record.data) > resumeStep) break;
    end = record.end;
  }
  return end;
}

/** The folder's event file, or a new name for one: TensorBoard knows its files by the first part. */
function eventFile(folder: string, seconds: number): string {
  try {
    const found = readdirSync(folder).filter((name) => name.startsWith("events.out.tfevents."));
    return join(folder, found.sort().at(-1) ?? `events.out.tfevents.${Math.floor(seconds)}.taskloom`);
  } catch (error) {
    throw fileError(error, folder, "write");
  }
}

/**
 * A recorder into a TensorBoard event file of `folder`. A resumed run goes on in the file it finds, after
 * cutting off a damaged tail and what belongs to steps after `resumeStep`; undefined starts afresh.
 *
 * @param now Wall time in milliseconds since 1970.
 * @throws UserError where the file cannot be written or the disk is full.
 */
export function tensorBoardRecorder(
  folder: string,
  resumeStep: number | undefined,
  now: () => number = Date.now,
): Recorder {
  const file = new AppendFile(eventFile(folder, now() / 1000), (bytes) => soundLength(bytes, resumeStep));
  const append = (step: number, content: Parameters<typeof event>[2]): void =>
    file.append(frameRecord(event(now() / 1000, step, content)));
  if (file.size === 0) append(0, { version: "brain.Event:2" });
  return {
    record: (record) => {
      append(record.step, { values: scalarsOf(record).map(([tag, value]) => scalarValue(tag, value)) });
    },
    picture: (step, tag, picture) => append(step, { values: [pictureValue(tag, picture)] }),
    flush: () => file.flush(),
    close: () => file.close(),
  };
}
