/** @file Places in a module's tree of names, and the context of one forward pass. */
import { detach } from "../graph/ops/unary.js";
import type { Shape, Tensor } from "../graph/tensor.js";
import type { Initializer } from "./initializers.js";
import type { ModuleSet, ModuleSpec, Variable } from "./module.js";

interface Place {
  readonly path: string;
  /** Whether gradients are kept from its parameters. */
  readonly frozen: boolean;
  readonly group?: string;
}

/**
 * A place in a module's tree of names: `scope.child("layer1").parameter("weight", ...)` is `layer1.weight`.
 */
export class Scope {
  readonly modules: ModuleSet;
  readonly module: ModuleSpec;
  readonly #place: Place;

  /** Use `ModuleSet.scope`. */
  constructor(modules: ModuleSet, module: ModuleSpec, place: Place = { path: "", frozen: false }) {
    this.modules = modules;
    this.module = module;
    this.#place = place;
  }

  child(name: string | number): Scope {
    return this.#at({ path: this.#path(String(name)) });
  }

  /** The same variables, but no gradient reaches its parameters. */
  frozen(): Scope {
    return this.#at({ frozen: true });
  }

  /**
   * The same place; parameters declared from here on are trained in that group of the method's, at its rate.
   */
  inGroup(group: string): Scope {
    return this.#at({ group });
  }

  parameter(name: string, shape: Shape, initialize: Initializer): Tensor {
    const { tensor } = this.#declare(name, "parameter", shape, initialize);
    return this.#place.frozen ? detach(tensor) : tensor;
  }

  state(name: string, shape: Shape, initialize: Initializer): Variable {
    return this.#declare(name, "state", shape, initialize);
  }

  #declare(name: string, kind: Variable["kind"], shape: Shape, initialize: Initializer): Variable {
    const { group } = this.#place;
    return this.modules.declare(this.module, { path: this.#path(name), kind, group, shape, initialize });
  }

  #path(name: string): string {
    return this.#place.path === "" ? name : `${this.#place.path}.${name}`;
  }

  #at(change: Partial<Place>): Scope {
    return new Scope(this.modules, this.module, { ...this.#place, ...change });
  }
}

export interface ForwardOptions {
  /** `eval` within a training pass: running statistics count there, and stay as they are. */
  mode?: Forward["mode"];
  updatesState?: boolean;
  statistics?: Forward["statistics"];
}

/** One forward pass: its mode, and what it changes in the state. */
export class Forward {
  readonly mode: "train" | "eval";
  /**
   * Whether batch statistics are folded into running ones: false for a pass in training mode that must leave
   * state alone.
   */
  readonly updatesState: boolean;
  /**
   * Over what batch statistics are taken in training mode: the batch, or each sample alone (as if run at
   * batch size 1).
   */
  readonly statistics: "batch" | "sample";
  #updates = new Map<string, Tensor>();

  constructor(mode: "train" | "eval", options: Omit<ForwardOptions, "mode"> = {}) {
    this.mode = mode;
    this.statistics = options.statistics ?? "batch";
    this.updatesState = options.updatesState ?? mode === "train";
  }

  /**
   * The value of a state variable as this pass sees it: an earlier evaluation in the same step may have
   * changed it.
   */
  current(variable: Variable): Tensor {
    return this.#updates.get(variable.name) ?? variable.tensor;
  }

  update(variable: Variable, next: Tensor): void {
    if (this.updatesState) this.#updates.set(variable.name, next);
  }

  /** A pass that shares this one's state changes but follows other options. */
  with({ mode = this.mode, ...options }: ForwardOptions): Forward {
    const other = new Forward(mode, {
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
