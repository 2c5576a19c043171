/** @file Modules and the variables they own: who trains a value, who keeps it, and who only follows it. */
import { GraphError } from "../common/errors.js";
import { Random } from "../common/random.js";
import { input } from "../graph/ops/leaf.js";
import { type Shape, sameShape, type Tensor } from "../graph/tensor.js";
import type { Initializer } from "./initializers.js";
import { Scope } from "./scope.js";

/** A network of a step, or another owner of variables. */
export interface ModuleSpec {
  /** Stands before the names of its arrays in files; "": they bear no prefix. Unique within a step. */
  readonly name: string;
  /** What people read; the name if left out. */
  readonly title?: string;
  /** Whether it is evaluated, exported and part of the best checkpoint. */
  readonly kept: boolean;
  /**
   * A copy that is not trained: every value becomes `decay` of itself and the rest of the followed module's
   * new value. A value that the copy's own forward pass updates (running statistics) is left to that pass.
   */
  readonly follows?: { readonly module: string; readonly decay: number };
}

/** The network that a run is for. */
export const KEPT: ModuleSpec = { name: "", kept: true };
/** A network beside the kept one, dropped after training. */
export const helperModule = (title: string): ModuleSpec => ({ name: `helper.${title}`, title, kept: false });
/** Exponential moving averages of the kept network, parameters and running statistics alike. */
export const averagedModule = (decay: number): ModuleSpec => ({
  name: "ema",
  kept: true,
  follows: { module: KEPT.name, decay },
});

/** Name of an array in files. */
export const arrayName = (module: string, path: string): string =>
  module === "" ? path : `${module}.${path}`;

/**
 * A parameter (trained) or a piece of state (batch-norm statistics, queues, ...) that lives from step to
 * step.
 */
export interface Variable {
  /** Name of its array in files: the module's name and the path. */
  readonly name: string;
  /** Name within its module. */
  readonly path: string;
  readonly kind: "parameter" | "state";
  readonly module: ModuleSpec;
  /** The group of parameters it is trained with, where that is one of the method's own. */
  readonly group?: string;
  /** The leaf that stands for its value at the start of a step. */
  readonly tensor: Tensor;
  readonly initialize: Initializer;
}

/** What is declared: all but what follows from the module. */
export interface Declaration extends Pick<Variable, "path" | "kind" | "group" | "initialize"> {
  readonly shape: Shape;
}

/** All variables of one training step, each owned by a module. */
export class ModuleSet {
  readonly #variables = new Map<string, Variable>();
  readonly #specs = new Map<string, ModuleSpec>();

  /**
   * The place where a module's variables are declared. Throws GraphError where the name is another module's.
   */
  scope(spec: ModuleSpec = KEPT): Scope {
    this.#register(spec);
    return new Scope(this, spec);
  }

  /**
   * Returns the variable of that path, creating it on first use. Throws GraphError where shape or kind
   * differ.
   */
  declare(module: ModuleSpec, { path, kind, group, shape, initialize }: Declaration): Variable {
    this.#register(module);
    const name = arrayName(module.name, path);
    const known = this.#variables.get(name);
    if (known !== undefined) {
      if (known.module.name !== module.name || known.kind !== kind || !sameShape(known.tensor.shape, shape)) {
        throw new GraphError(
          `${name}: declared as ${known.kind} [${known.tensor.shape}] of module ` +
            `"${known.module.name}", now as ${kind} [${shape}] of "${module.name}"`,
        );
      }
      return known;
    }
    const tensor = input(name, shape);
    const variable: Variable = { name, path, kind, module, group, tensor, initialize };
    this.#variables.set(name, variable);
    return variable;
  }

  /** Declares in a module that follows another one a copy of each of that one's variables. */
  mirror(spec: ModuleSpec): void {
    if (spec.follows === undefined) throw new GraphError(`module "${spec.name}" follows no other`);
    for (const variable of this.of(spec.follows.module)) {
      this.declare(spec, { ...variable, group: undefined, shape: variable.tensor.shape });
    }
  }

  get(name: string): Variable | undefined {
    return this.#variables.get(name);
  }

  all(): Variable[] {
    return [...this.#variables.values()];
  }

  /** The variables of one module. */
  of(module: string): Variable[] {
    return this.all().filter((variable) => variable.module.name === module);
  }

  modules(): ModuleSpec[] {
    return [...this.#specs.values()];
  }

  /** Parameters that gradients change: those of modules that follow no other. */
  trained(): Variable[] {
    return this.all().filter(({ kind, module }) => kind === "parameter" && module.follows === undefined);
  }

  /** The variable that a copy follows. */
  followed({ module, path }: Pick<Variable, "module" | "path">): Variable | undefined {
    return this.of(module.follows?.module ?? "\0").find((variable) => variable.path === path);
  }

  /** The copies that follow a variable. */
  followers({ module, path }: Pick<Variable, "module" | "path">): Variable[] {
    return this.all().filter((copy) => copy.module.follows?.module === module.name && copy.path === path);
  }

  /**
   * The starting value of a variable; the same seed gives the same value whatever other variables exist. A
   * copy starts as what it follows.
   */
  initialValue(variable: Variable, seed: number): Float32Array {
    const { name, tensor, initialize } = this.followed(variable) ?? variable;
    return initialize(tensor.shape, new Random(seed, "init", name));
  }

  #register(spec: ModuleSpec): void {
    const known = this.#specs.get(spec.name);
    if (known === undefined) this.#specs.set(spec.name, spec);
    else if (known.kept !== spec.kept || known.follows?.module !== spec.follows?.module) {
      throw new GraphError(`two modules are called "${spec.name}"`);
    }
  }
}
