import { checkFloats, type Operation, ShapeError, shapeText, type Tensor } from "../tensor.ts";
import { applyOne } from "./elementwise.ts";

/** Height and width of the output; of the input for the gradient. */
export interface ResizeAttrs {
  /** Height in pixels. */
  readonly height: number;
  /** Width in pixels. */
  readonly width: number;
}

/** The operation behind {@linkcode resizeBilinear}. */
export const resizeBilinearOp: Operation<ResizeAttrs> = {
  name: "resize_bilinear",
  infer([x], { height, width }) {
    checkFloats("resize_bilinear", [x]);
    if (x.shape.length !== 4) {
      throw new ShapeError(
        `resize_bilinear: takes [batch, channels, height, width], not ${shapeText(x.shape)}`,
      );
    }
    return [{ shape: [x.shape[0], x.shape[1], height, width], dtype: "f32" }];
  },
  adjoint({ inputs: [x] }, [grad]) {
    const [, , height, width] = x.shape;
    return [grad && applyOne(resizeBilinearInputGradOp, [grad], { height, width })];
  },
  evaluate([x], { inputs, outputs: [y] }) {
    const out = new Float64Array(y.size);
    visit(inputs[0], y, (i, weight, o) => out[o] += weight * x[i]);
    return [out];
  },
};

/** From the output's gradient, the input's. */
export const resizeBilinearInputGradOp: Operation<ResizeAttrs> = {
  name: "resize_bilinear_input_grad",
  infer: ([{ shape: [batch, channels] }], { height, width }) => [
    { shape: [batch, channels, height, width], dtype: "f32" },
  ],
  evaluate([grad], { inputs, outputs: [dx] }) {
    const out = new Float64Array(dx.size);
    visit(dx, inputs[0], (i, weight, o) => out[i] += weight * grad[o]);
    return [out];
  },
};

/**
 * Images at another size: each pixel of the output interpolates the four nearest of the input,
 * PyTorch's `interpolate(mode="bilinear", align_corners=False)`. There is no antialiasing.
 *
 * @param x `[batch, channels, any height, any width]`
 * @throws {ShapeError} for sizes below 1
 * @category Operations
 */
export function resizeBilinear(x: Tensor, height: number, width: number): Tensor {
  return applyOne(resizeBilinearOp, [x], { height, width });
}

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
