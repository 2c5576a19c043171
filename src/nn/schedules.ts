/** @file Learning-rate schedules: pure functions from the step to a factor of the base rate. */

export type ScheduleSpec =
  | { readonly name: "constant"; readonly warmup?: number }
  | { readonly name: "step"; readonly every: number; readonly factor: number; readonly warmup?: number }
  | { readonly name: "polynomial"; readonly power: number; readonly warmup?: number }
  | { readonly name: "cosine"; readonly final?: number; readonly warmup?: number };

/**
 * The factor at `step` (0-based) of `total` steps.
 * constant: 1; step: factor^floor(step / every); polynomial: (1 - step/total)^power; cosine: from 1 to
 * `final` (default 0). `warmup` steps rise linearly from 1/warmup to 1 and multiply the schedule.
 */
export function scheduleFactor(spec: ScheduleSpec, step: number, total: number): number {
  const warmup = spec.warmup ?? 0;
  const rise = step < warmup ? (step + 1) / warmup : 1;
  return rise * bareFactor(spec, step, Math.max(total, 1));
}

function bareFactor(spec: ScheduleSpec, step: number, total: number): number {
  const progress = Math.min(step / total, 1);
  switch (spec.name) {
    case "constant":
      return 1;
    case "step":
      return spec.factor ** Math.floor(step / spec.every);
    case "polynomial":
      return (1 - progress) ** spec.power;
    case "cosine": {
      const final = spec.final ?? 0;
      return final + (1 - final) * 0.5 * (1 + Math.cos(Math.PI * progress));
    }
  }
}
