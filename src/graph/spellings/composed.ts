/** @file Spelling an operator as other operators, for providers that lack its ONNX node. */
import { topologicalOrder } from "../lowering.js";
import { input } from "../ops/leaf.js";
import type { Node, Tensor } from "../tensor.js";
import { plainForm } from "./blocked.js";
import { type Spelling, spellings } from "./index.js";

// biome-ignore lint/suspicious/noExplicitAny: each entry reads the attributes of its own operator.
type Build = (inputs: readonly Tensor[], attributes: any) => Tensor;

/** The spelling of an operator with one output that `build` makes of tensors standing for its inputs. */
export function composed(build: Build): Spelling {
  return (context) => {
    const standIns = context.inputs.map(({ shape, dtype }, i) => input(`operand ${i}`, shape, dtype));
    const values = new Map<Node, readonly string[]>(
      standIns.map(({ node }, i) => [node, [context.names[i]]]),
    );
    const nameOf = ({ node, index }: Tensor) => values.get(node)![index];
    const output = build(standIns, context.attributes);
    for (const node of topologicalOrder([output])) {
      if (values.has(node)) continue;
      const { attributes, inputs, outputs } = node;
      const inner = {
        ...context,
        ...{ node, attributes, inputs, outputs, names: inputs.map(nameOf), nameOf },
        ...{ blockedNameOf: () => null, blockedFilterOf: () => null },
      };
      const lower = spellings(context.target)[node.op.name] ?? node.op.lower;
      values.set(
        node,
        lower(inner).map((value, i) =>
          typeof value === "string" ? value : plainForm(context, value, outputs[i].shape),
        ),
      );
    }
    return [nameOf(output)];
  };
}
