/** @file How large a picture is, by its header alone. */
import sharp from "sharp";
import type { Size } from "../../fields/size.js";
import { undecodable } from "./libvips.js";

/** Throws UserError naming the file where it is missing or no picture. */
export async function readPictureSize(path: string): Promise<Size> {
  try {
    const { width, height } = await sharp(path).metadata();
    return { width, height };
  } catch (cause) {
    throw undecodable(path, cause);
  }
}
