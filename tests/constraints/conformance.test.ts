import { expect, it } from "vitest";
import { constraints } from "../../src/constraints/index.js";
import { constraintSuite } from "./suite.js";

for (const constraint of Object.values(constraints)) constraintSuite(constraint);

it("every constraint is registered by its name, and its options are documented", () => {
  for (const [name, { name: own, options }] of Object.entries(constraints)) {
    expect(own).toBe(name);
    const { shape } = options as unknown as { shape: Record<string, { description?: string }> };
    for (const [option, { description }] of Object.entries(shape)) {
      expect(description, `${name}.${option}`).toBeTruthy();
    }
  }
});
