import { checkFloats, type Operation, ShapeError, shapeText, type Tensor } from "../tensor.ts";
import { applyOne } from "./elementwise.ts";

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
  evaluate([table, index], { inputs }) {
    const width = inputs[0].shape[1];
    const out = new Float64Array(index.length * width);
    index.forEach((row, i) => out.set(table.subarray(row * width, (row + 1) * width), i * width));
    return [out];
  },
};

/** From the indices and the output's gradient, the table's gradient. */
export const embeddingGradOp: Operation<{ readonly rows: number }> = {
  name: "embedding_grad",
  infer: ([, grad], { rows }) => [
    { shape: [rows, grad.shape[grad.shape.length - 1]], dtype: "f32" },
  ],
  evaluate([index, grad], { outputs: [out] }) {
    const width = out.shape[1];
    const table = new Float64Array(out.size);
    for (let i = 0; i < index.length; i++) {
      for (let c = 0; c < width; c++) table[index[i] * width + c] += grad[i * width + c];
    }
    return [table];
  },
};

/** Rows of `table` `[rows, width]` at i32 `index`; every index is within the table. */
export function embedding(table: Tensor, index: Tensor): Tensor {
  return applyOne(embeddingOp, [table, index], null);
}
