import type { Conv2dSizes } from "../ops/conv2d.ts";
import type { Emitter, Ref } from "./dispatch.ts";
import { emitGemm, type Epilogue } from "./gemm.ts";
import type { PictureIndex } from "./picture.ts";

/**
 * Emits a convolution as one product: `y[o, (b, place)] = sum w[o, (c, tap)] x[(c, tap), (b, place)]`.
 */
export function emitConv2d(
  emitter: Emitter,
  x: Ref,
  weight: Ref,
  y: Ref,
  s: Conv2dSizes,
  epilogue: Epilogue,
): void {
  const taps = s.kH * s.kW;
  const places = s.outH * s.outW;
  emitGemm(emitter, {
    label: "conv2d",
    m: s.outC,
    n: s.batch * places,
    k: s.inC * taps,
    a: { ref: weight, row: s.inC * taps, column: 1 },
    b: {
      ref: x,
      row: s.inH * s.inW,
      column: s.inC * s.inH * s.inW,
      picture: {
        height: s.inH,
        width: s.inW,
        k: tapsOf(s, 1),
        n: { height: s.outH, width: s.outW, step: [s.strideH, s.strideW] },
        start: [-s.top, -s.left],
        spread: [1, 1],
      },
    },
    c: { ref: y, row: places, column: s.outC * places, run: places },
    epilogue,
  });
}

/**
 * Emits the input's gradient: `dx[c, (b, place)] = sum w[c, (o, tap)] dy[(o, tap), (b, place)]`,
 * where the gradient's elements are as far apart as the strides.
 */
export function emitConv2dInputGrad(
  emitter: Emitter,
  grad: Ref,
  weight: Ref,
  dx: Ref,
  s: Conv2dSizes,
  epilogue: Epilogue,
): void {
  const taps = s.kH * s.kW;
  const places = s.inH * s.inW;
  emitGemm(emitter, {
    label: "conv2d_input_grad",
    m: s.inC,
    n: s.batch * places,
    k: s.outC * taps,
    a: { ref: weight, row: taps, column: s.inC * taps, run: taps },
    b: {
      ref: grad,
      row: s.outH * s.outW,
      column: s.outC * s.outH * s.outW,
      picture: {
        height: s.outH,
        width: s.outW,
        k: tapsOf(s, -1),
        n: { height: s.inH, width: s.inW, step: [1, 1] },
        start: [s.top, s.left],
        spread: [s.strideH, s.strideW],
      },
    },
    c: { ref: dx, row: places, column: s.inC * places, run: places },
    epilogue,
  });
}

/** Emits the weight's gradient: `dw[o, (c, tap)] = sum dy[o, (b, place)] x[(b, place), (c, tap)]`. */
export function emitConv2dWeightGrad(
  emitter: Emitter,
  x: Ref,
  grad: Ref,
  dw: Ref,
  s: Conv2dSizes,
): void {
  const taps = s.kH * s.kW;
  const places = s.outH * s.outW;
  emitGemm(emitter, {
    label: "conv2d_weight_grad",
    m: s.outC,
    n: s.inC * taps,
    k: s.batch * places,
    a: { ref: grad, row: places, column: s.outC * places, run: places },
    b: {
      ref: x,
      row: s.inC * s.inH * s.inW,
      column: s.inH * s.inW,
      picture: {
        height: s.inH,
        width: s.inW,
        k: { height: s.outH, width: s.outW, step: [s.strideH, s.strideW] },
        n: tapsOf(s, 1),
        start: [-s.top, -s.left],
        spread: [1, 1],
      },
    },
    c: { ref: dw, row: s.inC * taps, column: 1 },
  });
}

function tapsOf({ kH, kW }: Conv2dSizes, step: number): PictureIndex {
  return { height: kH, width: kW, step: [step, step] };
}
