import type { Conv2dSizes } from "../ops/conv2d.ts";
import { emitByElement } from "./by_element.ts";
import { declareBindings, type Emitter, type Ref } from "./dispatch.ts";
import { emitGemm } from "./gemm/gemm.ts";
import type { Epilogue } from "./gemm/gemm_spec.ts";
import type { GemmOperand } from "./gemm/gemm_operand.ts";
import type { PatchIndex } from "./gemm/implicit_patches.ts";

/**
 * Emits a convolution as one product:
 * `y[o, (b, pixel)] = sum w[o, (c, tap)] x[(c, tap), (b, pixel)]`.
 */
export function emitConv2d(
  emitter: Emitter,
  { x, weight, bias, y }: { x: Ref; weight: Ref; bias?: Ref; y: Ref },
  s: Conv2dSizes,
  epilogue: Epilogue,
): void {
  const taps = s.kH * s.kW;
  const pixels = s.outH * s.outW;
  emitGemm(emitter, {
    label: "conv2d",
    m: s.outC,
    n: s.batch * pixels,
    k: s.inC * taps,
    a: { ref: weight, row: s.inC * taps, column: 1 },
    b: isPointwise(s) ? pixelMatrix(x, s.inC, pixels) : {
      ref: x,
      row: s.inH * s.inW,
      column: s.inC * s.inH * s.inW,
      patches: {
        height: s.inH,
        width: s.inW,
        k: tapsOf(s),
        n: { height: s.outH, width: s.outW, step: [s.strideH, s.strideW] },
        start: [-s.top, -s.left],
      },
    },
    c: { ref: y, row: pixels, column: s.outC * pixels, segment: pixels },
    bias: bias && { ref: bias, per: "row" },
    epilogue,
  });
}

/**
 * Emits the input's gradient: `dx[c, (b, pixel)] = sum w[c, (o, tap)] dy[(o, tap), (b, pixel)]`, in
 * a product for each phase of the strides, with the taps and the pixels of that phase.
 */
export function emitConv2dInputGrad(
  emitter: Emitter,
  grad: Ref,
  weight: Ref,
  dx: Ref,
  s: Conv2dSizes,
  epilogue: Epilogue,
): void {
  const pixels = s.inH * s.inW;
  const phases = phasesOf(s.inH, s.kH, s.strideH, s.top).flatMap((y) =>
    phasesOf(s.inW, s.kW, s.strideW, s.left).map((x) => ({ y, x }))
  );
  const weights = weightsByPhase(emitter, weight, s, phases);
  phases.forEach(({ y, x }, i) => {
    const some = y.taps * x.taps > 0;
    // A phase without taps reads one pixel outside the image, for the epilogue's sake.
    const k = some ? { height: y.taps, width: x.taps } : { height: 1, width: 1 };
    const n = { height: y.count, width: x.count };
    const strided = s.strideH * s.strideW > 1;
    emitGemm(emitter, {
      label: "conv2d_input_grad",
      m: s.inC,
      n: s.batch * n.height * n.width,
      k: some ? s.outC * y.taps * x.taps : 1,
      a: weights[i],
      b: isPointwise(s) ? pixelMatrix(grad, s.outC, pixels) : {
        ref: grad,
        row: s.outH * s.outW,
        column: s.outC * s.outH * s.outW,
        patches: {
          height: s.outH,
          width: s.outW,
          k: { ...k, step: [-1, -1] },
          n: { ...n, step: [1, 1] },
          start: some ? [y.start, x.start] : [s.outH, s.outW],
        },
      },
      c: {
        ref: dx,
        offset: y.first * s.inW + x.first,
        row: pixels,
        column: s.inC * pixels,
        segment: n.height * n.width,
        tiled: strided ? { width: n.width, down: s.strideH * s.inW, across: s.strideW } : undefined,
      },
      epilogue,
    });
  });
}

/**
 * Every stride-th pixel of the input along one side: those that are read with every stride-th tap.
 */
interface Phase {
  /** The first pixel, and how many there are. */
  readonly first: number;
  readonly count: number;
  /** The first tap, and how many there are. */
  readonly tap: number;
  readonly taps: number;
  /** The output position that the first pixel reads with the first tap. */
  readonly start: number;
}

/** The phases along one side that have pixels. */
function phasesOf(size: number, kernel: number, stride: number, before: number): Phase[] {
  return Array.from({ length: stride }, (_, tap) => {
    const first = (tap + stride - before % stride) % stride;
    return {
      first,
      count: Math.max(0, Math.ceil((size - first) / stride)),
      tap,
      taps: Math.max(0, Math.ceil((kernel - tap) / stride)),
      start: (first + before - tap) / stride,
    };
  }).filter(({ count }) => count > 0);
}

