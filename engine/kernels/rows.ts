import type { Capabilities } from "../capabilities.ts";
import type { WgslType } from "../ops/elementwise.ts";
import { declareBindings, type Emitter, gridOf, GROUP_INDEX, MAIN_PARAMETERS } from "./dispatch.ts";
import type { FusedFunction } from "./fused.ts";
import type { NamedBinding } from "./bound_memory.ts";

/** A kernel in which the lanes of a workgroup work together on one row after another. */
export interface RowKernel {
  /** The name in tables and errors. */
  readonly label: string;
  /** Number of rows. */
  readonly rows: number;
  /** Elements of a row. */
  readonly columns: number;
  /** The type of a load, f32 where absent; see {@linkcode rowType}. */
  readonly type?: WgslType;
  /** Rows per workgroup; by default what suits the adapter. */
  readonly perGroup?: number;
  /** The memory it binds. */
  readonly memory: readonly NamedBinding[];
  /** WGSL before `main`, and what it binds after the memory. */
  readonly functions?: FusedFunction;
  /** WGSL before the first row of a workgroup. */
  readonly before?: (row: RowWriter) => string;
  /** WGSL for one row; see {@linkcode RowWriter}. */
  readonly body: (row: RowWriter) => string;
  /** WGSL after the last row of a workgroup, whose number is `group`. */
  readonly after?: (row: RowWriter) => string;
  /** Floating-point operations, a multiply-add counted as two. */
  readonly flops: number;
}

/** One of a lane's columns, in units of a load. */
export interface LaneColumn {
  /** WGSL of its number in the row. */
  readonly column: string;
  /** WGSL of its number among the lane's columns. */
  readonly slot: string;
}

/** A value by column. */
export interface RowValues {
  /**
   * WGSL before the first use, which computes the values once; empty where each use computes its
   * own.
   */
  readonly load: string;
  /** WGSL of the value at a column. */
  at(c: LaneColumn): string;
}

/** Writes the body of a row kernel. `row` and `lane` are WGSL variables in scope. */
export interface RowWriter {
  /** Lanes that work on a row. */
  readonly lanes: number;
  /** A statement for each column of this lane. */
  each(statement: (c: LaneColumn) => string): string;
  /**
   * Values that several passes over the row use, in registers where the columns are unrolled,
   * else computed anew.
   */
  values(name: string, expression: (c: LaneColumn) => string): RowValues;
  /** Values in registers for all rows of a workgroup; their `load` belongs in `before`. */
  held(name: string, expression: (c: LaneColumn) => string): RowValues;
  /** The sum of a value over the lanes. */
  sum(value: string): string;
  /** The largest of a value over the lanes. */
  max(value: string): string;
}

/** The type of a load for rows of so many columns. */
export function rowType(columns: number): WgslType {
  return columns % 4 === 0 ? "vec4f" : "f32";
}

/** Rows per workgroup: a software adapter needs few long workgroups. */
export function rowsPerGroup({ adapterClass }: Capabilities): number {
  return adapterClass === "software" ? 32 : 1;
}

/** Emits a row kernel: a subgroup per row where the device has them, else a workgroup. */
export function emitRows(emitter: Emitter, kernel: RowKernel): void {
  const { capabilities } = emitter;
  const { lanes, prelude } = laneReductions(capabilities);
  const perGroup = kernel.perGroup ?? rowsPerGroup(capabilities);
  const type = kernel.type ?? "f32";
  const vector = type === "vec4f";
  const writer: RowWriter = {
    lanes,
    ...columnWriter(vector ? kernel.columns / 4 : kernel.columns, lanes, type),
    sum: (value) => `lanes_sum(${vector ? `dot(${value}, vec4f(1.0))` : value}, lane)`,
    max: (value) => `lanes_max(${vector ? `largest(${value})` : value}, lane)`,
  };
  const bindings = [...kernel.memory, ...kernel.functions?.bindings ?? []];
  // `one` is 1, but opaque to the driver, which would unroll the loops for seconds.
  emitter.emit({
    label: kernel.label,
    code: `${declareBindings(kernel.memory)}
${kernel.functions?.code ?? ""}
@group(0) @binding(${bindings.length}) var<uniform> rows: vec4u;
fn largest(v: vec4f) -> f32 { return max(max(v.x, v.y), max(v.z, v.w)); }
${prelude}
@compute @workgroup_size(${lanes}) fn main(${MAIN_PARAMETERS}) {
  let group = ${GROUP_INDEX};
  let start = group * ${perGroup}u;
  let end = min(start + ${perGroup}u, rows.x);
  let one = min(rows.x, 1u);
  ${kernel.before?.(writer) ?? ""}
  for (var row = start; row < end; row++) {
    ${kernel.body(writer)}
  }
  ${kernel.after ? `if (start < rows.x) { ${kernel.after(writer)} }` : ""}
}`,
    bindings,
    uniforms: Uint32Array.of(kernel.rows, 0, 0, 0),
    workgroups: gridOf(Math.ceil(kernel.rows / perGroup), capabilities),
    flops: kernel.flops,
  });
}

