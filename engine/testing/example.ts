import type { Device } from "../device.ts";
import { grad } from "../grad.ts";
import { constant, type HostArray, input, type LeafType } from "../leaves.ts";
import { add, mul } from "../ops/binary.ts";
import { cast } from "../ops/cast.ts";
import { sum } from "../ops/sum.ts";
import { philox } from "../philox.ts";
import { compile } from "../plan/compile.ts";
import { evaluateReference } from "../reference.ts";
import { type Shape, sizeOf, type Tensor } from "../tensor.ts";

/** An input of an example. */
export interface ExampleInput {
  /** Its sizes. */
  readonly shape: Shape;
  /** Its element type. */
  readonly dtype: LeafType;
  /** Element `i`; uniform in [-1, 1) where absent. */
  readonly values?: (i: number) => number;
}

/** A small graph around an operation, to check kernels and adjoints with. */
export interface OperationExample {
  /** The operation and its sizes: `linear: 7 x 13 -> 5, two parts`. */
  readonly name: string;
  /** What `build` is given tensors of. */
  readonly inputs: readonly ExampleInput[];
  /** Which inputs have a gradient. */
  readonly differentiable: readonly number[];
  /** The outputs to compare, from tensors of the inputs' shapes. */
  build(inputs: readonly Tensor[]): readonly Tensor[];
}

/** The graph of an example. */
export interface TracedExample {
  /** The leaves, in the example's order. */
  readonly inputs: readonly Tensor[];
  /** Elements of the inputs, by name. */
  readonly values: Readonly<Record<string, HostArray>>;
  /** What the example builds. */
  readonly outputs: readonly Tensor[];
  /** A fixed random projection of all outputs to one number. */
  readonly loss: Tensor;
  /** Gradients of the loss by the differentiable inputs. */
  readonly gradients: readonly Tensor[];
}

/** How far a device is from the float64 reference on an example. */
export interface Comparison {
  /** The largest difference relative to its tensor's largest magnitude, gradients included. */
  readonly error: number;
  /** Labels of the kernels that ran. */
  readonly kernels: readonly string[];
}

/** Traces an example with its inputs named `input 0`, `input 1`, .. */
export function traceExample(example: OperationExample): TracedExample {
  const inputs = example.inputs.map(({ shape, dtype }, i) => input(`input ${i}`, shape, dtype));
  const values = Object.fromEntries(
    example.inputs.map((spec, which) => [`input ${which}`, elementsOf(spec, which)]),
  );
  const outputs = example.build(inputs);
  const loss = outputs
    .map((t, i) => sum(mul(t, constant(uniforms(t.size, 100 + i), t.shape))))
    .reduce((total, part) => add(total, part));
  const wrt = example.differentiable.map((i) => inputs[i]);
  return { inputs, values, outputs, loss, gradients: wrt.length === 0 ? [] : grad(loss, wrt) };
}

/**
 * Runs an example and its gradients on a device and in float64.
 *
 * @throws {DeviceError} where the device refuses a kernel
 */
export async function compareWithReference(
  device: Device,
  example: OperationExample,
): Promise<Comparison> {
  const { values, outputs, gradients } = traceExample(example);
  const compared = [...outputs, ...gradients];
  const expected = evaluateReference(compared, values);
  using plan = await compile(device, { outputs: Object.fromEntries(compared.entries()) });
  plan.run(values);
  let error = 0;
  for (const [i, reference] of expected.entries()) {
    error = Math.max(error, relativeError(await plan.read(String(i)), reference));
  }
  return { error, kernels: plan.steps.map((s) => s.label) };
}

/** The largest difference over the largest magnitude; infinite where a value is not finite. */
function relativeError(actual: Float32Array, expected: Float64Array): number {
  let difference = 0;
  let magnitude = 0;
  for (let i = 0; i < expected.length; i++) {
    if (!Number.isFinite(actual[i])) return Infinity;
    difference = Math.max(difference, Math.abs(actual[i] - expected[i]));
    magnitude = Math.max(magnitude, Math.abs(expected[i]));
  }
  return difference / (magnitude || 1);
}

function elementsOf({ shape, dtype, values }: ExampleInput, which: number): HostArray {
  if (!values) return uniforms(sizeOf(shape), which);
  const elements = Array.from({ length: sizeOf(shape) }, (_, i) => values(i));
  return dtype === "f32"
    ? Float32Array.from(elements)
    : dtype === "i32"
    ? Int32Array.from(elements)
    : Uint32Array.from(elements);
}

/**
 * An example with the floats among its inputs in f16. Their values are exact in f16, so that the
 * float64 reference, which does not round, starts from the same.
 */
export function inF16(example: OperationExample): OperationExample {
  return {
    ...example,
    name: `${example.name}, in f16`,
    inputs: example.inputs.map((spec, which): ExampleInput => {
      if (spec.dtype !== "f32") return spec;
      const elements = Float16Array.from(elementsOf(spec, which));
      return { ...spec, values: (i) => elements[i] };
    }),
    build: (inputs) => example.build(inputs.map((t) => t.dtype === "f32" ? cast(t, "f16") : t)),
  };
}

/** Numbers uniform in [-1, 1). */
function uniforms(size: number, which: number): Float32Array {
  const out = new Float32Array(size);
  for (let i = 0; i < size; i += 4) {
    const words = philox([i / 4, which, 0, 0], [0, 0]);
    for (let j = 0; j < 4 && i + j < size; j++) out[i + j] = words[j] / 2 ** 31 - 1;
  }
  return out;
}
