/** @file What `train` shows while it works. */
import type { Recorder } from "../training/metrics-log.js";
import { note } from "./output.js";

export function progressRecorder(total: number): {
  recorder: Recorder;
  start: (at: { step: number }) => void;
} {
  let last = 0;
  return {
    start: () => undefined,
    recorder: {
      record: (record) => {
        if (record.kind === "evaluation") {
          note(`step ${record.step} ${record.split} ${JSON.stringify(record.metrics)}`);
        } else if (Date.now() - last > 2000) {
          last = Date.now();
          note(`step ${record.step}/${total} ${JSON.stringify(record.losses)}`);
        }
      },
      picture: () => undefined,
      text: () => undefined,
      flush: () => undefined,
      close: () => undefined,
    },
  };
}
