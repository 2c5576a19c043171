// A training loop of one's own: build a graph, take gradients, compile a step that updates its parameters,
// run it. Learns the 3x3 filter that turns noise into its horizontal differences, within a second.
import { conv2d, gradients, input, mul, reduceMean, square, sub } from "taskloom/graph";
import { CompiledStep, nodeEngine, StateStore } from "taskloom/runtime";

const image = input("image", [4, 1, 32, 32]);
const wanted = input("wanted", [4, 1, 32, 32]);
const filter = input("filter", [1, 1, 3, 3]);
const loss = reduceMean(square(sub(conv2d(image, filter, { padding: 1 }), wanted)));
const [gradient] = gradients(loss, [filter]);

const engine = await nodeEngine({ provider: "cpu" });
const store = new StateStore(engine);
store.write("filter", [1, 1, 3, 3], new Float32Array(9));
const step = await CompiledStep.compile(engine, store, {
  outputs: { loss },
  state: [{ name: "filter", leaf: filter, next: sub(filter, mul(gradient, 0.3)) }],
});

for (let i = 0; i < 60; i++) {
  const noise = Float32Array.from({ length: 4 * 32 * 32 }, () => Math.random() - 0.5);
  const difference = noise.map((value, k) => value - (k % 32 === 0 ? 0 : noise[k - 1]));
  const outputs = await step.run({ image: noise, wanted: difference });
  if (i % 10 === 0) console.log(`step ${i}  loss ${outputs.loss[0].toFixed(5)}`);
}
const learned = await store.read("filter");
for (let row = 0; row < 3; row++)
  console.log([...learned.slice(3 * row, 3 * row + 3)].map((x) => x.toFixed(2)).join("  "));
