import { type ColumnAttrs, type LinearAttrs, linearInputs } from "../ops/linear.ts";
import { type MatmulAttrs, matmulSizes } from "../ops/matmul.ts";
import type { Evaluation } from "./evaluation.ts";

/** The evaluation of {@linkcode linearOp}. */
export const evaluateLinear: Evaluation<LinearAttrs> = (
  values,
  { inputs, attrs, outputs: [out] },
) => {
  const [rows, columns] = out.shape;
  const shapes = linearInputs(inputs, attrs);
  const { parts, weight, bias } = linearInputs(values, attrs);
  const total = shapes.weight.shape[1];
  const y = new Float64Array(rows * columns);
  let offset = 0;
  parts.forEach((part, p) => {
    const width = shapes.parts[p].shape[1];
    for (let r = 0; r < rows; r++) {
      for (let o = 0; o < columns; o++) {
        let sum = 0;
        for (let i = 0; i < width; i++) {
          sum += part[r * width + i] * weight[o * total + offset + i];
        }
        y[r * columns + o] += sum;
      }
    }
    offset += width;
  });
  return [bias ? y.map((v, i) => v + bias[i % columns]) : y];
};

/** The evaluation of {@linkcode linearInputGradOp}. */
export const evaluateLinearInputGrad: Evaluation<ColumnAttrs> = (
  [grad, weight],
  { inputs, attrs: { offset, width } },
) => {
  const [rows, columns] = inputs[0].shape;
  const total = inputs[1].shape[1];
  const dx = new Float64Array(rows * width);
  for (let r = 0; r < rows; r++) {
    for (let o = 0; o < columns; o++) {
      const g = grad[r * columns + o];
      for (let i = 0; i < width; i++) dx[r * width + i] += g * weight[o * total + offset + i];
    }
  }
  return [dx];
};

/** The evaluation of {@linkcode linearWeightGradOp}. */
export const evaluateLinearWeightGrad: Evaluation<LinearAttrs> = (
  values,
  { inputs, attrs, outputs: [out] },
) => {
  const [columns, total] = out.shape;
  const grad = values[values.length - 1];
  const dw = new Float64Array(columns * total);
  let offset = 0;
  for (let p = 0; p < inputs.length - 1; p++) {
    const [rows, width] = inputs[p].shape;
    for (let r = 0; r < rows; r++) {
      for (let o = 0; o < columns; o++) {
        const g = grad[r * columns + o];
        for (let i = 0; i < width; i++) {
          dw[o * total + offset + i] += g * values[p][r * width + i];
        }
      }
    }
    offset += width;
  }
  if (!attrs.bias) return [dw];
  const db = new Float64Array(columns);
  grad.forEach((g, i) => db[i % columns] += g);
  return [dw, db];
};

/** The evaluation of {@linkcode matmulOp}. */
export const evaluateMatmul: Evaluation<MatmulAttrs> = ([a, b], { inputs, attrs }) => {
  const { batch, m, n, k } = matmulSizes(inputs[0], inputs[1], attrs);
  const out = new Float64Array(batch * m * n);
  const [am, ak] = attrs.transposeA ? [1, m] : [k, 1];
  const [bk, bn] = attrs.transposeB ? [1, k] : [n, 1];
  for (let z = 0; z < batch; z++) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let total = 0;
        for (let q = 0; q < k; q++) {
          total += a[z * m * k + i * am + q * ak] * b[z * k * n + q * bk + j * bn];
        }
        out[(z * m + i) * n + j] = total;
      }
    }
  }
  return [out];
};
