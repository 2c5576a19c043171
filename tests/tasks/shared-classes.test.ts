import { describe, expect, test } from "vitest";
import { sharedClasses } from "../../src/tasks/shared-classes.js";

const MODEL = ["road", "person", "rider", "car"];
const DATA = ["street", "pedestrian", "cyclist", "tree"];
const share = (data: Record<string, string | null>, model?: Record<string, string | null>) =>
  sharedClasses({ data, model }, DATA, MODEL, "classes.yaml");

describe("shared classes", () => {
  test("are those of the model that some class of the data is called by; the rest is named", () => {
    expect(share({ street: "road", pedestrian: "person", cyclist: "person" })).toEqual({
      groups: { classes: ["road", "person"], of: [0, 1, -1, -1] },
      ofData: [0, 1, 1, -1],
      leftOut: { data: ["tree"], model: ["rider", "car"] },
    });
  });

  test("may unite classes of the model, and all others under one name", () => {
    const model = { person: "human", rider: "human", "*": "other" };
    expect(share({ pedestrian: "human", cyclist: "human", "*": "other" }, model)).toEqual({
      groups: { classes: ["other", "human"], of: [0, 1, 1, 0] },
      ofData: [0, 1, 1, 0],
      leftOut: { data: [], model: [] },
    });
  });

  test("null leaves a class out", () => {
    const { leftOut, groups } = share({ street: null, pedestrian: "person", "*": "road" }, { car: null });
    expect(leftOut).toEqual({ data: ["street"], model: ["rider", "car"] });
    expect(groups.classes).toEqual(["road", "person"]);
  });

  test.each([
    ["a name that the data does not have", { stret: "road" }, undefined, "Did you mean street?"],
    ["a name that the model does not have", { street: "raod" }, undefined, "Did you mean road?"],
    ["a name for a class that the model lacks", { street: "road" }, { persn: "x" }, "Did you mean person?"],
    ["nothing that is shared", { street: null }, undefined, "no class is left"],
    ["an empty table", {}, undefined, "no class is left"],
  ])("%s is refused", (_, data, model, said) => {
    expect(() => share(data, model)).toThrow(said);
    expect(() => share(data, model)).toThrow(/^classes\.yaml: /);
  });
});
