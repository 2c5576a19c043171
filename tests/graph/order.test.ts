import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dependencyOrder } from "../../src/graph/order.js";

/** Dependencies of the nodes 0..n-1, each on earlier ones only, and the order in which they are asked for. */
const graphs = fc.integer({ min: 1, max: 30 }).chain((n) =>
  fc.record({
    dependencies: fc.tuple(
      ...Array.from({ length: n }, (_, i) =>
        fc.uniqueArray(fc.nat({ max: Math.max(0, i - 1) })).map((d) => (i === 0 ? [] : d)),
      ),
    ),
    roots: fc.array(fc.nat({ max: n - 1 })),
  }),
);

describe("dependencyOrder", () => {
  it("gives what the roots need, each once and behind its dependencies", () => {
    fc.assert(
      fc.property(graphs, ({ dependencies, roots }) => {
        const order = dependencyOrder(roots, (node) => dependencies[node]);
        const needed = new Set(roots);
        for (const node of needed) for (const d of dependencies[node]) needed.add(d);
        expect([...order].sort((a, b) => a - b)).toEqual([...needed].sort((a, b) => a - b));
        for (const [place, node] of order.entries()) {
          for (const d of dependencies[node]) expect(order.indexOf(d)).toBeLessThan(place);
        }
      }),
    );
  });

  it("leaves an order alone that holds already", () => {
    const dependencies = [[], [0], [], [2, 0], [1]];
    expect(dependencyOrder([0, 1, 2, 3, 4], (node) => dependencies[node])).toEqual([0, 1, 2, 3, 4]);
  });

  it("walks chains deeper than the call stack", () => {
    expect(dependencyOrder([200_000], (node) => (node === 0 ? [] : [node - 1]))).toHaveLength(200_001);
  });
});
