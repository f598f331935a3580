import {
  apply,
  type DType,
  type Operation,
  type Shape,
  ShapeError,
  shapeText,
  sizeOf,
  type Tensor,
} from "./tensor.ts";

/**
 * Element types of leaves; f16 is made by a cast.
 * @category Engine
 */
export type LeafType = Exclude<DType, "f16">;

/**
 * Arrays that hold a tensor's elements on the host.
 * @category Engine
 */
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
};

/**
 * A tensor whose elements are given to each run under `name`.
 * @category Engine
 */
export function input(name: string, shape: Shape, dtype: LeafType = "f32"): Tensor {
  return apply(inputOp, [], { name, shape, dtype })[0];
}

/**
 * Numbers of one depth and of equal lengths: `2`, `[1, 2]`, `[[1, 2], [3, 4]]`.
 * @category Engine
 */
export type NestedNumbers = number | readonly NestedNumbers[];

/**
 * A tensor of fixed elements: a number, arrays of them within each other, or a typed array. `shape`
 * is that of the arrays, where absent; else `data` is row-major and fills it.
 *
 * @example
 * ```ts
 * import { constant } from "@scalelong/scalelong";
 *
 * constant(2); // []
 * constant([[1, 2], [3, 4]]); // [2, 2]
 * constant(Int32Array.of(0, 1, 2, 3), [2, 2]);
 * ```
 *
 * @throws {ShapeError} where arrays differ in length or depth, hold something else, or do not fill
 * the shape
 * @category Engine
 */
export function constant(data: HostArray | NestedNumbers, shape?: Shape): Tensor {
  if (!ArrayBuffer.isView(data)) {
    const own = shapeOfNested(data);
    const elements = Float32Array.from(([data] as unknown[]).flat(Infinity) as number[]);
    return apply(constantOp, [], { data: elements, shape: shape ?? own, dtype: "f32" })[0];
  }
  const dtype = dtypeOf(data);
  return apply(constantOp, [], { data, shape: shape ?? [data.length], dtype })[0];
}

function dtypeOf(data: HostArray): LeafType {
  if (data instanceof Float32Array) return "f32";
  if (data instanceof Int32Array) return "i32";
  if (data instanceof Uint32Array) return "u32";
  const { name } = (data as object).constructor;
  throw new ShapeError(
    `constant: takes Float32Array, Int32Array or Uint32Array, not ${name}`,
  );
}

/** The shape of nested arrays, which must be alike. */
function shapeOfNested(data: unknown): number[] {
  if (typeof data === "number") return [];
  if (!Array.isArray(data)) throw new ShapeError(`constant: ${String(data)} is not a number`);
  const [first, ...others] = data.map(shapeOfNested);
  const differing = others.find((shape) => String(shape) !== String(first));
  if (differing) {
    throw new ShapeError(
      `constant: its arrays differ: one has the shape ${shapeText(first)}, another ${
        shapeText(differing)
      }`,
    );
  }
  return [data.length, ...first ?? []];
}
