import {
  type Conv2dAttrs,
  type Conv2dGradAttrs,
  type Conv2dSizes,
  conv2dSizes,
  type Conv2dWeightGradAttrs,
} from "../ops/conv2d.ts";
import type { Evaluation } from "./evaluation.ts";

/** The evaluation of {@linkcode conv2dOp}. */
export const evaluateConv2d: Evaluation<Conv2dAttrs> = (
  [x, weight, bias],
  { inputs, outputs: [y], attrs },
) => {
  const [, outC, outH, outW] = y.shape;
  const out = new Float64Array(y.size);
  if (bias) out.forEach((_, i) => out[i] = bias[Math.floor(i / (outH * outW)) % outC]);
  const sizes = conv2dSizes(inputs[0], inputs[1], y, attrs);
  visit(sizes, (i, k, o) => out[o] += x[i] * weight[k]);
  return [out];
};

/** The evaluation of {@linkcode conv2dInputGradOp}. */
export const evaluateConv2dInputGrad: Evaluation<Conv2dGradAttrs> = (
  [grad, weight],
  { inputs, outputs: [dx], attrs },
) => {
  const out = new Float64Array(dx.size);
  const sizes = conv2dSizes(dx, inputs[1], inputs[0], attrs);
  visit(sizes, (i, k, o) => out[i] += grad[o] * weight[k]);
  return [out];
};

/** The evaluation of {@linkcode conv2dWeightGradOp}. */
export const evaluateConv2dWeightGrad: Evaluation<Conv2dWeightGradAttrs> = (
  [x, grad],
  { inputs, outputs: [dw], attrs },
) => {
  const out = new Float64Array(dw.size);
  const sizes = conv2dSizes(inputs[0], dw, inputs[1], attrs);
  visit(sizes, (i, k, o) => out[k] += grad[o] * x[i]);
  if (!attrs.bias) return [out];
  const { outC, outH, outW } = sizes;
  const sums = new Float64Array(outC);
  grad.forEach((g, i) => sums[Math.floor(i / (outH * outW)) % outC] += g);
  return [out, sums];
};

function visit(
  s: Conv2dSizes,
  term: (input: number, weight: number, output: number) => void,
): void {
  for (let b = 0, o = 0; b < s.batch; b++) {
    for (let oc = 0; oc < s.outC; oc++) {
      for (let oy = 0; oy < s.outH; oy++) {
        for (let ox = 0; ox < s.outW; ox++, o++) {
          for (let ic = 0; ic < s.inC; ic++) {
            for (let ky = 0; ky < s.kH; ky++) {
              const y = oy * s.strideH + ky - s.top;
              if (y < 0 || y >= s.inH) continue;
              for (let kx = 0; kx < s.kW; kx++) {
                const x = ox * s.strideW + kx - s.left;
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
