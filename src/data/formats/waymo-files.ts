/**
 * @file Where the frames of the Waymo Open Dataset lie, and its splits: TFRecord files of `Frame` messages in
 * `training`, `validation` and `testing`, or in the folder itself (training). What is reported on,
 * `validation`, is `test` here, and every tenth segment of `training` is `val` (`hold-out.ts`). The published
 * `testing` has no public labels and is left out.
 */
import { join } from "node:path";
import { type Field, ProtobufFile, type Span } from "../files/protobuf-file.js";
import { last, required, string } from "../files/protobuf-values.js";
import { listFolder, requireFolder } from "../listing.js";
import { holdOut } from "./hold-out.js";

export const WAYMO_NAME = "the Waymo Open Dataset";
export const WAYMO_LAYOUT = "training/*.tfrecord and validation/*.tfrecord";
/** Numbers of a frame's fields, as in dataset.proto. */
export const FRAME = { context: 1, timestamp: 2, pose: 3, images: 4, lasers: 5, labels: 6 };
const SEGMENT_NAME = 1;

/** A frame's message, as far as its own fields go. */
export interface WaymoFrame {
  /** Of the segment. */
  readonly segment: string;
  /** Microseconds. */
  readonly time: bigint;
  /** `segment__microseconds`. */
  readonly id: string;
  readonly record: Span;
  readonly fields: readonly Field[];
  readonly context: readonly Field[];
}

/** The frame that fills a record. Throws UserError where it has no context or no time. */
export function readWaymoFrame(file: ProtobufFile, record: Span): WaymoFrame {
  const fields = [...file.fields(record)];
  const span = required(last(fields, FRAME.context, "bytes"), "context", file, record);
  const { value: time } = required(last(fields, FRAME.timestamp, "varint"), "timestamp", file, record);
  const context = [...file.fields(span)];
  required(last(context, SEGMENT_NAME, "bytes"), "segment name", file, span);
  const segment = string(file, context, SEGMENT_NAME)!;
  return { segment, time, id: `${segment}__${time}`, record, fields, context };
}

type Read<T> = (file: ProtobufFile, frame: WaymoFrame) => (readonly [id: string, value: T])[];

async function readFolder<T>(folder: string, read: Read<T>): Promise<Map<string, T>> {
  const { files = [] } = (await listFolder(folder)) ?? {};
  return new Map(
    files
      .filter((file) => file.endsWith(".tfrecord"))
      .flatMap((name) =>
        ProtobufFile.use(join(folder, name), (file) =>
          [...file.records()].flatMap((record) => read(file, readWaymoFrame(file, record))),
        ),
      ),
  );
}

/**
 * What `read` finds in the frames, by split and by ids that begin with the segment and `__`. `idOf` is that
 * of `holdOut`. Throws UserError where the folder is missing or a file damaged.
 */
export async function waymoSplits<T>(
  path: string,
  read: Read<T>,
  idOf?: (line: string) => string,
): Promise<Record<"train" | "val" | "test", Map<string, T>>> {
  await requireFolder(path, WAYMO_LAYOUT);
  const inTraining = await readFolder(join(path, "training"), read);
  const published = new Map([...inTraining, ...(await readFolder(path, read))]);
  const segmentOf = (id: string) => id.split("__")[0];
  const segments = [...new Set([...published.keys()].map(segmentOf))];
  const held = new Set(segments.filter((_, index) => index % 10 === 9));
  return {
    ...(await holdOut(path, published, (id) => held.has(segmentOf(id)), idOf)),
    test: await readFolder(join(path, "validation"), read),
  };
}
