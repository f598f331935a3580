import type { Shape } from "../tensor.ts";
import { emitByElement } from "./by_element.ts";
import { declareBindings, type Emitter, type Ref } from "./dispatch.ts";

const DECLARATIONS = (reads: string): string =>
  declareBindings([
    { name: reads, type: "f32", access: "read" },
    { name: "out", type: "f32", access: "read_write" },
  ]);

/**
 * WGSL of `low(o)`, the lower of the two pixels that pixel `o` of the output lies between, and of
 * `fraction(o)`, its distance from it: (o + 1/2) in / out - 1/2 in whole numbers, so exact.
 */
function neighbours(axis: "y" | "x", before: number, after: number): string {
  const scaled = `max((2u * o + 1u) * ${before}u, ${after}u) - ${after}u`;
  return `fn low_${axis}(o: u32) -> u32 { return (${scaled}) / ${2 * after}u; }
fn fraction_${axis}(o: u32) -> f32 { return f32((${scaled}) % ${2 * after}u) / ${2 * after}.0; }`;
}

/** Emits the resized images: an invocation per output pixel. */
export function emitResizeBilinear(
  emitter: Emitter,
  x: Ref,
  y: Ref,
  [, , inH, inW]: Shape,
  [, , outH, outW]: Shape,
): void {
  emitByElement(emitter, {
    label: "resize_bilinear",
    count: y.size,
    declarations: `${DECLARATIONS("x")}
${neighbours("y", inH, outH)}
${neighbours("x", inW, outW)}`,
    reads: [x],
    outs: [y],
    body: `let ox = i % ${outW}u; let oy = (i / ${outW}u) % ${outH}u; let plane = i / ${
      outH * outW
    }u;
  let left = low_x(ox); let right = min(left + 1u, ${inW - 1}u); let across = fraction_x(ox);
  let top = (plane * ${inH}u + low_y(oy)) * ${inW}u;
  let bottom = (plane * ${inH}u + min(low_y(oy) + 1u, ${inH - 1}u)) * ${inW}u;
  let above = mix(x[top + left], x[top + right], across);
  let below = mix(x[bottom + left], x[bottom + right], across);
  out[i] = mix(above, below, fraction_y(oy));`,
  });
}

/**
 * Emits the input's gradient: an invocation per input pixel, which gathers from those around it.
 */
export function emitResizeBilinearInputGrad(
  emitter: Emitter,
  grad: Ref,
  dx: Ref,
  [, , outH, outW]: Shape,
  [, , inH, inW]: Shape,
): void {
  const weight = (axis: "y" | "x", n: number) =>
    `fn weight_${axis}(o: u32, i: u32) -> f32 {
  return select(0.0, 1.0 - fraction_${axis}(o), low_${axis}(o) == i) + select(0.0, fraction_${axis}(o), min(low_${axis}(o) + 1u, ${
      n - 1
    }u) == i);
}`;
  // Outputs of some weight lie within a pixel of the input, those beyond the edges at the edge.
  const first = (i: string, before: number, after: number) =>
    `(max((2u * ${i}) * ${after}u, ${after + before}u) - ${after + before}u) / ${2 * before}u`;
  const last = (i: string, before: number, after: number) =>
    `select(min(((2u * ${i} + 3u) * ${after}u) / ${2 * before}u, ${after - 1}u), ${
      after - 1
    }u, ${i} == ${before - 1}u)`;
  emitByElement(emitter, {
    label: "resize_bilinear_input_grad",
    count: dx.size,
    declarations: `${DECLARATIONS("grad")}
${neighbours("y", inH, outH)}
${neighbours("x", inW, outW)}
${weight("y", inH)}
${weight("x", inW)}`,
    reads: [grad],
    outs: [dx],
    body: `let ix = i % ${inW}u; let iy = (i / ${inW}u) % ${inH}u; let plane = i / ${inH * inW}u;
  var sum = 0.0;
  for (var oy = ${first("iy", inH, outH)}; oy <= ${last("iy", inH, outH)}; oy++) {
    for (var ox = ${first("ix", inW, outW)}; ox <= ${last("ix", inW, outW)}; ox++) {
      sum += weight_y(oy, iy) * weight_x(ox, ix) * grad[(plane * ${outH}u + oy) * ${outW}u + ox];
    }
  }
  out[i] = sum;`,
  });
}
