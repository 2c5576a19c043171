import { describe, expect, test } from "vitest";
import { suggest } from "../../src/common/suggest.js";
import { parseTaskSpec, resolveTasks, taskKind, taskKinds } from "../../src/tasks/index.js";

const specs = { segmentation: { kind: "segmentation", classes: ["a", "b"] }, depth: { kind: "depth" } };

describe("task registry", () => {
  test("every kind stands under its own name", () => {
    for (const [name, kind] of Object.entries(taskKinds)) expect(kind.kind).toBe(name);
  });

  test("an unknown kind lists the known ones and suggests the nearest", () => {
    expect(() => taskKind("segmentaton", "dataset.yaml")).toThrow(
      "dataset.yaml: unknown kind of task (expected one of segmentation, depth, normals, occlusion-edges, " +
        "reshading, keypoints2d, edges2d, motion, boundaries, boxes3d, got segmentaton). " +
        "Did you mean segmentation?",
    );
    expect(() => taskKind("toString")).toThrow(/unknown kind/);
  });

  test("tasks come in the order asked for, with their specs' defaults", () => {
    const tasks = resolveTasks(specs, ["depth", "segmentation"]);
    expect(tasks.map(({ name }) => name)).toEqual(["depth", "segmentation"]);
    expect(tasks[0].spec).toEqual({ kind: "depth", scale: 0.001, invalid: 0 });
    expect(tasks[0].kind).toBe(taskKinds.depth);
    expect(resolveTasks(specs).map(({ name }) => name)).toEqual(["segmentation", "depth"]);
  });

  test("two tasks may be of one kind", () => {
    const tasks = resolveTasks({ near: { kind: "depth" }, far: { kind: "depth", scale: 0.01 } });
    expect(tasks.map(({ kind }) => kind.kind)).toEqual(["depth", "depth"]);
  });

  test("names the dataset does not have, repeated names and empty lists are refused", () => {
    expect(() => resolveTasks(specs, ["dept"])).toThrow(
      /one of segmentation, depth, got dept\). Did you mean depth\?/,
    );
    expect(() => resolveTasks(specs, ["depth", "depth"])).toThrow(/depth is named twice/);
    expect(() => resolveTasks(specs, [])).toThrow(/no task/);
  });

  test("settings are laid over the dataset's entry, what files mean is not", () => {
    const [depth] = resolveTasks(specs, [{ name: "depth", loss: "silog", lambda: 0.85 }]);
    expect(depth.spec).toMatchObject({ kind: "depth", scale: 0.001, loss: "silog", lambda: 0.85 });
    const weights = { name: "segmentation", classWeights: { b: 3 } };
    expect(resolveTasks(specs, [weights])[0].spec).toMatchObject({
      classes: ["a", "b"],
      classWeights: { b: 3 },
    });
    expect(() => resolveTasks(specs, [{ name: "depth", scale: 2 }])).toThrow(
      "tasks.depth: depth has no such setting (expected one of loss, lambda, got scale)",
    );
    expect(() => resolveTasks(specs, [{ name: "segmentation", classWeights: { c: 3 } }])).toThrow(
      "tasks.segmentation.classWeights: `classWeights` names c, which is no class",
    );
    expect(() => resolveTasks(specs, ["depth", { name: "depth" }])).toThrow(/depth is named twice/);
  });

  test("a bad entry is refused with its place", () => {
    expect(() => parseTaskSpec({ scale: 1 }, "dataset.yaml: tasks.x")).toThrow(
      /^dataset.yaml: tasks.x: the task has no kind/,
    );
    expect(() => parseTaskSpec("depth", "tasks.x")).toThrow(/got "depth"/);
    expect(() => parseTaskSpec({ kind: "depth", sclae: 1 }, "tasks.x")).toThrow(
      /got sclae\)\. Did you mean scale\?/,
    );
    expect(() => parseTaskSpec({ kind: "depth", scale: "1" }, "tasks.x")).toThrow(/^tasks\.x\.scale: /);
    expect(() => parseTaskSpec({ kind: "segmentation", classes: ["a", ""] }, "tasks.x")).toThrow(
      /^tasks\.x\.classes\.1: /,
    );
  });
});

test("suggestions are near or none", () => {
  expect(suggest("normal", ["normals", "depth"])).toBe("normals");
  expect(suggest("Depth", ["normals", "depth"])).toBe("depth");
  expect(suggest("boxes", ["normals", "depth"])).toBeUndefined();
});
