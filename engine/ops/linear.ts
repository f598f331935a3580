import { checkFloats, type Operation, ShapeError, shapeText, type Tensor } from "../tensor.ts";
import { add } from "./binary.ts";
import { applyOne } from "./elementwise.ts";
import { reshape } from "./views.ts";

/** Columns `offset` to `offset + width` of a weight `[out, in]`. */
export interface ColumnAttrs {
  readonly offset: number;
  readonly width: number;
}

/**
 * The operation behind {@linkcode linear}: inputs are the parts `[rows, in_i]` and then the weight
 * `[out, sum in_i]`; the parts are multiplied one by one, so that nothing is concatenated in memory.
 */
export const linearOp: Operation<null> = {
  name: "linear",
  infer(inputs) {
    const dtype = checkFloats("linear", inputs);
    const weight = inputs[inputs.length - 1];
    const parts = inputs.slice(0, -1);
    const columns = parts.reduce((n, x) => n + x.shape[1], 0);
    if (
      weight.shape.length !== 2 || weight.shape[1] !== columns ||
      parts.some((x) => x.shape.length !== 2 || x.shape[0] !== parts[0].shape[0])
    ) {
      throw new ShapeError(
        `linear: inputs ${parts.map((x) => shapeText(x.shape)).join(", ")} ` +
          `do not fit a weight of ${shapeText(weight.shape)}`,
      );
    }
    return [{ shape: [parts[0].shape[0], weight.shape[0]], dtype }];
  },
  adjoint({ inputs }, [grad]) {
    if (!grad) return inputs.map(() => undefined);
    const weight = inputs[inputs.length - 1];
    const parts = inputs.slice(0, -1);
    let offset = 0;
    const grads = parts.map((x) => {
      const width = x.shape[1];
      const part = applyOne(linearInputGradOp, [grad, weight], { offset, width });
      offset += width;
      return part;
    });
    return [...grads, applyOne(linearWeightGradOp, [...parts, grad], null)];
  },
  evaluate(values, { inputs, outputs: [out] }) {
    const [rows, columns] = out.shape;
    const weight = values[values.length - 1];
    const total = inputs[inputs.length - 1].shape[1];
    const y = new Float64Array(rows * columns);
    let offset = 0;
    for (let p = 0; p < inputs.length - 1; p++) {
      const width = inputs[p].shape[1];
      for (let r = 0; r < rows; r++) {
        for (let o = 0; o < columns; o++) {
          let sum = 0;
          for (let i = 0; i < width; i++) {
            sum += values[p][r * width + i] * weight[o * total + offset + i];
          }
          y[r * columns + o] += sum;
        }
      }
      offset += width;
    }
    return [y];
  },
};

/** `grad [rows, out] x weight[:, offset : offset + width] -> [rows, width]`. */
export const linearInputGradOp: Operation<ColumnAttrs> = {
  name: "linear_input_grad",
  infer: (inputs, { width }) => [
    { shape: [inputs[0].shape[0], width], dtype: checkFloats("linear_input_grad", inputs) },
  ],
  evaluate([grad, weight], { inputs, attrs: { offset, width } }) {
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
  },
};

/** Inputs are the parts `[rows, in_i]` and then `grad [rows, out]`; gives `[out, sum in_i]`. */
export const linearWeightGradOp: Operation<null> = {
  name: "linear_weight_grad",
  infer(inputs) {
    const columns = inputs.slice(0, -1).reduce((n, x) => n + x.shape[1], 0);
    return [{ shape: [inputs[inputs.length - 1].shape[1], columns], dtype: "f32" }];
  },
  evaluate(values, { inputs, outputs: [out] }) {
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
    return [dw];
  },
};

/**
 * `y = concat(x, -1) weight^T + bias`, PyTorch's `nn.Linear`; `weight` is `[out, in]`, `bias`
 * `[out]`. Several inputs are taken side by side without being concatenated in memory.
 * @throws {ShapeError} naming the shapes where they do not fit.
 */
export function linear(x: Tensor | readonly Tensor[], weight: Tensor, bias?: Tensor): Tensor {
  const parts = Array.isArray(x) ? x as readonly Tensor[] : [x as Tensor];
  const rows = parts.map((part) => reshape(part, [-1, part.shape[part.shape.length - 1]]));
  const y = applyOne(linearOp, [...rows, weight], null);
  const out = reshape(y, [...parts[0].shape.slice(0, -1), weight.shape[0]]);
  return bias ? add(out, bias) : out;
}
