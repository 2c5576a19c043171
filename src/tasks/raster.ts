/** @file Pixels of files, brought to the channels that a task's labels have. */
import { UserError } from "../common/errors.js";
import type { Raster, RasterData } from "./contract/maps.js";

/** The colours of palette indices, as RGB. Throws UserError where an index has none. */
export function paletteColours(raster: Raster, palette: Uint8Array, where: string): Raster {
  const { width, height, data: indices } = raster;
  const data = new Uint8Array(3 * width * height);
  for (let pixel = 0; pixel < indices.length; pixel++) {
    const at = 3 * indices[pixel];
    if (at + 2 >= palette.length) {
      throw new UserError({
        code: "label.palette",
        what: "a pixel has a colour that the palette does not hold",
        where,
        expected: `indices below ${Math.floor(palette.length / 3)}`,
        got: String(indices[pixel]),
      });
    }
    for (let c = 0; c < 3; c++) data[3 * pixel + c] = palette[at + c];
  }
  return { width, height, channels: 3, data };
}

/** The largest value of a raster's integers; 1 for floats. */
export function fullValue({ data, maximum }: Raster): number {
  if (data instanceof Float32Array) return 1;
  const signed = data instanceof Int8Array || data instanceof Int16Array || data instanceof Int32Array;
  return maximum ?? 2 ** (8 * data.BYTES_PER_ELEMENT - Number(signed)) - 1;
}

/**
 * A raster of `channels` channels: palettes are replaced by their colours, an alpha channel that is opaque
 * everywhere is dropped, and grey that was stored as a colour becomes one channel. Throws UserError for
 * anything else; `stored` says what the channels hold, `fix` what to do.
 */
export function withChannels(
  raster: Raster,
  channels: number,
  where: string,
  stored: string,
  fix = "Save it again without colours or alpha beyond those channels.",
): Raster {
  const coloured = raster.palette === undefined ? raster : paletteColours(raster, raster.palette, where);
  const plain = withoutAlpha(coloured, channels, where);
  if (plain.channels === channels) return plain;
  if (channels === 1 && plain.channels === 3 && isGrey(plain)) return channelsOf(plain, 1);
  throw new UserError({
    code: "label.channels",
    what: "the label file has the wrong number of channels",
    where,
    expected: `${channels} (${stored})`,
    got: raster.palette === undefined ? String(raster.channels) : "a palette of colours",
    fix,
  });
}

/** The first `channels` channels of each pixel. */
function channelsOf(raster: Raster, channels: number): Raster {
  const { width, height, channels: all, data } = raster;
  const first = new (data.constructor as new (length: number) => RasterData)(width * height * channels);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let c = 0; c < channels; c++) first[pixel * channels + c] = data[pixel * all + c];
  }
  return { ...raster, width, height, channels, data: first };
}

function isGrey({ channels, data }: Raster): boolean {
  return data.every((value, i) => Object.is(value, data[i - (i % channels)]));
}

function withoutAlpha(raster: Raster, wanted: number, where: string): Raster {
  const { channels, data } = raster;
  if (channels === wanted || (channels !== 2 && channels !== 4)) return raster;
  const opaque = fullValue(raster);
  const clear = data.findIndex((value, i) => i % channels === channels - 1 && value !== opaque);
  if (clear < 0) return channelsOf(raster, channels - 1);
  // Arrays of floats have channels of any meaning.
  if (data instanceof Float32Array) return raster;
  const pixel = Math.floor(clear / channels);
  throw new UserError({
    code: "label.transparent",
    what: "a pixel of the label file is transparent",
    where,
    got: `alpha ${data[clear]} of ${opaque} at ${placeOf(pixel, raster)}`,
    fix: "Flatten the file onto the value of unlabelled pixels.",
  });
}

/** `row R, column C` of a pixel, as errors name it. */
export function placeOf(pixel: number, { width }: { readonly width: number }): string {
  return `row ${Math.floor(pixel / width)}, column ${pixel % width}`;
}
