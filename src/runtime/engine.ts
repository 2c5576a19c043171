/**
 * @file The one place that knows ONNX Runtime. `engine.node.ts` and `engine.web.ts` hand in the package of
 * their platform; everything else speaks to this interface.
 */
import type * as Ort from "onnxruntime-common";
import { UserError } from "../common/errors.js";
import type { Target } from "../graph/lowering.js";
import { sizeOf, type TensorType } from "../graph/tensor.js";

export type OrtModule = Pick<typeof Ort, "InferenceSession" | "Tensor" | "env">;
export type Provider = Target["provider"];

export interface EngineOptions {
  readonly provider: Provider;
  /** Threads of the CPU provider; 0 lets ONNX Runtime take one per physical core. */
  readonly threads?: number;
}

/** A platform's ONNX Runtime with the provider its graphs are written for. */
export interface Engine {
  readonly ort: OrtModule;
  readonly target: Target;
  readonly threads: number;
  /**
   * How a run says that it ended before it copied its outputs (`uncopied-run.ts`); absent where it cannot be
   * made to.
   */
  readonly refusal?: string;
}

/**
 * Whether runs write state into buffers they are given; other providers allocate what they return, on their
 * device.
 */
export const writesGivenBuffers = ({ target }: Engine): boolean => target.provider === "cpu";

export type TypedData = Float32Array | BigInt64Array | Int32Array | Uint8Array;

const arrays = {
  float32: Float32Array,
  int64: BigInt64Array,
  int32: Int32Array,
  bool: Uint8Array,
} satisfies Record<TensorType["dtype"], new (length: number) => TypedData>;

export interface SessionPlan {
  /** Outputs that stay on the device (WebGPU): state that the next run reads. */
  readonly deviceOutputs?: readonly string[];
  /**
   * Let ONNX Runtime rewrite the graph. For models with their weights inside; graphs of our own making are
   * clean already, take several times as long to open with it, and run no faster.
   */
  readonly optimize?: boolean;
}

function sessionOptions(
  engine: Engine,
  { deviceOutputs = [], optimize = false }: SessionPlan,
): Ort.InferenceSession.SessionOptions {
  const { provider } = engine.target;
  return {
    executionProviders: provider === "cpu" || provider === "wasm" ? [provider] : [provider, "cpu"],
    graphOptimizationLevel: optimize || provider !== "cpu" ? "all" : "disabled",
    executionMode: "sequential",
    // A plan for all buffers at once would hold a second gigabyte beside the arena; allocating as needed
    // costs no measurable time.
    enableMemPattern: false,
    ...(engine.threads > 0 ? { intraOpNumThreads: engine.threads } : {}),
    ...(provider === "webgpu" && deviceOutputs.length > 0
      ? {
          preferredOutputLocation: Object.fromEntries(
            deviceOutputs.map((name) => [name, "gpu-buffer" as const]),
          ),
        }
      : {}),
    logSeverityLevel: 3,
  };
}

/**
 * Opens a session on the bytes of a model. Throws UserError naming the provider where ONNX Runtime refuses
 * it.
 */
export async function openSession(
  engine: Engine,
  bytes: Uint8Array,
  plan: SessionPlan = {},
): Promise<Ort.InferenceSession> {
  try {
    return await engine.ort.InferenceSession.create(bytes, sessionOptions(engine, plan));
  } catch (cause) {
    const [firstLine] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
    throw new UserError(
      {
        code: "runtime.session",
        what: "ONNX Runtime could not open the model",
        where: `provider ${engine.target.provider}`,
        got: firstLine,
        fix: "Run `taskloom doctor` to see which providers work on this machine.",
      },
      { cause },
    );
  }
}

/** Wraps data as a tensor of ONNX Runtime without copying float32. */
export function toOrtTensor(
  engine: Engine,
  type: TensorType,
  data: ArrayLike<number> | TypedData,
): Ort.Tensor {
  const { Tensor } = engine.ort;
  const dims = [...type.shape];
  switch (type.dtype) {
    case "float32":
      return new Tensor(
        "float32",
        data instanceof Float32Array ? data : Float32Array.from(data as ArrayLike<number>),
        dims,
      );
    case "int64":
      return new Tensor(
        "int64",
        data instanceof BigInt64Array
          ? data
          : BigInt64Array.from(Array.from(data as ArrayLike<number>, BigInt)),
        dims,
      );
    case "int32":
      return new Tensor(
        "int32",
        data instanceof Int32Array ? data : Int32Array.from(data as ArrayLike<number>),
        dims,
      );
    case "bool":
      return new Tensor(
        "bool",
        data instanceof Uint8Array ? data : Uint8Array.from(data as ArrayLike<number>),
        dims,
      );
  }
}

/** A tensor of zeros for a run to write into. */
export function zerosOrtTensor(engine: Engine, type: TensorType): Ort.Tensor {
  return toOrtTensor(engine, type, new arrays[type.dtype](sizeOf(type.shape)));
}

/**
 * The numbers of a tensor of ONNX Runtime as float64-safe values: float32 stays as it is, the rest becomes
 * Float32Array.
 */
export function fromOrtTensor(tensor: Ort.Tensor): Float32Array {
  const { data } = tensor;
  if (data instanceof Float32Array) return data;
  return Float32Array.from(data as ArrayLike<number | bigint>, Number);
}
