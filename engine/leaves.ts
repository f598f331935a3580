import {
  apply,
  type DType,
  type Operation,
  type Shape,
  ShapeError,
  sizeOf,
  type Tensor,
} from "./tensor.ts";

/** Element types of leaves; f16 is made by a cast. */
export type LeafType = Exclude<DType, "f16">;

/** Arrays that hold a tensor's elements on the host. */
export type HostArray = Float32Array | Int32Array | Uint32Array;

/** Attributes of a tensor whose elements are given to each run of a plan. */
export interface InputAttrs {
  /** The name under which the elements are given. */
  readonly name: string;
  /** Sizes of its dimensions. */
  readonly shape: Shape;
  /** Type of the elements. */
  readonly dtype: LeafType;
}

/** Attributes of a tensor whose values are part of the graph. */
export interface ConstantAttrs {
  /** The elements, row-major. */
  readonly data: HostArray;
  /** Sizes of its dimensions. */
  readonly shape: Shape;
  /** Type of the elements. */
  readonly dtype: LeafType;
}

/** The operation behind {@linkcode input}. */
export const inputOp: Operation<InputAttrs> = {
  name: "input",
  infer: (_inputs, { shape, dtype }) => [{ shape, dtype }],
  evaluate: (_inputs, node) => {
    throw new Error(`reference evaluator: input "${node.attrs.name}" was not given`);
  },
};

/** The operation behind {@linkcode constant}. */
export const constantOp: Operation<ConstantAttrs> = {
  name: "constant",
  infer(_inputs, { data, shape, dtype }) {
    if (data.length !== sizeOf(shape)) {
      throw new ShapeError(`constant: ${data.length} elements do not fill [${shape.join(", ")}]`);
    }
    return [{ shape, dtype }];
  },
  evaluate: (_inputs, node) => [Float64Array.from(node.attrs.data)],
};

/** A tensor whose elements are given to each run under `name`. */
export function input(name: string, shape: Shape, dtype: LeafType = "f32"): Tensor {
  return apply(inputOp, [], { name, shape, dtype })[0];
}

/** A tensor of fixed elements; `data` is row-major and its length is the shape's size. */
export function constant(data: HostArray | readonly number[], shape?: Shape): Tensor {
  const array = Array.isArray(data) ? Float32Array.from(data) : data as HostArray;
  const dtype = array instanceof Float32Array ? "f32" : array instanceof Int32Array ? "i32" : "u32";
  return apply(constantOp, [], { data: array, shape: shape ?? [array.length], dtype })[0];
}
