/** @file The road with its markings and rails, pavements and verges. */
import { Placer } from "../../scene.js";
import type { Material } from "../../surface/material.js";
import { ROAD, SIDEWALK, TERRAIN } from "../classes.js";
import type { Plot } from "../plot.js";
import { sideOf } from "../profile.js";
import { headingAt, placeAt } from "../road.js";

/** Longest straight pieces of a bending road, metres; they overlap a little. */
const PIECE = 14;
const OVERLAP = 0.4;
/** Heights above the lanes, metres. */
export const WALK_HEIGHT = 0.13;
const PAINT = 0.001;

/** A strip along the road from `x0` to `x1`, between `from` and `to` metres left of its middle. */
export function strip(
  plot: Plot,
  [x0, x1]: readonly [number, number],
  [from, to]: readonly [number, number],
  top: number,
  material: Material,
  classIndex: number,
  instance: number,
): void {
  if (x1 <= x0 || to <= from) return;
  const count = plot.road.swing === 0 ? 1 : Math.ceil((x1 - x0) / PIECE);
  const step = (x1 - x0) / count;
  const [middle, thick] = [(from + to) / 2, 0.4];
  for (let i = 0; i < count; i++) {
    const x = x0 + (i + 0.5) * step;
    const place = new Placer(plot.scene, placeAt(plot.road, x, middle), classIndex, instance);
    const length = step / Math.cos(headingAt(plot.road, x)) + OVERLAP;
    place.box([0, 0, top - thick / 2], [length, to - from, thick], material, {
      textureOrigin: [x, middle, 0],
    });
  }
}

/** Dashes of a line at `left`; where they begin and end does not depend on the piece of street. */
function dashes(plot: Plot, [x0, x1]: readonly [number, number], left: number, instance: number): void {
  const [on, every] = [3, 7.5];
  for (let n = Math.ceil(x0 / every); n * every + on < x1; n++) {
    const span = [n * every, n * every + on] as const;
    strip(plot, span, [left - 0.07, left + 0.07], PAINT, plot.styling.marking, ROAD, instance);
  }
}

/** Lines between lanes, along cycle lanes and in the middle of the road. */
function markings(plot: Plot, span: readonly [number, number], instance: number, middleLine: boolean): void {
  const { profile, styling } = plot;
  const line = (left: number) =>
    strip(plot, span, [left - 0.06, left + 0.06], PAINT, styling.marking, ROAD, instance);
  if (middleLine) dashes(plot, span, 0, instance);
  else line(0);
  for (const side of [1, -1] as const) {
    for (let lane = 1; lane < profile.lanes; lane++) {
      dashes(plot, span, side * lane * profile.laneWidth, instance);
    }
    const { lanes, cycle } = sideOf(profile, side);
    if (cycle > lanes) line(side * lanes);
  }
}

/** Two pairs of rails in the inner lanes. */
function rails(plot: Plot, span: readonly [number, number], instance: number): void {
  for (const lane of [-0.5, 0.5]) {
    for (const rail of [-0.72, 0.72]) {
      const left = lane * plot.profile.laneWidth + rail;
      strip(plot, span, [left - 0.05, left + 0.05], 0.0008, plot.styling.metal, ROAD, instance);
    }
  }
}

/** The lanes from `x0` to `x1`. */
export function layRoad(plot: Plot, span: readonly [number, number], middleLine: boolean): void {
  const { profile, styling, scene } = plot;
  const instance = scene.instances++;
  const { left, right } = profile;
  strip(plot, span, [-right.cycle, left.cycle], 0, styling.road, ROAD, instance);
  for (const side of [1, -1] as const) {
    const { cycle, kerb } = sideOf(profile, side);
    const edges: [number, number] = side > 0 ? [cycle, kerb] : [-kerb, -cycle];
    strip(plot, span, edges, -0.003, styling.parking, ROAD, instance);
  }
  markings(plot, span, instance, middleLine);
  if (profile.tram) rails(plot, span, instance);
}

/** The pavement and the verge of a side. */
export function layWalk(plot: Plot, span: readonly [number, number], side: 1 | -1): void {
  const { profile, styling, scene } = plot;
  const { kerb, walk, front } = sideOf(profile, side);
  const between = (from: number, to: number): [number, number] => (side > 0 ? [from, to] : [-to, -from]);
  const instance = scene.instances++;
  strip(plot, span, between(kerb, kerb + 0.18), WALK_HEIGHT, styling.kerb, SIDEWALK, instance);
  strip(plot, span, between(kerb + 0.17, walk), WALK_HEIGHT - 0.01, styling.pavement, SIDEWALK, instance);
  strip(plot, span, between(walk, front), WALK_HEIGHT - 0.04, styling.grass, TERRAIN, scene.instances++);
}
