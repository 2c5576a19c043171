import { expect, it } from "vitest";
import { blurred } from "../../../src/data/augment/blur.js";

const size = { width: 41, height: 31 };
const area = size.width * size.height;

it("spreads a point by the Gaussian's deviation, alike in both directions", () => {
  const image = new Float32Array(3 * area);
  const [x0, y0] = [20, 15];
  image[area + y0 * size.width + x0] = 1;
  for (const sigma of [0.7, 1.5, 3]) {
    const out = blurred(image, size, sigma);
    let [sum, x2, y2] = [0, 0, 0];
    for (let i = area; i < 2 * area; i++) {
      sum += out[i];
      x2 += out[i] * ((i % size.width) - x0) ** 2;
      y2 += out[i] * (Math.floor((i - area) / size.width) - y0) ** 2;
    }
    expect(sum).toBeCloseTo(1, 5);
    expect(x2).toBeCloseTo(y2, 4);
    // Cut off at three deviations, which takes 3 % of the variance.
    expect(Math.sqrt(x2) / sigma).toBeGreaterThan(0.97);
    expect(Math.sqrt(x2) / sigma).toBeLessThan(1.02);
    expect(out.subarray(0, area).every((value) => value === 0)).toBe(true);
  }
});

it("reflects at the borders: what is flat stays, however small the image", () => {
  const flat = new Float32Array(3 * 6).fill(0.4);
  for (const value of blurred(flat, { width: 3, height: 2 }, 5)) expect(value).toBeCloseTo(0.4, 5);
  for (const value of blurred(Float32Array.of(0.1, 0.2, 0.3), { width: 1, height: 1 }, 2).entries()) {
    expect(value[1]).toBeCloseTo([0.1, 0.2, 0.3][value[0]], 6);
  }
});
