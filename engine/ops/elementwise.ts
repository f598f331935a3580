import { counted } from "../counted.ts";
import {
  apply,
  checkFloats,
  type Node,
  type Operation,
  type Shape,
  ShapeError,
  shapeText,
  type Tensor,
} from "../tensor.ts";
import type { ViewMap } from "./view_map.ts";

/**
 * The two WGSL types an elementwise expression is generated for.
 * @category Operations
 */
export type WgslType = "f32" | "vec4f";

/**
 * An operation that computes each element of its output from one element of each input. Plans fuse
 * chains of these into one kernel, or into the end of the kernel that makes their input.
 * @category Operations
 */
export interface ElementwiseOperation<A = unknown> extends Operation<A> {
  /** WGSL expression of the result, from expressions of the operands. */
  wgsl(operands: readonly string[], type: WgslType, attrs: A): string;
  /** WGSL functions that the expression calls, if any; duplicates are emitted once. */
  helpers?(type: WgslType): string[];
  /** The result in float64, from one element of each input: the reference. */
  f(operands: readonly number[], attrs: A): number;
  /** How an output index reads each input; index-identical (or broadcast) where absent. */
  map?(node: Node<A>): ViewMap;
}

/** True for operations that plans may fuse. */
export function isElementwise(op: Operation): op is ElementwiseOperation {
  return "wgsl" in op;
}

/**
 * The shape that all of `shapes` broadcast to.
 * @throws {ShapeError} naming them where none does.
 */
export function broadcastShapes(name: string, shapes: readonly Shape[]): Shape {
  const rank = Math.max(...shapes.map((s) => s.length));
  const out = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    for (let i = 0; i < shape.length; i++) {
      const at = rank - shape.length + i;
      if (shape[i] === 1 || shape[i] === out[at]) continue;
      if (out[at] !== 1) {
        throw new ShapeError(`${name}: ${shapes.map(shapeText).join(" and ")} do not broadcast`);
      }
      out[at] = shape[i];
    }
  }
  return out;
}

/** Strides that read `from` at the indices of the shape it is broadcast `to` (0 where repeated). */
export function broadcastStrides(from: Shape, to: Shape): number[] {
  const strides = new Array<number>(to.length).fill(0);
  for (let i = from.length - 1, s = 1; i >= 0; s *= from[i--]) {
    if (from[i] !== 1) strides[to.length - from.length + i] = s;
  }
  return strides;
}

/**
 * The definition of a unary or binary operation; the rest is common to all.
 * @category Operations
 */
export interface ElementwiseDefinition<A> {
  /** The name of the operation. */
  readonly name: string;
  /** Number of inputs. */
  readonly arity: number;
  /** WGSL of the result; see {@linkcode ElementwiseOperation.wgsl}. */
  readonly wgsl: (operands: readonly string[], type: WgslType, attrs: A) => string;
  /** WGSL functions that the expression calls, if any. */
  readonly helpers?: (type: WgslType) => string[];
  /** The result in float64, from one element of each input. */
  readonly f: (operands: readonly number[], attrs: A) => number;
  /** Gradients by input from that of the output; absent where it is not differentiable. */
  readonly adjoint?: (node: Node<A>, grad: Tensor) => (Tensor | undefined)[];
}

/**
 * Builds the operation: broadcasting shape rule, adjoint of the one output.
 *
 * @example An operation of your own, which plans fuse with its neighbours
 * ```ts
 * import { applyOne, constant, elementwise, grad, mul, sigmoid, sum } from "@scalelong/scalelong";
 *
 * const softplusOp = elementwise<null>({
 *   name: "softplus",
 *   arity: 1,
 *   wgsl: ([x], type) => `(max(${x}, ${type}(0.0)) + log(1.0 + exp(-abs(${x}))))`,
 *   f: ([x]) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
 *   adjoint: ({ inputs: [x] }, grad) => [mul(grad, sigmoid(x))],
 * });
 * const x = constant([-1, 0, 1]);
 * const [dx] = grad(sum(applyOne(softplusOp, [x], null)), [x]); // sigmoid(x)
 * ```
 * @category Operations
 */
export function elementwise<A>(definition: ElementwiseDefinition<A>): ElementwiseOperation<A> {
  const { name, arity, wgsl, helpers, f, adjoint } = definition;
  return {
    name,
    wgsl,
    helpers,
    f,
    infer(inputs) {
      if (inputs.length !== arity) {
        throw new ShapeError(`${name}: takes ${counted(arity, "tensor")}`);
      }
      const dtype = checkFloats(name, inputs);
      return [{ shape: broadcastShapes(name, inputs.map((t) => t.shape)), dtype }];
    },
    adjoint: adjoint &&
      ((node, [grad]) => grad ? adjoint(node, grad) : node.inputs.map(() => undefined)),
  };
}

/**
 * Applies a one-output operation.
 * @category Operations
 */
export function applyOne<A>(op: Operation<A>, inputs: readonly Tensor[], attrs: A): Tensor {
  return apply(op, inputs, attrs)[0];
}
