// A method of one's own: a teacher that is the moving average of the student (Tarvainen and Valpola 2017)
// keeps predictions of all tasks steady. It has a network beside the kept one, state of its own, and a group
// of parameters with an optimizer of its own. In a configuration:
//   plugins: [./mean-teacher.mjs]
//   method: {name: mean-teacher, weight: 1, decay: 0.99}
// @ts-check
import { add, detach, div, exp, maximum, mul, neg, reduceMean, square, sub } from "taskloom/graph";
import { headsOf, networkPass, supervisedTerms } from "taskloom/methods";
import { runNetwork } from "taskloom/models";
import { Layer, ones, sgd, zeros } from "taskloom/nn";
import { z } from "zod";

const TRUST = "trust";

/**
 * @type {import("taskloom/methods").MethodDefinition<{ weight: number, decay: number, trustRate: number }>}
 */
const meanTeacher = {
  name: "mean-teacher",
  options: z.strictObject({
    weight: z.number().nonnegative().default(1).describe("of the distance to the teacher"),
    decay: z.number().min(0).lt(1).default(0.99).describe("share of the old teacher in the new one"),
    trustRate: z
      .number()
      .positive()
      .default(0.01)
      .describe("learning rate of the tasks' trust in the teacher"),
  }),
  groups: ({ trustRate }) => [{ name: TRUST, optimizer: sgd(), learningRate: trustRate }],
  build(context, { weight, decay }) {
    const { predictions } = networkPass(context, context.image());
    const scope = context.module({ name: "helper.teacher", kept: false, follows: { module: "", decay } });
    const teacher = new Layer(scope, context.forward.with({ updatesState: false }));
    const { outputs } = runNetwork(context.network, teacher, context.image(), headsOf(context.tasks));
    const own = context.helper("mean-teacher");
    const distances = context.tasks.map(({ name, kind, spec }) => {
      const taught = detach(kind.learning.activate(outputs[name], spec));
      const distance = reduceMean(square(sub(predictions[name], taught)));
      // Metres, logits and unit vectors differ in size: each distance is taken relative to its own average.
      const usual = own.state(`${name}.usual`, [], ones);
      const now = context.forward.current(usual);
      context.forward.update(usual, add(mul(now, 0.99), mul(detach(distance), 0.01)));
      const relative = div(distance, maximum(now, 1e-6));
      // Learned as an uncertainty is: less trust makes the distance count less and costs something itself.
      const doubt = own.inGroup(TRUST).parameter(`${name}.doubt`, [], zeros);
      return add(mul(relative, exp(neg(doubt))), doubt);
    });
    const value = mul(
      distances.reduce((sum, distance) => add(sum, distance)),
      1 / distances.length,
    );
    return {
      terms: [
        ...supervisedTerms(context, predictions, { variant: "paper" }),
        { name: "mean-teacher.distance", value, weight },
      ],
    };
  },
};

export const methods = [meanTeacher];
