import type { Capabilities } from "../device.ts";
import { type Dispatch, type Emitter, gridOf, GROUP_INDEX, MAIN_PARAMETERS } from "./dispatch.ts";

/** A kernel in which the lanes of a workgroup work together on one row after another. */
export interface RowKernel {
  readonly label: string;
  readonly rows: number;
  readonly columns: number;
  /** WGSL before `main`: bindings and functions. */
  readonly declarations: string;
  readonly bindings: Dispatch["bindings"];
  /** WGSL for one row; see {@linkcode RowWriter}. */
  readonly body: (row: RowWriter) => string;
  readonly flops: number;
}

/** What the body of a row kernel is written with. `row` and `lane` are WGSL variables in scope. */
export interface RowWriter {
  /** A loop of this lane over its columns; `column` is in scope in the statement. */
  each(statement: string): string;
  /** The sum of a value over the lanes. */
  sum(value: string): string;
  /** The largest of a value over the lanes. */
  max(value: string): string;
}

/** Emits a row kernel: a subgroup per row where subgroups can be had, else a workgroup. */
export function emitRows(emitter: Emitter, kernel: RowKernel): void {
  const { capabilities } = emitter;
  const { lanes, prelude } = reductions(capabilities);
  const perGroup = capabilities.adapterClass === "software" ? 32 : 1;
  const writer: RowWriter = {
    each: (statement) => unrolled(statement, kernel.columns, lanes),
    sum: (value) => `lanes_sum(${value}, lane)`,
    max: (value) => `lanes_max(${value}, lane)`,
  };
  emitter.emit({
    label: kernel.label,
    code: `${kernel.declarations}
@group(0) @binding(${kernel.bindings.length}) var<uniform> rows: vec4u;
${prelude}
@compute @workgroup_size(${lanes}) fn main(${MAIN_PARAMETERS}) {
  let start = ${GROUP_INDEX} * ${perGroup}u;
  let end = min(start + ${perGroup}u, rows.x);
  for (var row = start; row < end; row++) {
    ${kernel.body(writer)}
  }
}`,
    bindings: kernel.bindings,
    uniforms: Uint32Array.of(kernel.rows, 0, 0, 0),
    workgroups: gridOf(Math.ceil(kernel.rows / perGroup), capabilities),
    flops: kernel.flops,
  });
}

/** Columns of a lane that are written out one after another: a software adapter's loops are dear. */
const UNROLL = 8;

/** The statement for every column of this lane: whole blocks in a loop, then the rest. */
function unrolled(statement: string, columns: number, lanes: number): string {
  const each = Math.floor(columns / lanes);
  const blocks = Math.floor(each / UNROLL);
  const at = (column: string) => `{ let column = ${column}; ${statement} }`;
  const block = Array.from({ length: UNROLL }, (_, i) => at(`unrolled + ${i * lanes}u`)).join("\n");
  const loop = blocks === 0 ? "" : `
    for (var unrolled = lane; unrolled < ${blocks * UNROLL * lanes}u; unrolled += ${
    UNROLL * lanes
  }u) {
      ${block}
    }`;
  const rest = Array.from(
    { length: each - blocks * UNROLL },
    (_, i) => at(`lane + ${(blocks * UNROLL + i) * lanes}u`),
  ).join("\n");
  const edge = columns % lanes === 0
    ? ""
    : `if (lane < ${columns % lanes}u) ${at(`lane + ${each * lanes}u`)}`;
  return `${loop}\n${rest}\n${edge}`;
}

/** Lanes that work on a row, and WGSL of `lanes_sum` and `lanes_max` over them. */
function reductions({ subgroupSize }: Capabilities): { lanes: number; prelude: string } {
  if (subgroupSize > 0) {
    const steps = Array.from({ length: Math.log2(subgroupSize) }, (_, i) => 1 << i);
    const tree = (combine: (a: string, b: string) => string) =>
      steps.map((s) => `v = ${combine("v", `subgroupShuffleXor(v, ${s}u)`)};`).join(" ");
    return {
      lanes: subgroupSize,
      prelude: `
fn lanes_sum(value: f32, lane: u32) -> f32 { var v = value; ${
        tree((a, b) => `${a} + ${b}`)
      } return v; }
fn lanes_max(value: f32, lane: u32) -> f32 { var v = value; ${
        tree((a, b) => `max(${a}, ${b})`)
      } return v; }`,
    };
  }
  const lanes = 64;
  const tree = (combine: (a: string, b: string) => string) => `
  shared_lanes[lane] = value;
  workgroupBarrier();
  for (var reach = ${lanes / 2}u; reach > 0u; reach >>= 1u) {
    if (lane < reach) { shared_lanes[lane] = ${
    combine("shared_lanes[lane]", "shared_lanes[lane + reach]")
  }; }
    workgroupBarrier();
  }
  let result = shared_lanes[0];
  workgroupBarrier();
  return result;`;
  return {
    lanes,
    prelude: `
var<workgroup> shared_lanes: array<f32, ${lanes}>;
fn lanes_sum(value: f32, lane: u32) -> f32 {${tree((a, b) => `${a} + ${b}`)} }
fn lanes_max(value: f32, lane: u32) -> f32 {${tree((a, b) => `max(${a}, ${b})`)} }`,
  };
}
