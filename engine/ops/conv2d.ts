import { checkFloats, type Operation, ShapeError, shapeText, type Tensor } from "../tensor.ts";
import { add } from "./binary.ts";
import { applyOne } from "./elementwise.ts";
import { reshape } from "./views.ts";

/** Attributes of {@linkcode conv2d}. */
export interface Conv2dAttrs {
  readonly stride: number;
  readonly padding: number;
}

/** Attributes of the two gradients: the convolution's, and the sizes that are not in their inputs. */
export interface Conv2dGradAttrs extends Conv2dAttrs {
  /** The input's height and width for the input's gradient, the kernel's for the weight's. */
  readonly height: number;
  readonly width: number;
}

/** Sizes of a convolution, with the names used in the kernels. */
export interface Conv2dSizes {
  readonly batch: number;
  readonly inC: number;
  readonly inH: number;
  readonly inW: number;
  readonly outC: number;
  readonly outH: number;
  readonly outW: number;
  readonly kH: number;
  readonly kW: number;
}

/** The operation behind {@linkcode conv2d}. */
export const conv2dOp: Operation<Conv2dAttrs> = {
  name: "conv2d",
  infer([x, weight], { stride, padding }) {
    checkFloats("conv2d", [x, weight]);
    if (x.shape.length !== 4 || weight.shape.length !== 4 || x.shape[1] !== weight.shape[1]) {
      throw new ShapeError(
        `conv2d: input ${shapeText(x.shape)} and weight ${shapeText(weight.shape)} do not fit`,
      );
    }
    const out = (n: number, k: number) => Math.floor((n + 2 * padding - k) / stride) + 1;
    const [batch, , h, w] = x.shape;
    const [outC, , kH, kW] = weight.shape;
    return [{ shape: [batch, outC, out(h, kH), out(w, kW)], dtype: "f32" }];
  },
  adjoint({ inputs: [x, weight], attrs }, [grad]) {
    if (!grad) return [undefined, undefined];
    const [, , height, width] = x.shape;
    const [, , kH, kW] = weight.shape;
    return [
      applyOne(conv2dInputGradOp, [grad, weight], { ...attrs, height, width }),
      applyOne(conv2dWeightGradOp, [x, grad], { ...attrs, height: kH, width: kW }),
    ];
  },
  evaluate([x, weight], { inputs, outputs: [y], attrs }) {
    const sizes = conv2dSizes(inputs[0], inputs[1], y);
    const out = new Float64Array(y.size);
    visit(sizes, attrs, (i, k, o) => out[o] += x[i] * weight[k]);
    return [out];
  },
};

/** From the output's gradient and the weight, the input's gradient. */
export const conv2dInputGradOp: Operation<Conv2dGradAttrs> = {
  name: "conv2d_input_grad",
  infer: ([grad, weight], { height, width }) => [
    { shape: [grad.shape[0], weight.shape[1], height, width], dtype: "f32" },
  ],
  evaluate([grad, weight], { inputs, outputs: [dx], attrs }) {
    const out = new Float64Array(dx.size);
    visit(conv2dSizes(dx, inputs[1], inputs[0]), attrs, (i, k, o) => out[i] += grad[o] * weight[k]);
    return [out];
  },
};

/** From the input and the output's gradient, the weight's gradient. */
export const conv2dWeightGradOp: Operation<Conv2dGradAttrs> = {
  name: "conv2d_weight_grad",
  infer: ([x, grad], { height, width }) => [
    { shape: [grad.shape[1], x.shape[1], height, width], dtype: "f32" },
  ],
  evaluate([x, grad], { inputs, outputs: [dw], attrs }) {
    const out = new Float64Array(dw.size);
    visit(conv2dSizes(inputs[0], dw, inputs[1]), attrs, (i, k, o) => out[k] += grad[o] * x[i]);
    return [out];
  },
};

/** The sizes of a convolution from its input, weight and output. */
export function conv2dSizes(x: Tensor, weight: Tensor, y: Tensor): Conv2dSizes {
  const [batch, inC, inH, inW] = x.shape;
  const [outC, , kH, kW] = weight.shape;
  const [, , outH, outW] = y.shape;
  return { batch, inC, inH, inW, outC, outH, outW, kH, kW };
}

/**
 * Two-dimensional cross-correlation, PyTorch's `nn.Conv2d`.
 *
 * @param x `[batch, in, height, width]`
 * @param weight `[out, in, kernel height, kernel width]`
 * @param bias `[out]`
 */
export function conv2d(
  x: Tensor,
  weight: Tensor,
  { bias, stride = 1, padding = 0 }: { bias?: Tensor; stride?: number; padding?: number } = {},
): Tensor {
  const y = applyOne(conv2dOp, [x, weight], { stride, padding });
  return bias ? add(y, reshape(bias, [bias.size, 1, 1])) : y;
}

function visit(
  s: Conv2dSizes,
  { stride, padding }: Conv2dAttrs,
  term: (input: number, weight: number, output: number) => void,
): void {
  for (let b = 0, o = 0; b < s.batch; b++) {
    for (let oc = 0; oc < s.outC; oc++) {
      for (let oy = 0; oy < s.outH; oy++) {
        for (let ox = 0; ox < s.outW; ox++, o++) {
          for (let ic = 0; ic < s.inC; ic++) {
            for (let ky = 0; ky < s.kH; ky++) {
              const y = oy * stride + ky - padding;
              if (y < 0 || y >= s.inH) continue;
              for (let kx = 0; kx < s.kW; kx++) {
                const x = ox * stride + kx - padding;
                if (x < 0 || x >= s.inW) continue;
                term(
                  ((b * s.inC + ic) * s.inH + y) * s.inW + x,
                  ((oc * s.inC + ic) * s.kH + ky) * s.kW + kx,
                  o,
                );
              }
            }
          }
        }
      }
    }
  }
}
