/** @file What a module predicts, as its peers are told: they need not have its data. */
import { z } from "zod";
import { taskKind } from "../../tasks/index.js";
import type { Task } from "../../tasks/task.js";

const descriptionSchema = z.array(z.object({ name: z.string(), kind: z.string(), spec: z.unknown() }));

/** Tasks as JSON. */
export function describeTasks(tasks: readonly Task[]): unknown {
  return tasks.map(({ name, kind, spec }) => ({ name, kind: kind.kind, spec }));
}

/** Tasks from JSON. Throws where it is not what `describeTasks` gives, or a kind is not there. */
export function describedTasks(description: unknown): Task[] {
  return descriptionSchema.parse(description).map(({ name, kind: kindName, spec }) => {
    const kind = taskKind(kindName);
    return { name, kind, spec: kind.specSchema.parse(spec) };
  });
}
