// A model of one's own: a few convolutions at a quarter of the image's size. In a configuration:
//   plugins: [./plain-net.mjs]
//   model: {name: plain-net, width: 16}
// @ts-check
import { relu, resizeBilinear } from "taskloom/graph";
import { convLayer, convNormRelu } from "taskloom/nn";
import { z } from "zod";

/** @type {import("taskloom/models").ModelDefinition<{ width: number }>} */
const plainNet = {
  name: "plain-net",
  options: z.strictObject({ width: z.int().min(1).default(16).describe("channels of the first layer") }),
  create: ({ width }) => ({
    sizeMultiple: 4,
    encode(layer, x) {
      const next = { kernel: 3, stride: 2, padding: 1 };
      const half = convNormRelu(layer.child("down1"), x, width, next);
      const quarter = convNormRelu(layer.child("down2"), half, 2 * width, next);
      const wide = { kernel: 3, padding: 2, dilation: 2 };
      return { bottleneck: convNormRelu(layer.child("wide"), quarter, 2 * width, wide), skips: [] };
    },
    decode(layer, { bottleneck }, heads) {
      const [, , height, columns] = bottleneck.shape;
      const shared = convLayer(layer.child("shared"), bottleneck, 2 * width, { kernel: 3, padding: 1 });
      const trunk = relu(shared);
      const outputs = heads.map(({ name, channels }) => {
        const small = convLayer(layer.child("head").child(name), trunk, channels, { kernel: 1 });
        return [name, resizeBilinear(small, [4 * height, 4 * columns])];
      });
      return { outputs: Object.fromEntries(outputs), trunk };
    },
    shared: ["shared.weight", "shared.bias"],
  }),
};

export const models = [plainNet];
