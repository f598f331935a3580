import type { AvgPool2dAttrs, AvgPool2dGradAttrs } from "../ops/avg_pool2d.ts";
import { type Pool2dAttrs, type Pool2dSizes, pool2dSizes } from "../ops/pool2d.ts";
import type { Evaluation } from "./evaluation.ts";

/** The evaluation of {@linkcode avgPool2dOp}. */
export const evaluateAvgPool2d: Evaluation<AvgPool2dAttrs> = (
  [x],
  { inputs, outputs: [y], attrs },
) => {
  const out = new Float64Array(y.size);
  visitWindows(pool2dSizes(inputs[0], y), attrs, (o, window) => {
    out[o] = window.reduce((sum, i) => sum + x[i], 0) / divisor(window, attrs);
  });
  return [out];
};

/** The evaluation of {@linkcode avgPool2dInputGradOp}. */
export const evaluateAvgPool2dInputGrad: Evaluation<AvgPool2dGradAttrs> = (
  [grad],
  { inputs, outputs: [dx], attrs },
) => {
  const out = new Float64Array(dx.size);
  visitWindows(pool2dSizes(dx, inputs[0]), attrs, (o, window) => {
    for (const i of window) out[i] += grad[o] / divisor(window, attrs);
  });
  return [out];
};

/** The evaluation of {@linkcode maxPool2dOp}. */
export const evaluateMaxPool2d: Evaluation<Pool2dAttrs> = (
  [x],
  { inputs, outputs: [y], attrs },
) => {
  const out = new Float64Array(y.size);
  visitWindows(pool2dSizes(inputs[0], y), attrs, (o, window) => out[o] = x[largest(x, window)]);
  return [out];
};

/** The evaluation of {@linkcode maxPool2dInputGradOp}. */
export const evaluateMaxPool2dInputGrad: Evaluation<Pool2dAttrs> = (
  [x, grad],
  { inputs, attrs },
) => {
  const out = new Float64Array(x.length);
  visitWindows(pool2dSizes(inputs[0], inputs[1]), attrs, (o, window) => {
    out[largest(x, window)] += grad[o];
  });
  return [out];
};

function divisor(window: readonly number[], attrs: AvgPool2dAttrs): number {
  return attrs.count_include_pad ? attrs.kernel_size ** 2 : window.length;
}

function largest(x: Float64Array, window: readonly number[]): number {
  return window.reduce((best, i) => x[i] > x[best] ? i : best);
}

/** Calls `window` for every output with the indices of the inputs it covers, padding left out. */
function visitWindows(
  { planes, inH, inW, outH, outW }: Pool2dSizes,
  { kernel_size, stride, padding }: Pool2dAttrs,
  window: (output: number, inputs: readonly number[]) => void,
): void {
  const covered = (o: number, n: number): number[] => {
    const first = o * stride - padding;
    return Array.from({ length: kernel_size }, (_, k) => first + k).filter((i) => i >= 0 && i < n);
  };
  for (let plane = 0, o = 0; plane < planes; plane++) {
    for (let oy = 0; oy < outH; oy++) {
      for (let ox = 0; ox < outW; ox++, o++) {
        const columns = covered(ox, inW);
        const rows = covered(oy, inH).map((y) => (plane * inH + y) * inW);
        window(o, rows.flatMap((row) => columns.map((x) => row + x)));
      }
    }
  }
}
