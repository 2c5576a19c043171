/** @file The solvers inside the graph against exact ones in float64, over many kinds of gradients. */
import { describe, expect, it } from "vitest";
import { Random } from "../../src/common/random.js";
import { filled, input, matmul, type Tensor } from "../../src/graph/index.js";
import { expand } from "../../src/graph/ops/shape.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { leastOf } from "../../src/weighting/cagrad.js";
import { bargain } from "../../src/weighting/nash-mtl.js";
import { solve } from "../../src/weighting/solve/linear.js";
import { minimiseOnSimplex } from "../../src/weighting/solve/simplex.js";
import { projections } from "../../src/weighting/upgrad.js";
import { compile } from "../helpers/compile.js";

type Matrix = readonly (readonly number[])[];

/** Gradients that are independent, in conflict, of very different lengths, alike, or linearly dependent. */
const families: Readonly<Record<string, (count: number, random: Random) => Matrix>> = {
  independent: (count, random) => normals(count, 2 * count, random),
  conflicting(count, random) {
    const rows = normals(count, 2 * count, random);
    const mean = rows[0].map((_, i) => rows.reduce((sum, row) => sum + row[i], 0) / count);
    return rows.map((row) => row.map((value, i) => value - 0.9 * mean[i]));
  },
  unequal: (count, random) =>
    normals(count, 2 * count, random).map((row) => {
      const scale = 10 ** (3 * random.uniform() - 1.5);
      return row.map((value) => value * scale);
    }),
  alike(count, random) {
    const [common] = normals(1, 2 * count, random);
    return normals(count, 2 * count, random).map((row) => row.map((value, i) => 0.3 * value + common[i]));
  },
  dependent: (count, random) => normals(count, 2, random),
};

function normals(rows: number, columns: number, random: Random): number[][] {
  return Array.from({ length: rows }, () => Array.from({ length: columns }, () => random.normal()));
}

const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, i) => sum + value * b[i], 0);
const times = (matrix: Matrix, x: readonly number[]) => matrix.map((row) => dot(row, x));

function gramOf(rows: Matrix): number[][] {
  const gram = rows.map((a) => rows.map((b) => dot(a, b)));
  const trace = gram.reduce((sum, row, i) => sum + row[i], 0);
  return gram.map((row) => row.map((value) => value / trace));
}

/** min wᵀGw over the simplex, by moves of pairs until nothing moves. */
function exactShortest(gram: Matrix): number {
  const w = gram.map(() => 1 / gram.length);
  for (let sweep = 0; sweep < 5000; sweep++) {
    let moved = 0;
    for (let i = 0; i < w.length; i++) {
      for (let j = 0; j < i; j++) {
        const image = times(gram, w);
        const curvature = gram[i][i] + gram[j][j] - 2 * gram[i][j];
        const move = Math.max(
          -w[i],
          Math.min(w[j], (image[j] - image[i]) / Math.max(curvature, Number.MIN_VALUE)),
        );
        w[i] += move;
        w[j] -= move;
        moved = Math.max(moved, Math.abs(move));
      }
    }
    if (moved < 1e-12) break;
  }
  return dot(w, times(gram, w));
}

/** min w·(G u) + radius √(wᵀGw) over the simplex, by moves of pairs, each by bisection of the slope. */
function exactLeast(gram: Matrix, products: readonly number[], radius: number): number {
  const w = gram.map(() => 1 / gram.length);
  for (let sweep = 0; sweep < 300; sweep++) {
    let moved = 0;
    for (let i = 0; i < w.length; i++) {
      for (let j = 0; j < i; j++) {
        const [before, whole] = [w[i], w[i] + w[j]];
        let [low, high] = [0, whole];
        for (let halving = 0; halving < 45; halving++) {
          w[i] = (low + high) / 2;
          w[j] = whole - w[i];
          const image = times(gram, w);
          const length = Math.sqrt(Math.max(dot(w, image), Number.MIN_VALUE));
          const slope = products[i] - products[j] + (radius * (image[i] - image[j])) / length;
          if (slope > 0) high = w[i];
          else low = w[i];
        }
        moved = Math.max(moved, Math.abs(w[i] - before));
      }
    }
    if (moved < 1e-9) break;
  }
  return dot(w, products) + radius * Math.sqrt(Math.max(dot(w, times(gram, w)), 0));
}

/** Weights of Σ_i of the projections of g_i onto the cone of what conflicts with none, trying every set. */
function exactProjections(gram: Matrix): number[] {
  const size = gram.length;
  const sets = Array.from({ length: 2 ** size }, (_, bits) =>
    gram.map((_, k) => k).filter((k) => (bits >> k) & 1),
  );
  const total = gram.map(() => 0);
  for (let i = 0; i < size; i++) {
    let best = Number.POSITIVE_INFINITY;
    let chosen: number[] = [];
    for (const free of sets) {
      const v: number[] = gram.map((_, k) => (k === i ? 1 : 0));
      const target = free.map((k) => (free.includes(i) ? 0 : -gram[k][i]));
      const part = eliminated(
        free.map((k) => free.map((j) => gram[k][j])),
        target,
      );
      free.forEach((k, at) => {
        v[k] = part[at];
      });
      const value = dot(v, times(gram, v));
      if (v.every((entry, k) => entry >= (k === i ? 1 : 0) - 1e-9) && value < best)
        [best, chosen] = [value, v];
    }
    chosen.forEach((entry, k) => {
      total[k] += entry;
    });
  }
  return total;
}

