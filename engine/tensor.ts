import { UserError } from "./user_error.ts";

/**
 * Element types a tensor can have. Arithmetic is f32 everywhere: f16 is what memory holds.
 * @category Engine
 */
export type DType = FloatType | "i32" | "u32";

/**
 * Element types of numbers that have gradients.
 * @category Engine
 */
export type FloatType = "f32" | "f16";

/** Bytes of an element in device memory. */
export const ELEMENT_BYTES: Readonly<Record<DType, number>> = { f32: 4, f16: 2, i32: 4, u32: 4 };

/**
 * Sizes of a tensor's dimensions, outermost first; `[]` is a scalar.
 * @category Engine
 */
export type Shape = readonly number[];

/**
 * The shape and type of an output.
 * @category Engine
 */
export interface TensorSpec {
  /** Sizes of its dimensions. */
  readonly shape: Shape;
  /** Its element type. */
  readonly dtype: DType;
}

/**
 * Thrown when an operation is given shapes, types or attributes that it cannot take.
 * @category Engine
 */
export class ShapeError extends UserError {
  /** The name of the class. */
  override name = "ShapeError";
}

/**
 * One kind of operation: its shape rule and its adjoint.
 *
 * Operations know neither kernels nor values: `engine/kernels/` defines how each one runs on a
 * device, `engine/reference/` what it computes, plainly and in float64.
 * @category Engine
 */
export interface Operation<A = unknown> {
  /** The name, for errors and kernel labels. */
  readonly name: string;
  /** Shapes and types of the outputs. @throws {ShapeError} naming the shapes at fault. */
  infer(inputs: readonly Tensor[], attrs: A): TensorSpec[];
  /**
   * Gradients by input, given gradients by output (`undefined` where none flows), written with
   * ordinary operations. Absent where the operation is not differentiable.
   */
  adjoint?(node: Node<A>, grads: readonly (Tensor | undefined)[]): (Tensor | undefined)[];
}

/**
 * One application of an operation. Nodes are immutable and own no memory.
 * @category Engine
 */
export interface Node<A = unknown> {
  /** Increases with creation: ascending ids are a topological order. */
  readonly id: number;
  /** The operation. */
  readonly op: Operation<A>;
  /** What it is applied to. */
  readonly inputs: readonly Tensor[];
  /** What the operation needs to know besides its inputs. */
  readonly attrs: A;
  /** Its results. */
  readonly outputs: readonly Tensor[];
  /** The recomputed region the node was made in, if any. */
  readonly region: Region | null;
}

/**
 * A part of the graph whose values are recomputed in the backward pass.
 * @category Engine
 */
export interface Region {
  /** Different for each region. */
  readonly id: number;
}

/**
 * One output of a node: a shape, a type, and where it comes from.
 * @category Engine
 */
export class Tensor {
  /** The node that computes it. */
  readonly node: Node;
  /** Which of the node's outputs this is. */
  readonly index: number;
  /** Sizes of its dimensions. */
  readonly shape: Shape;
  /** Its element type. */
  readonly dtype: DType;

  /** Made by {@linkcode apply}, one for each output of a node. */
  constructor(node: Node, index: number, spec: TensorSpec) {
    this.node = node;
    this.index = index;
    this.shape = spec.shape;
    this.dtype = spec.dtype;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** The tensor in a line: `Tensor f32 [3, 8] of layer_norm`. */
  toString(): string {
    return `Tensor ${this.dtype} ${shapeText(this.shape)} of ${this.node.op.name}`;
  }

  /** What `console.log` prints in Deno and Node: a line instead of the whole graph. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

let nextId = 0;
let region: Region | null = null;

/** Makes a node and returns its outputs. @throws {ShapeError} from the operation's shape rule. */
export function apply<A>(op: Operation<A>, inputs: readonly Tensor[], attrs: A): Tensor[] {
  const specs = op.infer(inputs, attrs);
  const outputs: Tensor[] = [];
  const node: Node<A> = { id: nextId++, op, inputs, attrs, outputs, region };
  for (let i = 0; i < specs.length; i++) {
    if (specs[i].shape.some((n) => !Number.isInteger(n) || n < 1)) {
      throw new ShapeError(
        `${op.name}: output ${shapeText(specs[i].shape)} has an empty dimension`,
      );
    }
    outputs.push(new Tensor(node as Node, i, specs[i]));
  }
  return outputs;
}

/** Runs `trace` so that the nodes it makes belong to a fresh recomputed region. */
export function inRegion<T>(trace: () => T): T {
  const outer = region;
  region = { id: nextId++ };
  try {
    return trace();
  } finally {
    region = outer;
  }
}

/** Number of elements of a shape. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const n of shape) size *= n;
  return size;
}

/** Row-major strides of a shape, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  for (let i = shape.length - 1, s = 1; i >= 0; s *= shape[i--]) strides[i] = s;
  return strides;
}

/** True where both shapes have the same dimensions. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}

/**
 * The type of what is computed from the tensors: f16 where all are, else f32, as PyTorch promotes.
 *
 * @throws {ShapeError} naming the first tensor that is neither
 */
export function checkFloats(name: string, tensors: readonly Tensor[]): FloatType {
  const wrong = tensors.find((t) => t.dtype !== "f32" && t.dtype !== "f16");
  if (wrong) {
    throw new ShapeError(`${name}: takes floats, not ${wrong.dtype} ${shapeText(wrong.shape)}`);
  }
  return tensors.every((t) => t.dtype === "f16") ? "f16" : "f32";
}

/**
 * Checks that `axis` is a dimension of the tensor.
 * @throws {ShapeError} where the tensor has no such dimension.
 */
export function checkAxis(name: string, { shape }: Tensor, axis: number): void {
  if (!(axis in shape)) {
    throw new ShapeError(`${name}: ${shapeText(shape)} has no dimension ${axis}`);
  }
}

/** A shape for messages: `[2, 3]`. */
export function shapeText(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}
