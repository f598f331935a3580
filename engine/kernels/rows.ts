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

/** One of a lane's columns, in WGSL, and its number where the columns are written out. */
export interface LaneColumn {
  readonly column: string;
  readonly i: number | null;
}

/** A value by column: kept in registers where the columns are written out, else computed anew. */
export interface RowValues {
  /** WGSL that computes the values once; goes before their uses. */
  readonly load: string;
  /** WGSL of the value at a column. */
  at(c: LaneColumn): string;
}

/** What the body of a row kernel is written with. `row` and `lane` are WGSL variables in scope. */
export interface RowWriter {
  /** A statement for each column of this lane. */
  each(statement: (c: LaneColumn) => string): string;
  /** Values that several passes over the row use; `name` is free in the body. */
  values(name: string, expression: (column: string) => string): RowValues;
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
    ...columnWriter(kernel.columns, lanes),
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

/** Columns of a lane that are written out, their values in registers; more go through a loop. */
const WRITTEN_OUT = 32;
/** Columns between two turns of that loop: a software adapter's loops are dear. */
const UNROLL = 8;

function columnWriter(columns: number, lanes: number): Pick<RowWriter, "each" | "values"> {
  const count = Math.ceil(columns / lanes);
  const whole = Math.floor(columns / lanes);
  const guarded = (i: number, code: string) =>
    i < whole ? code : `if (lane < ${columns % lanes}u) { ${code} }`;
  const column = (i: number) => `(lane + ${i * lanes}u)`;
  const list = (n: number, f: (i: number) => string) =>
    Array.from({ length: n }, (_, i) => f(i)).join("\n    ");
  if (count <= WRITTEN_OUT) {
    return {
      each: (statement) =>
        list(count, (i) => guarded(i, `{ ${statement({ column: column(i), i })} }`)),
      values: (name, expression) => ({
        load: list(
          count,
          (i) =>
            `var ${name}_${i} = 0.0; ${guarded(i, `${name}_${i} = ${expression(column(i))};`)}`,
        ),
        at: ({ i }) => `${name}_${i}`,
      }),
    };
  }
  const blocks = Math.floor(whole / UNROLL);
  return {
    each(statement) {
      const at = (c: string) => `{ ${statement({ column: c, i: null })} }`;
      return `for (var block = lane; block < ${blocks * UNROLL * lanes}u; block += ${
        UNROLL * lanes
      }u) {
      ${list(UNROLL, (k) => at(`(block + ${k * lanes}u)`))}
    }
    ${
        list(count - blocks * UNROLL, (k) =>
          guarded(blocks * UNROLL + k, at(column(blocks * UNROLL + k))))
      }`;
    },
    values: (_name, expression) => ({ load: "", at: ({ column }) => expression(column) }),
  };
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
