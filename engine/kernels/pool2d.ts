import type { AvgPool2dAttrs } from "../ops/avg_pool2d.ts";
import type { Pool2dAttrs, Pool2dSizes } from "../ops/pool2d.ts";
import { emitByElement } from "./by_element.ts";
import { declareBindings, type Emitter, type Ref } from "./dispatch.ts";

/** Emits the largest of each window: an invocation per output. */
export function emitMaxPool2d(
  emitter: Emitter,
  x: Ref,
  y: Ref,
  sizes: Pool2dSizes,
  attrs: Pool2dAttrs,
): void {
  emitPooled(emitter, "max_pool2d", { x }, y, [
    indexOf("o", sizes.outH, sizes.outW),
    "var best = -0x1.fffffep+127f;",
    eachCovered(sizes, attrs, "best = max(best, x[at]);"),
    "out[i] = best;",
  ]);
}

/** Emits the mean of each window: an invocation per output. */
export function emitAvgPool2d(
  emitter: Emitter,
  x: Ref,
  y: Ref,
  sizes: Pool2dSizes,
  attrs: AvgPool2dAttrs,
): void {
  emitPooled(emitter, "avg_pool2d", { x }, y, [
    indexOf("o", sizes.outH, sizes.outW),
    "var total = 0.0; var count = 0.0;",
    eachCovered(sizes, attrs, "total += x[at]; count += 1.0;"),
    `out[i] = total / ${attrs.count_include_pad ? `${attrs.kernel_size ** 2}.0` : "count"};`,
  ]);
}

/**
 * Emits the input's gradient: an invocation per input, which checks in which of its windows it is
 * the largest.
 */
export function emitMaxPool2dInputGrad(
  emitter: Emitter,
  x: Ref,
  grad: Ref,
  dx: Ref,
  sizes: Pool2dSizes,
  attrs: Pool2dAttrs,
): void {
  const window = `
    var best = -0x1.fffffep+127f; var owner = 0xffffffffu;
    ${
    eachCovered(
      sizes,
      attrs,
      "if (owner == 0xffffffffu || x[at] > best) { best = x[at]; owner = at; }",
    )
  }
    if (owner == i) { sum += grad[(plane * ${sizes.outH}u + oy) * ${sizes.outW}u + ox]; }`;
  emitPooled(emitter, "max_pool2d_input_grad", { x, grad }, dx, [
    indexOf("i", sizes.inH, sizes.inW),
    "var sum = 0.0;",
    eachWindow(sizes, attrs, window),
    "out[i] = sum;",
  ]);
}

/** Emits the input's gradient: an invocation per input, which gathers from its windows. */
export function emitAvgPool2dInputGrad(
  emitter: Emitter,
  grad: Ref,
  dx: Ref,
  sizes: Pool2dSizes,
  attrs: AvgPool2dAttrs,
): void {
  const { kernel_size: k, stride, padding } = attrs;
  const inside = (o: string, n: number): string =>
    `(min(${o} * ${stride}u + ${k}u, ${n + padding}u) - max(${o} * ${stride}u, ${padding}u))`;
  const count = attrs.count_include_pad
    ? `${k * k}.0`
    : `f32(${inside("oy", sizes.inH)} * ${inside("ox", sizes.inW)})`;
  emitPooled(emitter, "avg_pool2d_input_grad", { grad }, dx, [
    indexOf("i", sizes.inH, sizes.inW),
    "var sum = 0.0;",
    eachWindow(
      sizes,
      attrs,
      `sum += grad[(plane * ${sizes.outH}u + oy) * ${sizes.outW}u + ox] / ${count};`,
    ),
    "out[i] = sum;",
  ]);
}

function emitPooled(
  emitter: Emitter,
  label: string,
  reads: Readonly<Record<string, Ref>>,
  out: Ref,
  lines: readonly string[],
): void {
  emitByElement(emitter, {
    label,
    count: out.size,
    declarations: declareBindings([
      ...Object.keys(reads).map((name) => ({ name, type: "f32", access: "read" as const })),
      { name: "out", type: "f32", access: "read_write" },
    ]),
    reads: Object.values(reads),
    outs: [out],
    body: lines.join("\n  "),
  });
}

/** WGSL of `oy`, `ox` (or `iy`, `ix`) and `plane` of the element `i`. */
function indexOf(letter: "o" | "i", height: number, width: number): string {
  return `let ${letter}x = i % ${width}u; let ${letter}y = (i / ${width}u) % ${height}u; ` +
    `let plane = i / ${height * width}u;`;
}

/**
 * WGSL that runs `statements` with `at`, the index of each input that the window `oy`, `ox` covers.
 */
function eachCovered(
  { inH, inW }: Pool2dSizes,
  { kernel_size, stride, padding }: Pool2dAttrs,
  statements: string,
): string {
  const taps = [...Array(kernel_size).keys()];
  // Rows and columns before the first wrap around to large numbers.
  const guard = (condition: string, text: string) =>
    padding > 0 ? `if (${condition}) { ${text} }` : `{ ${text} }`;
  const columns = taps.map((kx) =>
    guard(`left + ${kx}u < ${inW}u`, `let at = row + left + ${kx}u; ${statements}`)
  );
  const rows = taps.map((ky) =>
    guard(
      `top + ${ky}u < ${inH}u`,
      `let row = (plane * ${inH}u + top + ${ky}u) * ${inW}u;
    ${columns.join("\n    ")}`,
    )
  );
  return `let top = oy * ${stride}u - ${padding}u; let left = ox * ${stride}u - ${padding}u;
  ${rows.join("\n  ")}`;
}

/** WGSL that runs `statements` with `oy`, `ox` of each window that covers the input `iy`, `ix`. */
function eachWindow(
  { outH, outW }: Pool2dSizes,
  { kernel_size, stride, padding }: Pool2dAttrs,
  statements: string,
): string {
  const first = (i: string) =>
    `select(0u, (${i} + ${padding}u - ${kernel_size}u) / ${stride}u + 1u, ${i} + ${padding}u >= ${kernel_size}u)`;
  const end = (i: string, n: number) => `min((${i} + ${padding}u) / ${stride}u + 1u, ${n}u)`;
  return `for (var oy = ${first("iy")}; oy < ${end("iy", outH)}; oy++) {
  for (var ox = ${first("ix")}; ox < ${end("ix", outW)}; ox++) {
    ${statements}
  } }`;
}
