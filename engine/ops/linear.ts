import {
  apply,
  checkFloats,
  type Operation,
  ShapeError,
  shapeText,
  type Tensor,
} from "../tensor.ts";
import { applyOne } from "./elementwise.ts";
import { reshape } from "./views.ts";

/** Columns `offset` to `offset + width` of a weight `[out, in]`. */
export interface ColumnAttrs {
  /** The first column. */
  readonly offset: number;
  /** Number of columns. */
  readonly width: number;
}

/** Attributes of {@linkcode linear}. */
export interface LinearAttrs {
  /** Whether the last input is a bias. */
  readonly bias: boolean;
}

/** Inputs of {@linkcode linearOp}, sorted. */
export interface LinearInputs<T> {
  /** One matrix `[rows, in]`, or two that are concatenated by columns. */
  readonly parts: readonly T[];
  /** `[out, sum in]`. */
  readonly weight: T;
  /** `[out]`. */
  readonly bias?: T;
}

/** Sorts a node's inputs, or what stands for them. */
export function linearInputs<T>(inputs: readonly T[], { bias }: LinearAttrs): LinearInputs<T> {
  const parts = inputs.slice(0, bias ? -2 : -1);
  return { parts, weight: inputs[parts.length], bias: inputs[parts.length + 1] };
}

/**
 * The operation behind {@linkcode linear}: inputs are one or two parts `[rows, in_i]`, the weight
 * `[out, sum in_i]` and perhaps the bias `[out]`. Two parts are read as if they were concatenated.
 */
export const linearOp: Operation<LinearAttrs> = {
  name: "linear",
  infer(inputs, attrs) {
    const dtype = checkFloats("linear", inputs);
    const { parts, weight, bias } = linearInputs(inputs, attrs);
    const columns = parts.reduce((n, x) => n + x.shape[1], 0);
    if (
      weight.shape.length !== 2 || weight.shape[1] !== columns || parts.length > 2 ||
      parts.some((x) => x.shape.length !== 2 || x.shape[0] !== parts[0].shape[0])
    ) {
      throw new ShapeError(
        `linear: inputs ${parts.map((x) => shapeText(x.shape)).join(", ")} ` +
          `do not fit a weight of ${shapeText(weight.shape)}`,
      );
    }
    if (bias && (bias.shape.length !== 1 || bias.size !== weight.shape[0])) {
      throw new ShapeError(
        `linear: bias ${shapeText(bias.shape)} does not fit a weight of ${shapeText(weight.shape)}`,
      );
    }
    return [{ shape: [parts[0].shape[0], weight.shape[0]], dtype }];
  },
  adjoint({ inputs, attrs }, [grad]) {
    if (!grad) return inputs.map(() => undefined);
    const { parts, weight } = linearInputs(inputs, attrs);
    let offset = 0;
    const grads = parts.map((x) => {
      const width = x.shape[1];
      const part = applyOne(linearInputGradOp, [grad, weight], { offset, width });
      offset += width;
      return part;
    });
    return [...grads, ...apply(linearWeightGradOp, [...parts, grad], attrs)];
  },
};

/** `grad [rows, out] x weight[:, offset : offset + width] -> [rows, width]`. */
export const linearInputGradOp: Operation<ColumnAttrs> = {
  name: "linear_input_grad",
  infer: (inputs, { width }) => [
    { shape: [inputs[0].shape[0], width], dtype: checkFloats("linear_input_grad", inputs) },
  ],
};

/**
 * Inputs are the parts `[rows, in_i]` and then `grad [rows, out]`; gives the weight's gradient
 * `[out, sum in_i]` and, where there is a bias, its gradient `[out]`, the sum of `grad` over rows.
 */
export const linearWeightGradOp: Operation<LinearAttrs> = {
  name: "linear_weight_grad",
  infer(inputs, { bias }) {
    const columns = inputs.slice(0, -1).reduce((n, x) => n + x.shape[1], 0);
    const [, out] = inputs[inputs.length - 1].shape;
    const dw = { shape: [out, columns], dtype: "f32" } as const;
    return bias ? [dw, { shape: [out], dtype: "f32" }] : [dw];
  },
};

/**
 * `y = concat(x, -1) weight^T + bias`, PyTorch's `nn.Linear`; `weight` is `[out, in]`, `bias`
 * `[out]`. Two inputs are read as their concatenation, which is never made in memory.
 * @throws {ShapeError} naming the shapes where they do not fit.
 * @category Operations
 */
export function linear(
  x: Tensor | readonly [Tensor, Tensor],
  weight: Tensor,
  bias?: Tensor,
): Tensor {
  const parts = Array.isArray(x) ? x as readonly Tensor[] : [x as Tensor];
  const rows = parts.map((part) => reshape(part, [-1, part.shape[part.shape.length - 1]]));
  const inputs = [...rows, weight, ...(bias ? [bias] : [])];
  const y = applyOne(linearOp, inputs, { bias: bias !== undefined });
  return reshape(y, [...parts[0].shape.slice(0, -1), weight.shape[0]]);
}
