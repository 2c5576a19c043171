/** @file The registry of weightings: one line each. */
import { registry } from "../common/registry.js";
import { cagrad } from "./cagrad.js";
import { dwa } from "./dwa.js";
import { equal } from "./equal.js";
import { famo } from "./famo.js";
import { gradnorm } from "./gradnorm.js";
import { imtlG } from "./imtl-g.js";
import { mgda } from "./mgda.js";
import { nashMtl } from "./nash-mtl.js";
import { pcgrad } from "./pcgrad.js";
import { rlw } from "./rlw.js";
import { uncertainty } from "./uncertainty.js";
import { upgrad } from "./upgrad.js";
import type { WeightingDefinition } from "./weighting.js";

export * from "./weighting.js";
export { equal, uncertainty };

// biome-ignore lint/suspicious/noExplicitAny: each weighting validates its own options.
export const weightings = registry<WeightingDefinition<any>>("weightings", {
  [equal.name]: equal,
  [uncertainty.name]: uncertainty,
  [rlw.name]: rlw,
  [gradnorm.name]: gradnorm,
  [dwa.name]: dwa,
  [famo.name]: famo,
  [pcgrad.name]: pcgrad,
  [cagrad.name]: cagrad,
  [mgda.name]: mgda,
  [nashMtl.name]: nashMtl,
  [imtlG.name]: imtlG,
  [upgrad.name]: upgrad,
});
