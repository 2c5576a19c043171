// A constraint of one's own: what is probably a floor faces up. In a configuration:
//   plugins: [./floors-are-level.mjs]
//   method: {name: supervised, with: [{name: floors-are-level, classes: [floor], weight: 0.1}]}
// @ts-check
import { UserError } from "taskloom";
import { taskFor, taskOption, weightOption } from "taskloom/constraints";
import { add, div, maximum, mul, reduceMean, reduceSum, slice, softmax } from "taskloom/graph";
import { z } from "zod";

/**
 * Mean of 1 - n·u over pixels, weighed by how probably each is of one of the classes: n the predicted normal,
 * u = (0, -1, 0) the direction against gravity of a level camera. Rolled or pitched cameras need their own u.
 * @type {import("taskloom/constraints").ConstraintDefinition<{
 *   weight: number, classes: string[], segmentation?: string, normals?: string }>}
 */
const floorsAreLevel = {
  name: "floors-are-level",
  options: z.strictObject({
    weight: weightOption("of the tilt", 0.1),
    classes: z.array(z.string()).min(1).default(["floor"]).describe("classes that lie level"),
    segmentation: taskOption("segmentation"),
    normals: taskOption("normals"),
  }),
  needs: () => ({ tasks: { segmentation: "segmentation", normals: "normals" } }),
  build(context, options) {
    const [segmentation, normals] = /** @type {const} */ (["segmentation", "normals"]).map((kind) =>
      taskFor(context, "floors-are-level", kind, options[kind]),
    );
    const { classes: known } = /** @type {{ classes: string[] }} */ (
      /** @type {unknown} */ (segmentation.spec)
    );
    const { predictions } = context.frame(0);
    const probabilities = softmax(predictions[segmentation.name], 1);
    const level = options.classes.map((name) => {
      const index = known.indexOf(name);
      if (index === -1) {
        throw new UserError({
          code: "floors-are-level.no-class",
          where: "floors-are-level: classes",
          what: `the task ${segmentation.name} has no class ${name}`,
          expected: known.join(", "),
        });
      }
      return slice(probabilities, { axes: [1], starts: [index], ends: [index + 1] });
    });
    const share = level.reduce((sum, each) => add(sum, each));
    // n·u = -n_y
    const tilt = add(1, slice(predictions[normals.name], { axes: [1], starts: [1], ends: [2] }));
    const value = div(reduceSum(mul(tilt, share)), maximum(reduceSum(share), 1));
    return [{ name: "floors-are-level", value: reduceMean(value), weight: options.weight }];
  },
};

export const constraints = [floorsAreLevel];
