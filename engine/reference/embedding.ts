import type { Evaluation } from "./evaluation.ts";

/** The evaluation of {@linkcode embeddingOp}. */
export const evaluateEmbedding: Evaluation<null> = ([table, index], { inputs }) => {
  const width = inputs[0].shape[1];
  const out = new Float64Array(index.length * width);
  const rows = inputs[0].shape[0];
  index.forEach((row, i) => {
    const to = out.subarray(i * width, (i + 1) * width);
    if (row >= 0 && row < rows) to.set(table.subarray(row * width, (row + 1) * width));
    else to.fill(NaN); // As the device, which cannot refuse it.
  });
  return [out];
};

/** The evaluation of {@linkcode embeddingGradOp}. */
export const evaluateEmbeddingGrad: Evaluation<{ readonly rows: number }> = (
  [index, grad],
  { outputs: [out] },
) => {
  const width = out.shape[1];
  const table = new Float64Array(out.size);
  for (let i = 0; i < index.length; i++) {
    for (let c = 0; c < width; c++) table[index[i] * width + c] += grad[i * width + c];
  }
  return [table];
};
