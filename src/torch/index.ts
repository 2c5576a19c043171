/** @file Reading PyTorch's files without Python and without running anything in them. */
export { readTorch } from "./file.js";
export { type TorchArrays, type TorchDType, TorchTensor, tensorValues } from "./tensor.js";
