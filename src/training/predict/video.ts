/** @file Frames of videos, in order, by the program ffmpeg where it is installed. */
import { spawn } from "node:child_process";
import { readdir } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { UserError } from "../../common/errors.js";
import type { PredictInput } from "./inputs.js";

const VIDEO_EXTENSIONS: readonly string[] = [
  ...[".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv", ".mts"],
];

export function isVideo(path: string): boolean {
  return VIDEO_EXTENSIONS.includes(extname(path).toLowerCase());
}

/** Every frame as it is, none left out or shown twice; ffmpeg before 5.1 has another word for it. */
const EVERY_FRAME = ["-fps_mode", "passthrough"];
const EVERY_FRAME_BEFORE = ["-vsync", "passthrough"];

function argumentsFor(video: string, folder: string, everyFrame: readonly string[]): string[] {
  // A path that begins with a dash would be read as an option.
  const input = video.startsWith("-") ? `./${video}` : video;
  return ["-nostdin", "-v", "error", "-i", input, ...everyFrame, join(folder, "%06d.png")];
}

/** Runs ffmpeg. Returns what it complains of; undefined where it is not installed. */
function ffmpeg(args: readonly string[], signal?: AbortSignal): Promise<string | undefined> {
  return new Promise((done, fail) => {
    const child = spawn("ffmpeg", args, { stdio: ["ignore", "ignore", "pipe"], signal });
    let complaints = "";
    child.stderr.on("data", (text: Buffer) => {
      complaints += text;
    });
    child.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") done(undefined);
      else if (error.name === "AbortError") done("stopped");
      else fail(error);
    });
    child.on("close", (code) => done(code === 0 ? "" : complaints.trim() || `exit code ${code}`));
  });
}

/**
 * Writes the frames of a video into a folder as 000001.png, 000002.png, ... They are called by the video's
 * name and theirs. Throws UserError where ffmpeg is not installed or cannot read the video.
 */
export async function extractFrames(
  video: PredictInput,
  folder: string,
  signal?: AbortSignal,
): Promise<PredictInput[]> {
  let complaint = await ffmpeg(argumentsFor(video.path, folder, EVERY_FRAME), signal);
  if (complaint?.includes("fps_mode")) {
    complaint = await ffmpeg(argumentsFor(video.path, folder, EVERY_FRAME_BEFORE), signal);
  }
  if (complaint === undefined) {
    throw new UserError({
      code: "predict.no-ffmpeg",
      where: video.path,
      what: "videos are read with ffmpeg, which is not installed",
      fix: `Install it, or make pictures of the frames elsewhere and predict their folder: \`mkdir frames && ffmpeg -i ${video.path} frames/%06d.png\`.`,
    });
  }
  if (complaint !== "" && signal?.aborted !== true) {
    throw new UserError({
      code: "predict.video",
      where: video.path,
      what: "ffmpeg cannot read the video",
      got: complaint.split("\n")[0],
    });
  }
  // More than 999999 frames have longer names.
  const frames = (await readdir(folder)).sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
  return frames.map((frame) => {
    const number = basename(frame, ".png");
    const name = `${video.name}/${number}`;
    return { path: join(folder, frame), name, shownAs: `${video.path}: frame ${number}` };
  });
}
