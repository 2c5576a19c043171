/** @file Whether a model's nodes have forms that its operator set knows (tests/golden/onnx_schemas.py). */
import { readFileSync } from "node:fs";
import type { decodeModel } from "../../src/graph/onnx.js";

type Model = ReturnType<typeof decodeModel>;

interface Form {
  readonly since: number;
  readonly inputs: readonly [number, number];
  readonly outputs: readonly [number, number];
  readonly attributes: readonly string[];
}

const forms: Record<string, Form[]> = JSON.parse(
  readFileSync(new URL("../golden/onnx-schemas.json", import.meta.url), "utf8"),
);

const within = (count: number, [least, most]: readonly [number, number]) => count >= least && count <= most;

/** What is wrong with a model's nodes, by their operator. */
export function misfits(model: Model): string[] {
  const [{ version, domain }, ...others] = model.opsetImport;
  const found = others.map((each) => `operators of ${each.domain}`);
  if (domain !== "") found.push(`operators of ${domain}`);
  for (const { opType, input, output, attribute } of model.graph!.node) {
    const form = forms[opType]?.findLast(({ since }) => since <= Number(version));
    if (form === undefined) found.push(`${opType} is not known`);
    else {
      if (!within(input.length, form.inputs)) found.push(`${opType} with ${input.length} inputs`);
      if (!within(output.length, form.outputs)) found.push(`${opType} with ${output.length} outputs`);
      const strange = attribute.filter(({ name }) => !form.attributes.includes(name));
      found.push(...strange.map(({ name }) => `${opType} with ${name}`));
    }
  }
  return found;
}
