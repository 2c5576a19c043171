/** @file What a surface looks like, and its colour at a place. */
import { mixRgb, type Rgb } from "./colour.js";
import { type Glazing, glaze } from "./glazing.js";
import { type PaintingName, paintings } from "./paintings.js";
import { type PatternName, patterns } from "./patterns.js";

export interface Material {
  readonly pattern: PatternName;
  readonly colours: readonly [Rgb, Rgb, Rgb];
  /** Size of one repeat of the pattern, metres. */
  readonly scale: number;
  /** Turn the pattern by a quarter. */
  readonly turned: boolean;
  readonly seed: number;
  /** Instead of a pattern: a picture that fills the face. */
  readonly painting?: PaintingName;
  /** Windows in rows over the pattern. */
  readonly glazing?: Glazing;
  /** Light given off, as a multiple of the colour; 0 for most. */
  readonly emission: number;
  /** Mean colour, what other surfaces receive by reflection. */
  readonly mean: Rgb;
}

/** Fills in what follows from the rest. */
export function makeMaterial(fields: Partial<Material> & Pick<Material, "colours">): Material {
  const base = {
    pattern: "plain" as PatternName,
    scale: 0.1,
    turned: false,
    seed: 0,
    emission: 0,
    ...fields,
  };
  const share = base.painting === undefined ? patterns[base.pattern].mean : 0.5;
  return { ...base, mean: mixRgb(base.colours[0], base.colours[1], share) };
}

/**
 * Writes the linear colour of a place into `out`.
 * @param u @param v metres along the face; @param x @param y the same over the whole face in [-1, 1].
 * @param footprint size of a pixel on the surface, metres: finer patterns fade to their mean instead of
 * aliasing.
 */
export function colourAt(
  material: Material,
  u: number,
  v: number,
  x: number,
  y: number,
  footprint: number,
  out: Float64Array,
): void {
  const { colours, scale, seed, painting } = material;
  const [a, b] = colours;
  if (painting !== undefined) {
    out.set(paintings[painting](x, y, colours, seed));
    return;
  }
  const { mean, at } = patterns[material.pattern];
  const fade = Math.min(1, Math.max(0, (1.6 * scale) / footprint - 0.6));
  let share = mean;
  if (fade > 0) {
    const detail = material.turned ? at(v / scale, u / scale, seed) : at(u / scale, v / scale, seed);
    share += (detail - mean) * fade;
  }
  out[0] = a[0] + (b[0] - a[0]) * share;
  out[1] = a[1] + (b[1] - a[1]) * share;
  out[2] = a[2] + (b[2] - a[2]) * share;
  if (material.glazing !== undefined) glaze(material.glazing, u, v, footprint, out);
}