/** Most columns of a lane that are unrolled, their values in registers; more go through a loop. */
const MOST_UNROLLED = { f32: 36, vec4f: 8 };
/** Columns per turn of that loop: more only makes the code longer. */
const UNROLL = { f32: 4, vec4f: 2 };

function columnWriter(
  columns: number,
  lanes: number,
  type: WgslType,
): Pick<RowWriter, "each" | "values" | "held"> {
  const count = Math.ceil(columns / lanes);
  const whole = Math.floor(columns / lanes);
  const guarded = (i: number, code: string) =>
    i < whole ? code : `if (lane < ${columns % lanes}u) { ${code} }`;
  const numbered = (i: number): LaneColumn => ({
    column: `(lane + ${i * lanes}u)`,
    slot: `${i}u`,
  });
  const list = (n: number, f: (i: number) => string) =>
    Array.from({ length: n }, (_, i) => f(i)).join("\n    ");
  const unroll = UNROLL[type];
  const looped = count <= MOST_UNROLLED[type] ? 0 : Math.floor(whole / unroll);
  const each = (statement: (c: LaneColumn) => string) => {
    const inLoop = (k: number) =>
      statement({ column: `(lane + (turn + ${k}u) * ${lanes}u)`, slot: `(turn + ${k}u)` });
    const loop = `for (var turn = 0u; turn < ${looped * unroll}u * one; turn += ${unroll}u) {
      ${list(unroll, (k) => `{ ${inLoop(k)} }`)}
    }`;
    const rest = list(count - looped * unroll, (k) => {
      const i = looped * unroll + k;
      return guarded(i, `{ ${statement(numbered(i))} }`);
    });
    return looped > 0 ? `${loop}\n    ${rest}` : rest;
  };
  const held: RowWriter["held"] = (name, expression) => ({
    load: `var ${name}_row: array<${type}, ${count}>;
    ${each((c) => `${name}_row[${c.slot}] = ${expression(c)};`)}`,
    at: ({ slot }) => `${name}_row[${slot}]`,
  });
  return {
    each,
    values: looped > 0 ? (_name, expression) => ({ load: "", at: expression }) : held,
    held,
  };
}

/** Lanes that work on a row, and WGSL of `lanes_sum` and `lanes_max` over them. */
export function laneReductions({ subgroupSize }: Capabilities): { lanes: number; prelude: string } {
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
  return treeReductions(64, 64);
}

/** The same without subgroups: `lanes` of a workgroup in teams of `team`, over each of which is reduced. */
export function treeReductions(lanes: number, team: number): { lanes: number; prelude: string } {
  const [member, first] = team < lanes
    ? [`lane % ${team}u`, `lane / ${team}u * ${team}u`]
    : ["lane", "0"];
  const tree = (combine: (a: string, b: string) => string) => `
  shared_lanes[lane] = value;
  workgroupBarrier();
  for (var reach = ${team / 2}u; reach > 0u; reach >>= 1u) {
    if (${member} < reach) { shared_lanes[lane] = ${
    combine("shared_lanes[lane]", "shared_lanes[lane + reach]")
  }; }
    workgroupBarrier();
  }
  let result = shared_lanes[${first}];
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
