/** @file Built-in worlds as dataset folders, rendered once and kept for every run that names the same one. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeWorld } from "../data/synthesis/write.js";
import { cacheFolder } from "../disk/cache-folder.js";
import { fileError, makeFolder } from "../disk/files.js";
import { worldByName } from "../worlds/index.js";
import type { WorldData } from "./config/data-schema.js";

/** The world as it is rendered: whatever is read at another size shares one rendering. */
export function picturesOf({ renderSize, ...data }: WorldData): WorldData {
  return renderSize === undefined ? data : { ...data, size: renderSize };
}

/**
 * The folder of a rendered world, its images at the size they are rendered at; renders it first where it is
 * not there yet. A rendering that was cut short is never taken for a whole one.
 * @throws UserError where there is no such world or the folder cannot be written.
 */
export async function renderedWorld(data: WorldData, log: (message: string) => void): Promise<string> {
  const world = worldByName(data.world, data.style);
  // A newer Taskloom may draw the same rooms differently: its cache is another one.
  const pictures = picturesOf(data);
  const key = JSON.stringify({ ...pictures, version: world.version });
  const digest = createHash("sha256").update(key).digest("hex").slice(0, 12);
  const folder = join(cacheFolder(), `${data.world}-${digest}`);
  if (existsSync(folder)) return folder;
  const { train, val, test, extra = 0, size, seed, style, video, lidar } = pictures;
  const images = (train + val + test + extra) * (video ?? 1);
  log(`Rendering ${images} images of ${world.name} into ${folder} (once).`);
  const partial = `${folder}.${process.pid}.partial`;
  await makeFolder(cacheFolder());
  try {
    const splits = { train, val, test, extra };
    await writeWorld({ out: partial, world, style, splits, size, seed, video, lidar, extras: false });
    await rename(partial, folder);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    // Another process may have rendered the same world meanwhile.
    if (existsSync(folder)) return folder;
    throw fileError(error, folder, "write");
  }
  return folder;
}
