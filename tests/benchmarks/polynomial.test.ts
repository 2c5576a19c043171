import fc from "fast-check";
import { expect, it } from "vitest";
import { fitPolynomial } from "../../benchmarks/lib/polynomial.js";

const coefficient = fc.double({ min: -100, max: 100, noNaN: true });

it("finds the polynomial that the points lie on", () => {
  fc.assert(
    fc.property(coefficient, coefficient, coefficient, (a, b, c) => {
      const points = [2, 3, 5, 7].map((x): [number, number] => [x, a + b * x + c * x * x]);
      const { coefficients, rmse } = fitPolynomial(points, 2)!;
      [a, b, c].forEach((value, i) => {
        expect(coefficients[i]).toBeCloseTo(value, 6);
      });
      expect(rmse).toBeLessThan(1e-6);
    }),
  );
});

it("is the nearest one where they lie on none", () => {
  const line = fitPolynomial(
    [
      [0, 0],
      [1, 3],
      [2, 0],
    ],
    1,
  )!;
  expect(line.coefficients[0]).toBeCloseTo(1);
  expect(line.coefficients[1]).toBeCloseTo(0);
  expect(line.rmse).toBeCloseTo(Math.SQRT2);
});

it("needs more points than its degree", () => {
  expect(
    fitPolynomial(
      [
        [2, 1],
        [3, 2],
      ],
      2,
    ),
  ).toBeNull();
  expect(
    fitPolynomial(
      [
        [2, 1],
        [2, 2],
      ],
      1,
    ),
  ).toBeNull();
});