/** Columns of a product from which copying A to contiguous rows pays off, measured. */
const MANY = 2048;

/** The weight of each phase as `[c, (o, tap)]`, copied where that pays off or is necessary. */
function weightsByPhase(
  emitter: Emitter,
  weight: Ref,
  { batch, inC, inH, inW, outC, kH, kW, strideH, strideW }: Conv2dSizes,
  phases: readonly { readonly y: Phase; readonly x: Phase }[],
): GemmOperand[] {
  const all = kH * kW;
  if (all === 1) return phases.map(() => ({ ref: weight, row: 1, column: inC }));
  if (strideH * strideW === 1 && batch * inH * inW < MANY) {
    return [{ ref: weight, row: all, column: inC * all, segment: all }];
  }
  const packed = emitter.scratch(inC * outC * all);
  const form = outC % 4 === 0 ? "vec4f" : "f32";
  const per = form === "vec4f" ? 4 : 1;
  const stores: string[] = [];
  let offset = 0;
  const operands = phases.map(({ y, x }): GemmOperand => {
    const taps = y.taps * x.taps;
    if (taps === 0) return { ref: weight, row: 0, column: 0 };
    const element = (e: number) => {
      const [o, i] = [Math.floor(e / taps), e % taps];
      const tapY = y.tap + Math.floor(i / x.taps) * strideH;
      const tapX = x.tap + i % x.taps * strideW;
      return `f32(weight[first + ${o * inC * all + tapY * kW + tapX}u])`;
    };
    for (let i = 0; i < taps; i++) {
      const elements = Array.from({ length: per }, (_, e) => element(i * per + e));
      stores.push(
        `out[${offset / per + i}u + to * ${taps}u] = ${form}(${elements.join(", ")});`,
      );
    }
    const operand = { ref: packed, offset, row: outC * taps, column: 1 };
    offset += inC * outC * taps;
    return operand;
  });
  if (stores.length === 0) return operands;
  emitByElement(emitter, {
    label: "conv2d_input_grad (weight)",
    count: inC * outC / per,
    declarations: declareBindings([
      { name: "weight", type: weight.dtype, access: "read" },
      { name: "out", type: form, access: "read_write" },
    ]),
    reads: [weight],
    outs: [packed],
    body: `let c = i % ${inC}u;
    let o = i / ${inC}u;
    let first = (o * ${per * inC}u + c) * ${all}u;
    let to = c * ${outC / per}u + o;
    ${stores.join("\n    ")}`,
  });
  return operands;
}

/**
 * Emits the weight's gradient `dw[o, (c, tap)] = sum dy[o, (b, pixel)] x[(b, pixel), (c, tap)]`,
 * and the bias's, `db[o] = sum dy[o, (b, pixel)]`.
 */
export function emitConv2dWeightGrad(
  emitter: Emitter,
  { x, grad, dw, db }: { x: Ref; grad: Ref; dw: Ref; db?: Ref },
  s: Conv2dSizes,
): void {
  const taps = s.kH * s.kW;
  const pixels = s.outH * s.outW;
  emitGemm(emitter, {
    label: "conv2d_weight_grad",
    m: s.outC,
    n: s.inC * taps,
    k: s.batch * pixels,
    a: { ref: grad, row: pixels, column: s.outC * pixels, segment: pixels },
    b: {
      ref: x,
      row: s.inC * s.inH * s.inW,
      column: s.inH * s.inW,
      patches: {
        height: s.inH,
        width: s.inW,
        k: { height: s.outH, width: s.outW, step: [s.strideH, s.strideW] },
        n: tapsOf(s),
        start: [-s.top, -s.left],
      },
    },
    c: { ref: dw, row: s.inC * taps, column: 1 },
    rowSums: db,
  });
}

/** True where each pixel of the output reads the same pixel of the input and no other. */
function isPointwise({ kH, kW, inH, inW, outH, outW, top, left, strideH, strideW }: Conv2dSizes) {
  return kH * kW * strideH * strideW === 1 && inH === outH && inW === outW && top + left === 0;
}

/** Images as a matrix with a row per channel, the pixels of one image after another's. */
function pixelMatrix(ref: Ref, channels: number, pixels: number): GemmOperand {
  return { ref, row: pixels, column: channels * pixels, segment: pixels };
}

function tapsOf({ kH, kW }: Conv2dSizes): PatchIndex {
  return { height: kH, width: kW, step: [1, 1] };
}
