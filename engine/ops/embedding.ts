import { checkFloats, type Operation, ShapeError, shapeText, type Tensor } from "../tensor.ts";
import { type ConstantAttrs, constantOp } from "../leaves.ts";
import { applyOne } from "./elementwise.ts";
import { rootOf } from "./views.ts";

/** The operation behind {@linkcode embedding}. */
export const embeddingOp: Operation<null> = {
  name: "embedding",
  infer([table, index]) {
    if (table.shape.length !== 2 || index.dtype !== "i32") {
      throw new ShapeError(
        `embedding: takes a table [rows, width] and i32 indices, not ${
          shapeText(table.shape)
        } and ${index.dtype}`,
      );
    }
    const dtype = checkFloats("embedding", [table]);
    return [{ shape: [...index.shape, table.shape[1]], dtype }];
  },
  adjoint({ inputs: [table, index] }, [grad]) {
    return [
      grad && applyOne(embeddingGradOp, [index, grad], { rows: table.shape[0] }),
      undefined,
    ];
  },
};

/** From the indices and the output's gradient, the table's gradient. */
export const embeddingGradOp: Operation<{ readonly rows: number }> = {
  name: "embedding_grad",
  infer: ([, grad], { rows }) => [
    { shape: [rows, grad.shape[grad.shape.length - 1]], dtype: "f32" },
  ],
};

/**
 * Rows of `table` `[rows, width]` at i32 `index`. Indices that are an input are checked when a plan
 * runs; the device gives NaN for one without a row.
 *
 * @throws {ShapeError} naming a constant index that has no row
 * @category Operations
 */
export function embedding(table: Tensor, index: Tensor): Tensor {
  const { node } = rootOf(index);
  if (node.op === constantOp) {
    const [rows] = table.shape;
    const { data } = node.attrs as ConstantAttrs;
    const fault = rowFault(data, rows);
    if (fault) throw new ShapeError(`embedding: ${fault}`);
  }
  return applyOne(embeddingOp, [table, index], null);
}

/** What is wrong with the first index that has no row in a table of so many; null for none. */
export function rowFault(indices: ArrayLike<number>, rows: number): string | null {
  for (let i = 0; i < indices.length; i++) {
    const row = indices[i];
    if (row < 0 || row >= rows) {
      return `index ${i} is ${row}, and the table has rows 0 to ${rows - 1}`;
    }
  }
  return null;
}
