import { describe, expect, it } from "vitest";
import type { Move } from "../../src/fields/move.js";
import { SCAN_POINTS, scanField } from "../../src/fields/scan.js";

const size = { width: 20, height: 10 };
const scan = { points: Float32Array.of(4, 3, 12, 18, 9, 30) };
const moved = (move: Move) => [...scanField.moved(scan, move, size).points];

describe("scans follow their picture", () => {
  it.each<[Move, number[]]>([
    [{ kind: "mirror" }, [15, 3, 12, 1, 9, 30]],
    // The column becomes the row, counted from below.
    [{ kind: "turn", quarters: 1 }, [3, 15, 12, 9, 1, 30]],
    [{ kind: "stretch", width: 40, height: 20, enlargement: 1 }, [8.5, 6.5, 12, 36.5, 18.5, 30]],
    // What lies beyond the frame is left out.
    [{ kind: "cut", top: 2, left: 3, width: 8, height: 8, fill: "zero" }, [1, 1, 12]],
    // Twice as large is twice as near.
    [{ kind: "window", top: 1, left: 2, rows: 5, columns: 10, enlargement: 2 }, [4.2222223, 4.5, 6]],
  ])("after %o", (move, expected) => {
    moved(move).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 5);
    });
    expect(moved(move)).toHaveLength(expected.length);
  });

  it("and fill arrays, every so many-th point where there are too many", () => {
    const many = Float32Array.from({ length: 3 * 2 * SCAN_POINTS }, (_, i) => Math.floor(i / 3));
    const arrays = { "": new Float32Array(2 * 4 * SCAN_POINTS) };
    scanField.write(scan, arrays, 0);
    scanField.write({ points: many }, arrays, 1);
    const [first, second] = [arrays[""].subarray(0, 4 * SCAN_POINTS), arrays[""].subarray(4 * SCAN_POINTS)];
    expect([...first.subarray(0, 3)]).toEqual([4, 18, 0]);
    expect([...first.subarray(3 * SCAN_POINTS, 3 * SCAN_POINTS + 3)]).toEqual([1, 1, 0]);
    expect([...second.subarray(0, 3)]).toEqual([0, 2, 4]);
    expect(second[4 * SCAN_POINTS - 1]).toBe(1);
  });
});
