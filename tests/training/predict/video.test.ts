import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { readImage } from "../../../src/data/files/raster.js";
import { extractFrames } from "../../../src/training/predict/video.js";
import { scratchFolder, userError } from "../../helpers/folder.js";

const path = process.env.PATH;
afterEach(() => {
  process.env.PATH = path;
});

const installed = spawnSync("ffmpeg", ["-version"]).status === 0;
if (!installed) console.log("frames of a real video: skipped, ffmpeg is not installed");

/** Puts a program in front of every other of its name. */
function standIn(folder: string, script: string): void {
  const bin = join(folder, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "ffmpeg"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, "ffmpeg"), 0o755);
  process.env.PATH = `${bin}${delimiter}${path}`;
}

function framesFolder(folder: string): string {
  mkdirSync(join(folder, "frames"));
  return join(folder, "frames");
}

const video = { path: "clips/drive.mp4", name: "drive" };

test("without ffmpeg, the message says how to make the frames oneself", async () => {
  const folder = scratchFolder();
  process.env.PATH = folder;
  const error = await userError(() => extractFrames(video, folder));
  expect(error.facts.code).toBe("predict.no-ffmpeg");
  expect(error.message).toContain("mkdir frames && ffmpeg -i clips/drive.mp4 frames/%06d.png");
});

test.skipIf(process.platform === "win32")("frames come in order of their numbers", async () => {
  const folder = scratchFolder();
  // The last argument is the pattern of the frames' names.
  standIn(folder, 'for last; do :; done; for i in 10 9 1000000; do : > "$(printf "$last" $i)"; done');
  const frames = await extractFrames(video, framesFolder(folder));
  expect(frames.map(({ name }) => name)).toEqual(["drive/000009", "drive/000010", "drive/1000000"]);
  expect(frames[0]).toMatchObject({
    path: join(folder, "frames", "000009.png"),
    shownAs: "clips/drive.mp4: frame 000009",
  });
});

test.skipIf(process.platform === "win32")("an older ffmpeg is asked in its own words", async () => {
  const folder = scratchFolder();
  const log = join(folder, "log");
  const script = `echo "$@" >> ${log}; case "$*" in *fps_mode*) echo "Unrecognized option 'fps_mode'." >&2; exit 1;; esac`;
  standIn(folder, script);
  expect(await extractFrames({ path: "-x.mp4", name: "-x" }, framesFolder(folder))).toEqual([]);
  const [, second] = readFileSync(log, "utf8").trim().split("\n");
  expect(second).toBe(
    `-nostdin -v error -i ./-x.mp4 -vsync passthrough ${join(folder, "frames", "%06d.png")}`,
  );
});

test.skipIf(process.platform === "win32")("what ffmpeg complains of is passed on", async () => {
  const folder = scratchFolder();
  standIn(folder, 'echo "moov atom not found" >&2; exit 1');
  const error = await userError(() => extractFrames(video, framesFolder(folder)));
  expect(error.message).toBe("clips/drive.mp4: ffmpeg cannot read the video (got moov atom not found).");
});

test.skipIf(!installed)("every frame of a real video is there once", async () => {
  const folder = scratchFolder();
  const clip = join(folder, "clip.mp4");
  const source = "testsrc=size=64x48:rate=10:duration=1.2";
  execFileSync("ffmpeg", ["-v", "error", "-f", "lavfi", "-i", source, clip]);
  const frames = await extractFrames({ path: clip, name: "clip" }, framesFolder(folder));
  expect(frames.map(({ name }) => name).at(-1)).toBe("clip/000012");
  expect(frames).toHaveLength(12);
  const { width, height } = await readImage(frames[11].path);
  expect([width, height]).toEqual([64, 48]);
});
