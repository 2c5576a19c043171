/** @file The registry of methods: one line each. */
import { registry } from "../common/registry.js";
import { type ConfiguredMethod, compose } from "./compose.js";
import { consistency } from "./consistency.js";
import { directMap } from "./direct-map.js";
import { jtr } from "./jtr/jtr.js";
import type { MethodDefinition } from "./method.js";
import { mtpsl } from "./mtpsl/mtpsl.js";
import { must } from "./must.js";
import { perceptualMap } from "./perceptual-map.js";
import { densecl } from "./self-supervision/densecl.js";
import { moco } from "./self-supervision/moco.js";
import { rotation } from "./self-supervision/rotation.js";
import { singleTask } from "./single-task.js";
import { supervised } from "./supervised.js";
import { xtasc } from "./xtasc/xtasc.js";

export type * from "./method.js";
export { headsOf } from "./method.js";
export { observedMean } from "./observed.js";
export { rampOptions } from "./ramp.js";
export type * from "./streams.js";
export { networkInput, networkPass, networkPasses, supervisedTerm, supervisedTerms } from "./supervised.js";
export {
  type ConfiguredMethod,
  compose,
  consistency,
  densecl,
  directMap,
  jtr,
  moco,
  mtpsl,
  must,
  perceptualMap,
  rotation,
  singleTask,
  supervised,
  xtasc,
};

// biome-ignore lint/suspicious/noExplicitAny: each method validates its own options.
export const methods = registry<MethodDefinition<any>>("methods", {
  [supervised.name]: supervised,
  [jtr.name]: jtr,
  [consistency.name]: consistency,
  [singleTask.name]: singleTask,
  [must.name]: must,
  [mtpsl.name]: mtpsl,
  [directMap.name]: directMap,
  [perceptualMap.name]: perceptualMap,
  [xtasc.name]: xtasc,
  [rotation.name]: rotation,
  [moco.name]: moco,
  [densecl.name]: densecl,
});
