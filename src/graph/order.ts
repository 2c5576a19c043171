/** @file Depth-first order: what a graph's nodes depend on comes before them. */

/**
 * All of `roots` and what they depend on, each once and behind its own dependencies; otherwise in the order
 * of `roots` and of their dependencies. Iterative: graphs may be tens of thousands deep. The dependencies
 * must hold no circle.
 */
export function dependencyOrder<T>(roots: Iterable<T>, dependenciesOf: (item: T) => readonly T[]): T[] {
  const order: T[] = [];
  const done = new Map<T, boolean>();
  const stack: T[] = [];
  for (const root of roots) {
    stack.push(root);
    while (stack.length > 0) {
      const item = stack[stack.length - 1];
      const state = done.get(item);
      if (state === undefined) {
        done.set(item, false);
        const dependencies = dependenciesOf(item);
        for (let i = dependencies.length - 1; i >= 0; i--) {
          if (!done.has(dependencies[i])) stack.push(dependencies[i]);
        }
      } else {
        stack.pop();
        if (!state) {
          done.set(item, true);
          order.push(item);
        }
      }
    }
  }
  return order;
}
