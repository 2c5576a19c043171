/** @file Every operator's cases: an operator added to src/graph/ops without one fails the registry test. */
import type { OperatorCase } from "../../helpers/operator-case.js";
import { convolutionCases } from "./convolution.js";
import { elementwiseCases } from "./elementwise.js";
import { normalisationCases } from "./normalisation.js";
import { poolingCases } from "./pooling.js";
import { resamplingCases } from "./resampling.js";
import { shapeCases } from "./shape.js";

export const operatorCases: readonly OperatorCase[] = [
  ...elementwiseCases,
  ...shapeCases,
  ...convolutionCases,
  ...poolingCases,
  ...resamplingCases,
  ...normalisationCases,
];
