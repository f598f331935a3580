import {
  checkAxis,
  checkFloats,
  type Node,
  type Operation,
  sameShape,
  type Shape,
  ShapeError,
  shapeText,
  sizeOf,
  stridesOf,
  type Tensor,
} from "../tensor.ts";
import {
  applyOne,
  broadcastShapes,
  broadcastStrides,
  type ElementwiseOperation,
} from "./elementwise.ts";
import { add } from "./binary.ts";
import { sumTo } from "./sum.ts";
import type { ViewMap } from "./view_map.ts";

/** The operation behind {@linkcode reshape}: the same elements with another shape, no kernel. */
export const reshapeOp: Operation<{ readonly shape: Shape }> = {
  name: "reshape",
  infer([x], { shape }) {
    if (sizeOf(shape) !== x.size || !shape.every(Number.isInteger)) {
      throw new ShapeError(`reshape: ${shapeText(x.shape)} does not fill ${shapeText(shape)}`);
    }
    return [{ shape, dtype: x.dtype }];
  },
  adjoint: (node, [grad]) => [grad && reshape(grad, node.inputs[0].shape)],
};

/**
 * `x` with another shape of as many elements; one size may be -1, which is then inferred.
 * @category Operations
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const known = shape.reduce((p, n) => n === -1 ? p : p * n, 1);
  return applyOne(reshapeOp, [x], { shape: shape.map((n) => n === -1 ? x.size / known : n) });
}

/** Follows reshapes to the tensor that owns the memory. */
export function rootOf(t: Tensor): Tensor {
  while (t.node.op === reshapeOp) t = t.node.inputs[0];
  return t;
}

/** Defines an operation whose output reads its input through a map. */
export function view<A>(
  name: string,
  map: (x: Tensor, attrs: A) => ViewMap,
  adjoint: (node: Node<A>, grad: Tensor) => Tensor,
): ElementwiseOperation<A> {
  return {
    name,
    wgsl: ([x]) => x,
    f: ([x]) => x,
    map: (node) => map(node.inputs[0], node.attrs),
    infer([x], attrs) {
      return [{ shape: map(x, attrs).shape, dtype: checkFloats(name, [x]) }];
    },
    adjoint: (node, [grad]) => [grad && adjoint(node, grad)],
  };
}

/** The operation behind {@linkcode permute}. */
export const permuteOp: ElementwiseOperation<{ readonly axes: readonly number[] }> = view(
  "permute",
  (x, { axes }) => {
    if (axes.length !== x.shape.length || new Set(axes).size !== axes.length) {
      throw new ShapeError(`permute: axes [${axes}] do not order ${shapeText(x.shape)}`);
    }
    const strides = stridesOf(x.shape);
    return { shape: axes.map((a) => x.shape[a]), strides: axes.map((a) => strides[a]), offset: 0 };
  },
  (node, grad) => {
    const inverse = new Array<number>(node.attrs.axes.length);
    node.attrs.axes.forEach((a, i) => inverse[a] = i);
    return permute(grad, inverse);
  },
);

/**
 * `x` with its dimensions reordered: output dimension `i` is input dimension `axes[i]`.
 * @category Operations
 */
export function permute(x: Tensor, axes: readonly number[]): Tensor {
  return applyOne(permuteOp, [x], { axes });
}

/** The operation behind {@linkcode broadcastTo}. */
export const broadcastOp: ElementwiseOperation<{ readonly shape: Shape }> = view(
  "broadcast",
  (x, { shape }) => {
    if (sizeOf(broadcastShapes("broadcast", [x.shape, shape])) !== sizeOf(shape)) {
      throw new ShapeError(`broadcast: ${shapeText(x.shape)} does not reach ${shapeText(shape)}`);
    }
    return { shape, strides: broadcastStrides(x.shape, shape), offset: 0 };
  },
  (node, grad) => sumTo(grad, node.inputs[0].shape),
);

/**
 * `x` broadcast to `shape`.
 * @category Operations
 */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  return applyOne(broadcastOp, [x], { shape });
}

/** Attributes of a window: where it starts in each dimension (may be negative) and its sizes. */
export interface WindowAttrs {
  /** First index in each dimension; negative where the window starts before the tensor. */
  readonly starts: readonly number[];
  /** Sizes of the window. */
  readonly sizes: Shape;
}

/** The operation behind {@linkcode slice}, {@linkcode pad} and {@linkcode concat}. */
export const windowOp: ElementwiseOperation<WindowAttrs> = view(
  "window",
  (x, { starts, sizes }) => {
    if (starts.length !== x.shape.length || sizes.length !== x.shape.length) {
      throw new ShapeError(
        `window: ${shapeText(sizes)} at [${starts}] is not of the rank of ${shapeText(x.shape)}`,
      );
    }
    const strides = stridesOf(x.shape);
    const padded = sizes.some((n, d) => starts[d] < 0 || starts[d] + n > x.shape[d]);
    return {
      shape: sizes,
      strides,
      offset: starts.reduce((sum, s, d) => sum + s * strides[d], 0),
      inside: padded
        ? sizes.map((n, d) =>
          [Math.max(0, -starts[d]), Math.min(n, x.shape[d] - starts[d])] as const
        )
        : undefined,
    };
  },
  (node, grad) =>
    applyOne(windowOp, [grad], {
      starts: node.attrs.starts.map((s) => -s),
      sizes: node.inputs[0].shape,
    }),
);

/**
 * Elements `start` to `end` (excluded) of dimension `axis`. @throws {ShapeError} out of range.
 * @category Operations
 */
export function slice(x: Tensor, axis: number, start: number, end: number): Tensor {
  if (!(0 <= start && start < end && end <= x.shape[axis])) {
    throw new ShapeError(`slice: ${start} to ${end} of dimension ${axis} of ${shapeText(x.shape)}`);
  }
  return applyOne(windowOp, [x], {
    starts: x.shape.map((_, d) => d === axis ? start : 0),
    sizes: x.shape.map((n, d) => d === axis ? end - start : n),
  });
}

/**
 * `x` with `before` and `after` zeros added along dimension `axis`.
 * @category Operations
 */
export function pad(x: Tensor, axis: number, before: number, after: number): Tensor {
  checkAxis("pad", x, axis);
  return applyOne(windowOp, [x], {
    starts: x.shape.map((_, d) => d === axis ? -before : 0),
    sizes: x.shape.map((n, d) => d === axis ? n + before + after : n),
  });
}

/**
 * The tensors concatenated along dimension `axis`.
 * @throws {ShapeError} where other dimensions differ
 * @category Operations
 */
export function concat(parts: readonly Tensor[], axis: number): Tensor {
  const others = (t: Tensor) => t.shape.filter((_, d) => d !== axis);
  for (const t of parts) {
    checkAxis("concat", t, axis);
    if (!sameShape(others(t), others(parts[0]))) {
      const [a, b] = [parts[0], t].map((part) => shapeText(part.shape));
      throw new ShapeError(`concat: ${a} and ${b} differ in more than dimension ${axis}`);
    }
  }
  if (parts.length === 1) return parts[0];
  const total = parts.reduce((n, t) => n + t.shape[axis], 0);
  let before = 0;
  // A sum of zero-padded windows: plans fuse it into one kernel that reads each part once.
  const padded = parts.map((t) => {
    const window = pad(t, axis, before, total - before - t.shape[axis]);
    before += t.shape[axis];
    return window;
  });
  return padded.reduce((sum, t) => add(sum, t));
}
