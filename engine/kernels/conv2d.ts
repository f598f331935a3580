import type { Conv2dSizes } from "../ops/conv2d.ts";
import {
  declareBindings,
  type Emitter,
  gridOf,
  GROUP_INDEX,
  MAIN_PARAMETERS,
  type Ref,
} from "./dispatch.ts";
import { emitColumnSums } from "./sums.ts";

/** Emits a direct convolution: an invocation per output element. */
export function emitConv2d(
  emitter: Emitter,
  x: Ref,
  weight: Ref,
  y: Ref,
  s: Conv2dSizes,
): void {
  emitDirect(
    emitter,
    "conv2d",
    x,
    weight,
    y,
    s,
    `
  let ox = i % ${s.outW}u; let oy = (i / ${s.outW}u) % ${s.outH}u;
  let oc = (i / ${s.outW * s.outH}u) % ${s.outC}u; let b = i / ${s.outW * s.outH * s.outC}u;
  for (var c = 0u; c < ${s.inC}u; c++) { for (var ky = 0u; ky < ${s.kH}u; ky++) { for (var kx = 0u; kx < ${s.kW}u; kx++) {
    let iy = oy * ${s.strideH}u + ky - ${s.top}u; let ix = ox * ${s.strideW}u + kx - ${s.left}u;
    if (iy < ${s.inH}u && ix < ${s.inW}u) {
      sum += a[((b * ${s.inC}u + c) * ${s.inH}u + iy) * ${s.inW}u + ix] * w[((oc * ${s.inC}u + c) * ${s.kH}u + ky) * ${s.kW}u + kx];
    }
  } } }`,
  );
}

/** Emits the input's gradient: an invocation per input element. */
export function emitConv2dInputGrad(
  emitter: Emitter,
  grad: Ref,
  weight: Ref,
  dx: Ref,
  s: Conv2dSizes,
): void {
  emitDirect(
    emitter,
    "conv2d_input_grad",
    grad,
    weight,
    dx,
    s,
    `
  let ix = i % ${s.inW}u; let iy = (i / ${s.inW}u) % ${s.inH}u;
  let c = (i / ${s.inW * s.inH}u) % ${s.inC}u; let b = i / ${s.inW * s.inH * s.inC}u;
  for (var oc = 0u; oc < ${s.outC}u; oc++) { for (var ky = 0u; ky < ${s.kH}u; ky++) { for (var kx = 0u; kx < ${s.kW}u; kx++) {
    let y = iy + ${s.top}u - ky; let x = ix + ${s.left}u - kx;
    if (iy + ${s.top}u >= ky && ix + ${s.left}u >= kx && y % ${s.strideH}u == 0u && x % ${s.strideW}u == 0u
      && y / ${s.strideH}u < ${s.outH}u && x / ${s.strideW}u < ${s.outW}u) {
      sum += a[((b * ${s.outC}u + oc) * ${s.outH}u + y / ${s.strideH}u) * ${s.outW}u + x / ${s.strideW}u]
        * w[((oc * ${s.inC}u + c) * ${s.kH}u + ky) * ${s.kW}u + kx];
    }
  } } }`,
  );
}

/** Emits the weight's gradient: an invocation per weight and picture, then the sum over pictures. */
export function emitConv2dWeightGrad(
  emitter: Emitter,
  x: Ref,
  grad: Ref,
  dw: Ref,
  s: Conv2dSizes,
): void {
  const weights = s.outC * s.inC * s.kH * s.kW;
  const partial = emitter.scratch(s.batch * weights);
  emitDirect(
    emitter,
    "conv2d_weight_grad",
    x,
    grad,
    partial,
    s,
    `
  let kx = i % ${s.kW}u; let ky = (i / ${s.kW}u) % ${s.kH}u;
  let c = (i / ${s.kW * s.kH}u) % ${s.inC}u; let oc = (i / ${
      s.kW * s.kH * s.inC
    }u) % ${s.outC}u; let b = i / ${weights}u;
  for (var oy = 0u; oy < ${s.outH}u; oy++) { for (var ox = 0u; ox < ${s.outW}u; ox++) {
    let iy = oy * ${s.strideH}u + ky - ${s.top}u; let ix = ox * ${s.strideW}u + kx - ${s.left}u;
    if (iy < ${s.inH}u && ix < ${s.inW}u) {
      sum += a[((b * ${s.inC}u + c) * ${s.inH}u + iy) * ${s.inW}u + ix] * w[((b * ${s.outC}u + oc) * ${s.outH}u + oy) * ${s.outW}u + ox];
    }
  } }`,
  );
  emitColumnSums(emitter, {
    label: "conv2d_weight_grad (pictures)",
    outer: 1,
    reduce: s.batch,
    inner: weights,
    sources: [{ name: "partial", ref: partial }],
    terms: ["partial[at]"],
    outs: [dw],
  });
}

function emitDirect(
  emitter: Emitter,
  label: string,
  a: Ref,
  w: Ref,
  out: Ref,
  s: Conv2dSizes,
  body: string,
): void {
  const lanes = emitter.capabilities.adapterClass === "software" ? 8 : 64;
  emitter.emit({
    label,
    code: `${
      declareBindings([
        { name: "a", type: "f32", access: "read" },
        { name: "w", type: "f32", access: "read" },
        { name: "out", type: "f32", access: "read_write" },
      ])
    }
@compute @workgroup_size(${lanes}) fn main(${MAIN_PARAMETERS}) {
  let i = ${GROUP_INDEX} * ${lanes}u + lane;
  if (i >= ${out.size}u) { return; }
  var sum = 0.0;
  ${body.trim()}
  out[i] = sum;
}`,
    bindings: [{ ref: a, access: "read" }, { ref: w, access: "read" }, {
      ref: out,
      access: "read_write",
    }],
    uniforms: null,
    workgroups: gridOf(Math.ceil(out.size / lanes), emitter.capabilities),
    flops: 2 * s.batch * s.outC * s.outH * s.outW * s.inC * s.kH * s.kW,
  });
}
