import type { OperationExample } from "../example.ts";
import { linear } from "../../ops/linear.ts";
import { matmul, type MatmulAttrs } from "../../ops/matmul.ts";
import { smooth } from "./building.ts";

function product(m: number, k: number, n: number): OperationExample {
  return smooth(`linear: ${m} x ${k} -> ${n}`, [[m, k], [n, k]], ([x, w]) => linear(x, w));
}

function parts(m: number, [left, right]: readonly [number, number], n: number): OperationExample {
  return smooth(
    `linear: ${m} x (${left} + ${right}) -> ${n}, bias`,
    [[m, left], [m, right], [n, left + right], [n]],
    ([x, skip, weight, bias]) => linear([x, skip], weight, bias),
  );
}

function matrices(
  [batch, m, k, n]: readonly [number, number, number, number],
  attrs: Partial<MatmulAttrs>,
): OperationExample {
  const { transposeA, transposeB } = attrs;
  const text = [transposeA ? ", A transposed" : "", transposeB ? ", B transposed" : ""].join("");
  return smooth(
    `matmul: ${batch} x (${m} x ${k} x ${n})${text}`,
    [transposeA ? [batch, k, m] : [batch, m, k], transposeB ? [batch, n, k] : [batch, k, n]],
    ([a, b]) => matmul(a, b, attrs),
  );
}

/** Products of matrices. */
export const products: readonly OperationExample[] = [
  // Tiles are 8, 16, 32, 64 and 128 columns wide; K goes in steps of 16, 32 and 64.
  product(1, 1, 1),
  product(7, 13, 5),
  product(9, 17, 8),
  product(5, 16, 9),
  product(17, 33, 15),
  product(15, 31, 16),
  product(65, 65, 31),
  product(63, 64, 33),
  product(257, 129, 7),
  product(3, 128, 65),
  parts(7, [13, 6], 5),
  parts(9, [16, 32], 24),
  parts(3, [1, 2], 2),
  parts(13, [100, 36], 40),
  parts(300, [64, 72], 32),
  // Enough rows for split-K on a GPU.
  parts(2055, [6, 6], 5),
  parts(2052, [8, 8], 12),
  smooth("linear: [2, 3, 5] -> [2, 3, 4], bias", [[2, 3, 5], [4, 5], [4]], ([x, w, b]) => {
    return linear(x, w, b);
  }),
  matrices([3, 9, 17, 13], {}),
  matrices([2, 33, 65, 17], { transposeA: true }),
  matrices([3, 9, 17, 13], { transposeB: true }),
  matrices([2, 5, 31, 66], { transposeA: true, transposeB: true }),
  smooth("matmul: [2, 3, 5] by [5, 4]", [[2, 3, 5], [5, 4]], ([a, b]) => matmul(a, b)),
  // Whole vectors in every direction, but no whole tiles.
  matrices([2, 68, 20, 36], {}),
  matrices([2, 36, 100, 68], { transposeA: true }),
  matrices([1, 36, 20, 72], { transposeB: true }),
  matrices([1, 68, 36, 100], { transposeA: true, transposeB: true }),
  // Long enough for split-K on a GPU.
  product(2055, 5, 6),
  // Enough elements for the widest tile on a discrete GPU.
  matrices([64, 129, 17, 131], {}),
  matrices([64, 129, 17, 131], { transposeA: true, transposeB: true }),
];
