/**
 * @file The course of a camera from frame to frame, and how far a predicted one is off: absolute trajectory
 * error and relative pose error (Sturm et al. 2012; of snippets, Zhou et al. 2017).
 */
import { composed, inverted, type RigidMotion, turnOf } from "../geometry/rigid.js";
import { apply3, identity3, multiply3, scale3, transpose3, type Vec3 } from "../geometry/rotation.js";
import { alignSimilarity } from "../geometry/similarity.js";

/** Motions of points from each camera to the next, predicted and true. */
export interface Step {
  readonly predicted: RigidMotion;
  readonly truth: RigidMotion;
}

/** Positions of the published snippets (Zhou et al. 2017). */
const SNIPPET = 5;

/**
 * Where the cameras stand as the first one sees them, of the motions of points from each to the next: one
 * more than motions, the first at the origin.
 */
export function posesOfMotions(motions: readonly RigidMotion[]): RigidMotion[] {
  let pose: RigidMotion = { rotation: identity3, translation: [0, 0, 0] };
  return [
    pose,
    ...motions.map((motion) => {
      pose = composed(pose, inverted(motion));
      return pose;
    }),
  ];
}

const positionsOf = (motions: readonly RigidMotion[]): Vec3[] =>
  posesOfMotions(motions).map(({ translation }) => translation);

const squaredDistance = (a: Vec3, b: Vec3): number =>
  (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2;

function rootMean(squares: readonly number[]): number {
  return Math.sqrt(squares.reduce((sum, value) => sum + value, 0) / squares.length);
}

/**
 * The factor, never negative, that brings predicted vectors closest to true ones: Σ p·t / Σ p·p; 1 where all
 * predicted ones are zero.
 */
export function bestScale(predicted: readonly Vec3[], truth: readonly Vec3[]): number {
  let [shared, own] = [0, 0];
  predicted.forEach((p, i) => {
    for (let axis = 0; axis < 3; axis++) {
      shared += p[axis] * truth[i][axis];
      own += p[axis] * p[axis];
    }
  });
  return own > 0 ? Math.max(shared / own, 0) : 1;
}

/**
 * Root mean square distance of positions, metres, after the predicted ones were brought closest by a
 * similarity. A straight course fits every other straight one.
 */
export function alignedError(steps: readonly Step[]): number {
  const predicted = positionsOf(steps.map((step) => step.predicted));
  const truth = positionsOf(steps.map((step) => step.truth));
  const { scale, rotation, translation } = alignSimilarity(predicted, truth);
  const moved = predicted.map((point): Vec3 => {
    const [x, y, z] = scale3(apply3(rotation, point), scale);
    return [x + translation[0], y + translation[1], z + translation[2]];
  });
  return rootMean(moved.map((point, i) => squaredDistance(point, truth[i])));
}

/**
 * The error of every snippet of 5 positions, metres, or of the whole course where it is shorter: root mean
 * square distance as the snippet's first camera sees them, the predicted ones times the factor that fits
 * best. Place and axes are the first camera's: a course in a wrong direction stays wrong.
 */
export function snippetErrors(steps: readonly Step[]): number[] {
  const length = Math.min(SNIPPET - 1, steps.length);
  return Array.from({ length: steps.length - length + 1 }, (_, start) => {
    const snippet = steps.slice(start, start + length);
    const predicted = positionsOf(snippet.map((step) => step.predicted));
    const truth = positionsOf(snippet.map((step) => step.truth));
    const scale = bestScale(predicted, truth);
    return rootMean(predicted.map((point, i) => squaredDistance(scale3(point, scale), truth[i])));
  });
}

/** How far each step is off. */
export interface StepError {
  /** Metres, after the steps' common scale was fitted. */
  readonly translation: number;
  /** Radians. */
  readonly rotation: number;
}

/**
 * The relative pose errors of a course's steps: translation and turn of E = T⁻¹ P, T and P being the true and
 * the predicted pose of a camera as the one before sees it, P's translation times the factor that fits all
 * steps best, as the scale of a video cannot be seen.
 */
export function stepErrors(steps: readonly Step[]): StepError[] {
  const poses = steps.map(({ predicted, truth }) => [inverted(predicted), inverted(truth)] as const);
  const scale = bestScale(
    poses.map(([predicted]) => predicted.translation),
    poses.map(([, truth]) => truth.translation),
  );
  return poses.map(([predicted, truth]) => ({
    translation: Math.sqrt(squaredDistance(scale3(predicted.translation, scale), truth.translation)),
    rotation: turnOf(multiply3(transpose3(truth.rotation), predicted.rotation)),
  }));
}
