import type { WgslType } from "../../ops/elementwise.ts";
import type { Emitter, Ref } from "../dispatch.ts";
import type { Gemm } from "./gemm_spec.ts";
import type { GemmOperand, OperandReader } from "./gemm_operand.ts";
import { emitColumnSums, emitRowSums } from "../sums.ts";

/**
 * Emits the sums of the rows of a product's A, `[M]`, as separate dispatches. A is all of an
 * output's gradient: the sums are the bias's gradient, and C is the weight's.
 */
export function emitGemmRowSums(emitter: Emitter, { label, m, k, a }: Gemm, out: Ref): void {
  const { ref, segment } = a;
  const images = segment === undefined ? k : k / segment;
  const sums = segment === undefined ? ref : emitter.scratch(images * m);
  if (segment !== undefined) {
    emitRowSums(emitter, `${label} (bias)`, ref, images * m, segment, sums);
  }
  emitColumnSums(emitter, {
    label: `${label} (bias)`,
    outer: 1,
    reduce: images,
    inner: m,
    sources: [{ name: "x", ref: sums }],
    terms: ["f32(x[at])"],
    outs: [out],
  });
}

/** Loads per turn of a loop. */
const UNROLL = 8;

/**
 * WGSL of the same sums for rows `m0` to `m1` by the lanes of one subgroup, into `row_sums`; `type`
 * is what A is read as. Lanes run along the contiguous dimension.
 */
export function rowSumsCode(
  { segment }: GemmOperand,
  reader: OperandReader,
  type: WgslType,
  lanes: number,
  m0: string,
  m1: string,
): string {
  return segment === undefined
    ? byRow(reader, lanes, m0, m1)
    : bySegment(reader, type, segment, lanes, m0, m1);
}

/** One row per lane. Partial sums are short, since long ones lose precision. */
function byRow(reader: OperandReader, lanes: number, m0: string, m1: string): string {
  const add = (k: string) =>
    `{ ${reader.alongK("ak", k)} ${reader.element("x", "ak", "am")} part += x; }`;
  return `for (var m = ${m0} + lane; m < ${m1}; m += ${lanes}u) {
    ${reader.alongFree("am", "m")}
    var sum = 0.0;
    var k = 0u;
    for (; k + ${UNROLL - 1}u < p.k; k += ${UNROLL}u) {
      var part = 0.0;
      ${times(UNROLL, (i) => add(`(k + ${i}u)`))}
      sum += part;
    }
    var part = 0.0;
    for (; k < p.k; k++) ${add("k")}
    row_sums[m] = sum + part;
  }`;
}

/** All lanes on one row, segment after segment. */
function bySegment(
  reader: OperandReader,
  type: WgslType,
  segment: number,
  lanes: number,
  m0: string,
  m1: string,
): string {
  const per = type === "vec4f" ? 4 : 1;
  const step = per * lanes;
  const stretch = UNROLL * step;
  const whole = Math.floor(segment / stretch) * stretch;
  const add = (i: string) => `{ ${reader.element("x", "at", `${i} + ${per}u * lane`)} part += x; }`;
  return `for (var m = ${m0}; m < ${m1}; m++) {
    var sum = ${type}(0.0);
    for (var at = a0 + m * p.am; at < a0 + m * p.am + p.k / ${segment}u * p.ak; at += p.ak) {
      var part = ${type}(0.0);
      ${
    whole === 0 ? "" : `for (var i = 0u; i < ${whole}u; i += ${stretch}u) {
        ${times(UNROLL, (j) => add(`i + ${j * step}u`))}
      }`
  }
      ${times(Math.floor((segment - whole) / step), (j) => add(`${whole + j * step}u`))}
      ${
    segment % step === 0
      ? ""
      : `if (lane < ${segment % step / per}u) { ${add(`${segment - segment % step}u`)} }`
  }
      sum += part;
    }
    row_sums[m] = subgroupAdd(${per === 1 ? "sum" : "dot(sum, vec4f(1.0))"});
  }`;
}

function times(n: number, f: (i: number) => string): string {
  return Array.from({ length: n }, (_, i) => f(i)).join("\n        ");
}
