/**
 * @file The one table of provider-specific spellings. An operator's own `lower` is portable ONNX; where a
 * provider lacks a node or has a faster one, its column here replaces it.
 */
import type { LowerContext, Target } from "../lowering.js";
import { cpuBlocked } from "./cpu-blocked.js";
import { cpuConv } from "./cpu-conv.js";
import { cpuFilterGrad } from "./cpu-filter-grad.js";
import { withFilters } from "./cpu-filters.js";
import { cpuMoments } from "./cpu-moments.js";
import { cpuPooling } from "./cpu-pooling.js";
import { cpuSoftmax } from "./cpu-softmax.js";
import { webgpuSpellings } from "./webgpu.js";

/**
 * A value an operator has emitted: its name, or that of its blocked form (an image's unless it is a filter),
 * from which a plain one is made when somebody needs it.
 */
export type Emitted = string | { readonly blocked: string; readonly filter?: true; plain?: string };

// biome-ignore lint/suspicious/noExplicitAny: each entry reads the attributes of its own operator.
export type Spelling = (context: LowerContext<any>) => readonly Emitted[];
export type SpellingTable = Readonly<Record<string, Spelling>>;

const tables: Record<Target["provider"], (target: Target) => SpellingTable> = {
  cpu: () =>
    withFilters({
      ...cpuConv,
      ...cpuFilterGrad,
      ...cpuBlocked,
      ...cpuMoments,
      ...cpuPooling,
      ...cpuSoftmax,
    }),
  webgpu: () => webgpuSpellings,
  wasm: () => ({}),
  cuda: () => ({}),
};

/** The spellings that differ from the portable ones on this target, by operator name. */
export function spellings(target: Target): SpellingTable {
  return tables[target.provider](target);
}
