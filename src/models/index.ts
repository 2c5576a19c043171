/** @file The registry of models: one line each. */
import { registry } from "../common/registry.js";
import { deeplabv3plusModel } from "./deeplabv3plus.js";
import { depthNetModel } from "./depth-net.js";
import { motionNetModel } from "./motion-net.js";
import type { ModelDefinition } from "./network.js";
import { pointPillarsModel } from "./pointpillars/pointpillars.js";
import { segnetModel } from "./segnet.js";
import { xtascNetModel } from "./xtasc-net.js";

export { type DeepLabV3PlusOptions, deeplabv3plus } from "./deeplabv3plus.js";
export { type DepthNetOptions, depthNet } from "./depth-net.js";
export { type MotionNetOptions, motionNet } from "./motion-net.js";
export {
  type Decoded,
  type Encoded,
  type Head,
  type ModelDefinition,
  type Network,
  runNetwork,
} from "./network.js";
export { type PointPillarsOptions, pointPillars } from "./pointpillars/pointpillars.js";
export { type ResNetMaps, type ResNetName, type ResNetOptions, resnetEncoder } from "./resnet.js";
export { type SegNetOptions, segnet } from "./segnet.js";
export { type XTasCNetOptions, xtascNet } from "./xtasc-net.js";

// biome-ignore lint/suspicious/noExplicitAny: each model validates its own options.
export const models = registry<ModelDefinition<any>>("models", {
  [segnetModel.name]: segnetModel,
  [deeplabv3plusModel.name]: deeplabv3plusModel,
  [depthNetModel.name]: depthNetModel,
  [motionNetModel.name]: motionNetModel,
  [xtascNetModel.name]: xtascNetModel,
  [pointPillarsModel.name]: pointPillarsModel,
});
