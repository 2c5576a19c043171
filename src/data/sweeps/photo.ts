/** @file Pictures of a camera beside a LiDAR. */
import { readListed } from "../files/protobuf-file.js";
import { decodeImage, type RgbImage, readImage } from "../files/raster.js";

/** Where a picture is: a file, or bytes [start, end) of one. Plain data. */
export type PhotoPlace = string | { readonly file: string; readonly start: number; readonly end: number };

/** Reads it. Throws UserError naming the file where it is missing or damaged. */
export async function readPhoto(place: PhotoPlace): Promise<RgbImage> {
  if (typeof place === "string") return await readImage(place);
  const { file, start } = place;
  return await decodeImage(await readListed(file, place), `${file}: byte ${start}`);
}
