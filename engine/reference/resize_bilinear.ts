import type { ResizeAttrs } from "../ops/resize_bilinear.ts";
import type { Tensor } from "../tensor.ts";
import type { Evaluation } from "./evaluation.ts";

/** The evaluation of {@linkcode resizeBilinearOp}. */
export const evaluateResizeBilinear: Evaluation<ResizeAttrs> = ([x], { inputs, outputs: [y] }) => {
  const out = new Float64Array(y.size);
  visit(inputs[0], y, (i, weight, o) => out[o] += weight * x[i]);
  return [out];
};

/** The evaluation of {@linkcode resizeBilinearInputGradOp}. */
export const evaluateResizeBilinearInputGrad: Evaluation<ResizeAttrs> = (
  [grad],
  { inputs, outputs: [dx] },
) => {
  const out = new Float64Array(dx.size);
  visit(dx, inputs[0], (i, weight, o) => out[i] += weight * grad[o]);
  return [out];
};

/** The two pixels of `n` that pixel `o` of `out` lies between, with their weights. */
function neighbours(o: number, n: number, out: number): [number, number][] {
  const at = Math.max((o + 0.5) * n / out - 0.5, 0);
  const low = Math.floor(at);
  return [[low, 1 - (at - low)], [Math.min(low + 1, n - 1), at - low]];
}

function visit(
  { shape: [batch, channels, inH, inW] }: Tensor,
  { shape: [, , outH, outW] }: Tensor,
  term: (input: number, weight: number, output: number) => void,
): void {
  for (let plane = 0, o = 0; plane < batch * channels; plane++) {
    for (let oy = 0; oy < outH; oy++) {
      for (let ox = 0; ox < outW; ox++, o++) {
        for (const [y, wy] of neighbours(oy, inH, outH)) {
          for (const [x, wx] of neighbours(ox, inW, outW)) {
            term((plane * inH + y) * inW + x, wy * wx, o);
          }
        }
      }
    }
  }
}