/** The solution of a positive definite system. */
function eliminated(matrix: Matrix, right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]]);
  rows.forEach((row, k) => {
    const pivot = row[k];
    for (let j = k; j < row.length; j++) row[j] /= pivot;
    rows.forEach((other, i) => {
      if (i === k) return;
      const factor = other[k];
      for (let j = k; j < other.length; j++) other[j] -= factor * row[j];
    });
  });
  return rows.map((row) => row[row.length - 1]);
}

/** Cosines of the gradients of a family. */
function cosines(rows: Matrix): number[][] {
  const lengths = rows.map((row) => Math.hypot(...row));
  return rows.map((a, i) => rows.map((b, j) => dot(a, b) / (lengths[i] * lengths[j])));
}

const ones = (count: number): Tensor => expand(filled(1, 2), [count, 1]);

describe.each([2, 3, 5])("%d objectives", (count) => {
  it("have their shortest vector within 1e-6 of the trace", async () => {
    const gram = input("gram", [count, count]);
    const w = minimiseOnSimplex((at) => ({ gradient: matmul(gram, at), hessian: gram }), ones(count));
    const compiled = await compile(await nodeEngine({ provider: "cpu", threads: 1 }), { w });
    for (const [name, family] of Object.entries(families)) {
      for (let draw = 0; draw < 15; draw++) {
        const matrix = gramOf(family(count, new Random(draw, name, String(count))));
        const found = [...(await compiled.run({ gram: matrix.flat() })).w];
        expect(Math.min(...found)).toBeGreaterThanOrEqual(0);
        expect(found.reduce((sum, value) => sum + value)).toBeCloseTo(1, 5);
        expect(dot(found, times(matrix, found)) - exactShortest(matrix), name).toBeLessThan(1e-6);
      }
    }
    await compiled.release();
  });

  it("have CAGrad's vector within 1e-5 of the trace", async () => {
    const [gram, products] = [input("gram", [count, count]), input("products", [count, 1])];
    const w = leastOf(gram, products, input("radius", []), ones(count));
    const compiled = await compile(await nodeEngine({ provider: "cpu", threads: 1 }), { w });
    for (const [name, family] of Object.entries(families)) {
      for (let draw = 0; draw < 10; draw++) {
        const matrix = gramOf(family(count, new Random(draw, name, String(count))));
        const mean = times(
          matrix,
          matrix.map(() => 1 / count),
        );
        const radius = 0.5 * Math.sqrt(mean.reduce((sum, value) => sum + value, 0) / count);
        const found = [...(await compiled.run({ gram: matrix.flat(), products: mean, radius: [radius] })).w];
        const value = dot(found, mean) + radius * Math.sqrt(Math.max(dot(found, times(matrix, found)), 0));
        expect(value - exactLeast(matrix, mean, radius), name).toBeLessThan(1e-5);
      }
    }
    await compiled.release();
  });
});

describe.each([2, 3, 5])("%d objectives' cosines", (count) => {
  const independent = Object.entries(families).filter(([name]) => name !== "dependent");

  it("give UPGrad's vector to 1e-4 of its length", async () => {
    const matrix = input("cosines", [count, count]);
    const compiled = await compile(await nodeEngine({ provider: "cpu", threads: 1 }), {
      v: projections(matrix),
    });
    for (const [name, family] of independent) {
      for (let draw = 0; draw < 10; draw++) {
        const given = cosines(family(count, new Random(draw, name, String(count))));
        const found = [...(await compiled.run({ cosines: given.flat() })).v];
        const sum = given.map((_, k) => given.reduce((total, _row, i) => total + found[i * count + k], 0));
        const wanted = exactProjections(given);
        const error = sum.map((value, k) => value - wanted[k]);
        const size = Math.sqrt(dot(wanted, times(given, wanted)));
        expect(Math.sqrt(Math.max(dot(error, times(given, error)), 0)) / size, name).toBeLessThan(1e-4);
      }
    }
    await compiled.release();
  });

  it("give Nash-MTL's bargain to 1e-4, 1e-2 in conflict", async () => {
    const matrix = input("cosines", [count, count]);
    const compiled = await compile(await nodeEngine({ provider: "cpu", threads: 1 }), {
      beta: bargain(matrix),
    });
    for (const [name, family] of independent) {
      for (let draw = 0; draw < 20; draw++) {
        const given = cosines(family(count, new Random(draw, name, String(count))));
        const found = [...(await compiled.run({ cosines: given.flat() })).beta];
        const image = times(given, found);
        const error = Math.max(...found.map((beta, k) => Math.abs(beta * image[k] - 1)));
        expect(error, name).toBeLessThan(name === "conflicting" ? 1e-2 : 1e-4);
      }
    }
    await compiled.release();
  });
});

it("solves systems of equations, several at once", async () => {
  const random = new Random(1, "systems");
  const [size, count] = [5, 3];
  const systems = Array.from({ length: count }, () => {
    const rows = normals(size, 2 * size, random);
    return rows.map((a) => rows.map((b) => dot(a, b)));
  });
  const wanted = Array.from({ length: count }, () => normals(1, size, random)[0]);
  const [a, b] = [input("a", [count, size, size]), input("b", [count, size, 1])];
  const compiled = await compile(await nodeEngine({ provider: "cpu", threads: 1 }), { x: solve(a, b) });
  const right = systems.map((system, k) => times(system, wanted[k]));
  const { x } = await compiled.run({ a: systems.flat(2), b: right.flat() });
  await compiled.release();
  wanted.flat().forEach((value, i) => {
    expect(x[i]).toBeCloseTo(value, 3);
  });
});
