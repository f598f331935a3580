import {
  checkFloats,
  type Operation,
  sameShape,
  ShapeError,
  shapeText,
  sizeOf,
  type Tensor,
} from "../tensor.ts";
import { applyOne } from "./elementwise.ts";
import { reshape } from "./views.ts";

/**
 * Which operands are read transposed (their last two dimensions swapped).
 * @category Operations
 */
export interface MatmulAttrs {
  /** Whether the first operand is transposed. */
  readonly transposeA: boolean;
  /** Whether the second operand is transposed. */
  readonly transposeB: boolean;
}

/** Sizes of a batched product `[batch, m, k] x [batch, k, n]`. */
export interface MatmulSizes {
  /** Number of products. */
  readonly batch: number;
  /** Rows of the result. */
  readonly m: number;
  /** Columns of the result. */
  readonly n: number;
  /** Length of the inner products. */
  readonly k: number;
}

/** The sizes of a product of two shapes. @throws {ShapeError} naming both where they do not fit. */
export function matmulSizes(a: Tensor, b: Tensor, attrs: MatmulAttrs): MatmulSizes {
  const [m, ka] = attrs.transposeA ? lastTwo(a).reverse() : lastTwo(a);
  const [kb, n] = attrs.transposeB ? lastTwo(b).reverse() : lastTwo(b);
  if (
    ka !== kb || !sameShape(a.shape.slice(0, -2), b.shape.slice(0, -2))
  ) {
    const t = (x: boolean) => x ? " transposed" : "";
    throw new ShapeError(
      `matmul: ${shapeText(a.shape)}${t(attrs.transposeA)} and ` +
        `${shapeText(b.shape)}${t(attrs.transposeB)} do not fit`,
    );
  }
  return { batch: sizeOf(a.shape.slice(0, -2)), m, n, k: ka };
}

/** The operation behind {@linkcode matmul}; both operands have the same leading dimensions. */
export const matmulOp: Operation<MatmulAttrs> = {
  name: "matmul",
  infer([a, b], attrs) {
    const { m, n } = matmulSizes(a, b, attrs);
    return [{ shape: [...a.shape.slice(0, -2), m, n], dtype: checkFloats("matmul", [a, b]) }];
  },
  adjoint({ inputs: [a, b], attrs: { transposeA, transposeB } }, [grad]) {
    if (!grad) return [undefined, undefined];
    return [
      transposeA
        ? matmul(b, grad, { transposeA: transposeB, transposeB: true })
        : matmul(grad, b, { transposeB: !transposeB }),
      transposeB
        ? matmul(grad, a, { transposeA: true, transposeB: transposeA })
        : matmul(a, grad, { transposeA: !transposeA }),
    ];
  },
};

/**
 * Matrix product `[.., m, k] x [.., k, n] -> [.., m, n]`. Leading dimensions are equal, or `b` has
 * none. @throws {ShapeError} naming both shapes.
 * @category Operations
 */
export function matmul(a: Tensor, b: Tensor, attrs: Partial<MatmulAttrs> = {}): Tensor {
  const { transposeA = false, transposeB = false } = attrs;
  if (b.shape.length === 2 && a.shape.length > 2 && !transposeA) {
    const rows = reshape(a, [-1, a.shape[a.shape.length - 1]]);
    const out = applyOne(matmulOp, [rows, b], { transposeA, transposeB });
    return reshape(out, [...a.shape.slice(0, -1), out.shape[1]]);
  }
  return applyOne(matmulOp, [a, b], { transposeA, transposeB });
}

function lastTwo(x: Tensor): [number, number] {
  if (x.shape.length < 2) throw new ShapeError(`matmul: ${shapeText(x.shape)} is not a matrix`);
  return [x.shape[x.shape.length - 2], x.shape[x.shape.length - 1]];
}
