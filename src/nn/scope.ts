/** @file Named parameters and state of networks, and the context of one forward pass. */
import { GraphError } from "../common/errors.js";
import { Random } from "../common/random.js";
import { input } from "../graph/ops/leaf.js";
import { detach } from "../graph/ops/unary.js";
import { type Shape, sameShape, type Tensor } from "../graph/tensor.js";
import type { Initializer } from "./initializers.js";

/** A parameter (trained) or a piece of state (batch-norm statistics, queues, ...) that lives from step to step. */
export interface Variable {
  readonly name: string;
  readonly kind: "parameter" | "state";
  /** The leaf that stands for its value at the start of a step. */
  readonly tensor: Tensor;
  readonly initialize: Initializer;
}

/** All variables of one training step, by full name. */
export class VariableStore {
  readonly #variables = new Map<string, Variable>();

  /** Returns the variable of that name, creating it on first use. Throws GraphError where shape or kind differ. */
  declare(name: string, kind: Variable["kind"], shape: Shape, initialize: Initializer): Variable {
    const known = this.#variables.get(name);
    if (known !== undefined) {
      if (known.kind !== kind || !sameShape(known.tensor.shape, shape)) {
        throw new GraphError(
          `${name}: declared as ${known.kind} [${known.tensor.shape}], now as ${kind} [${shape}]`,
        );
      }
      return known;
    }
    const variable: Variable = { name, kind, tensor: input(name, shape), initialize };
    this.#variables.set(name, variable);
    return variable;
  }

  get(name: string): Variable | undefined {
    return this.#variables.get(name);
  }

  all(): Variable[] {
    return [...this.#variables.values()];
  }

  parameters(): Variable[] {
    return this.all().filter((variable) => variable.kind === "parameter");
  }

  /** The starting value of a variable; the same seed gives the same value whatever other variables exist. */
  initialValue({ name, tensor, initialize }: Variable, seed: number): Float32Array {
    return initialize(tensor.shape, new Random(seed, "init", name));
  }
}

/** A place in the tree of names: `scope.child("layer1").parameter("weight", ...)` is `layer1.weight`. */
export class Scope {
  readonly store: VariableStore;
  readonly prefix: string;
  readonly #frozen: boolean;

  constructor(store: VariableStore, prefix = "", frozen = false) {
    this.store = store;
    this.prefix = prefix;
    this.#frozen = frozen;
  }

  child(name: string | number): Scope {
    return new Scope(this.store, this.#full(String(name)), this.#frozen);
  }

  /** The same variables, but no gradient reaches its parameters. */
  frozen(): Scope {
    return new Scope(this.store, this.prefix, true);
  }

  parameter(name: string, shape: Shape, initialize: Initializer): Tensor {
    const { tensor } = this.store.declare(this.#full(name), "parameter", shape, initialize);
    return this.#frozen ? detach(tensor) : tensor;
  }

  state(name: string, shape: Shape, initialize: Initializer): Variable {
    return this.store.declare(this.#full(name), "state", shape, initialize);
  }

  #full(name: string): string {
    return this.prefix === "" ? name : `${this.prefix}.${name}`;
  }
}

export interface ForwardOptions {
  updatesState?: boolean;
  statistics?: Forward["statistics"];
}

/** One forward pass: its mode, and what it changes in the state. */
export class Forward {
  readonly mode: "train" | "eval";
  /** Whether batch statistics are folded into running ones: false for a pass in training mode that must leave state alone. */
  readonly updatesState: boolean;
  /** Over what batch statistics are taken in training mode: the batch, or each sample alone (as if run at batch size 1). */
  readonly statistics: "batch" | "sample";
  #updates = new Map<string, Tensor>();

  constructor(mode: "train" | "eval", options: ForwardOptions = {}) {
    this.mode = mode;
    this.statistics = options.statistics ?? "batch";
    this.updatesState = options.updatesState ?? mode === "train";
  }

  /** The value of a state variable as this pass sees it: an earlier evaluation in the same step may have changed it. */
  current(variable: Variable): Tensor {
    return this.#updates.get(variable.name) ?? variable.tensor;
  }

  update(variable: Variable, next: Tensor): void {
    if (this.updatesState) this.#updates.set(variable.name, next);
  }

  /** A pass that shares this one's state changes but follows other options. */
  with(options: ForwardOptions): Forward {
    const other = new Forward(this.mode, {
      updatesState: this.updatesState,
      statistics: this.statistics,
      ...options,
    });
    other.#updates = this.#updates;
    return other;
  }

  /** New values of the state this pass changed, by variable name. */
  updates(): ReadonlyMap<string, Tensor> {
    return this.#updates;
  }
}
