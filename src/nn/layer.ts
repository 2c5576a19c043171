/** @file Where a layer stands: its place among a module's variables, and the pass it takes part in. */
import type { Shape, Tensor } from "../graph/tensor.js";
import type { Initializer } from "./initializers.js";
import type { Variable } from "./module.js";
import type { Forward, ForwardOptions, Scope } from "./scope.js";

/**
 * What a layer or a whole network is built at: `layer.child("conv1")` is that layer of the network at
 * `layer`, in the same pass.
 */
export class Layer {
  readonly scope: Scope;
  readonly forward: Forward;

  constructor(scope: Scope, forward: Forward) {
    this.scope = scope;
    this.forward = forward;
  }

  child(name: string | number): Layer {
    return new Layer(this.scope.child(name), this.forward);
  }

  /** The same variables, but no gradient reaches its parameters. */
  frozen(): Layer {
    return new Layer(this.scope.frozen(), this.forward);
  }

  /**
   * The same place; parameters declared from here on are trained in that group of the method's, at its rate.
   */
  inGroup(group: string): Layer {
    return new Layer(this.scope.inGroup(group), this.forward);
  }

  /** The same place in a pass that shares this one's state changes but follows other options. */
  with(options: ForwardOptions): Layer {
    return new Layer(this.scope, this.forward.with(options));
  }

  parameter(name: string, shape: Shape, initialize: Initializer): Tensor {
    return this.scope.parameter(name, shape, initialize);
  }

  state(name: string, shape: Shape, initialize: Initializer): Variable {
    return this.scope.state(name, shape, initialize);
  }
}
