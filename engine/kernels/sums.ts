import {
  type Binding,
  declareBindings,
  type Emitter,
  gridOf,
  GROUP_INDEX,
  MAIN_PARAMETERS,
  type Ref,
} from "./dispatch.ts";
import { binderOf } from "./bound_memory.ts";
import { emitRows, rowType } from "./rows.ts";

/** Sums over the middle of `[outer, reduce, inner]`, of one or more terms at once. */
export interface ColumnSums {
  /** The name in tables and errors. */
  readonly label: string;
  /** Size of the first dimension. */
  readonly outer: number;
  /** Size of the summed dimension. */
  readonly reduce: number;
  /** Size of the last dimension. */
  readonly inner: number;
  /** What the terms read, by the name that they use. */
  readonly sources: readonly { readonly name: string; readonly ref: Ref }[];
  /**
   * WGSL, in f32, of each term at element `at`, row `row` (of outer x reduce) and column `column`.
   */
  readonly terms: readonly string[];
  /** `[outer, inner]` in f32 for each term. */
  readonly outs: readonly Ref[];
}

/** Rows per turn of the loop. */
const UNROLL = 8;

/** Rows that one invocation adds before its partial sum goes to memory. */
const CHUNK = 128;

/** Workgroups that keep the threads of a software adapter busy. */
const FILLS = 4;

/**
 * Emits sums down the columns: an invocation per column and chunk of rows, then over the chunks.
 */
export function emitColumnSums(emitter: Emitter, s: ColumnSums): void {
  const { outer, reduce, inner, terms, outs } = s;
  const software = emitter.capabilities.adapterClass === "software";
  const lanes = software ? 8 : 64;
  const tiles = Math.ceil(inner / lanes);
  const fills = software && outer * tiles >= FILLS;
  const chunks = fills || reduce <= 2 * CHUNK ? 1 : Math.ceil(reduce / CHUNK);
  const partials = chunks === 1 ? outs : terms.map(() => emitter.scratch(outer * chunks * inner));
  const add = (r: string) =>
    `{ let row = outer * p.reduce + ${r}; let at = row * p.inner + column; ${
      terms.map((term, t) => `part${t} += ${term};`).join(" ")
    } }`;
  const zeros = terms.map((_, t) => `var part${t} = 0.0;`).join(" ");
  const total = terms.map((_, t) => `sum${t} += part${t};`).join(" ");
  const bindings: Binding[] = [
    ...s.sources.map(({ ref }) => ({ ref, access: "read" as const })),
    ...partials.map((ref) => ({ ref, access: "read_write" as const })),
  ];
  // Partial sums are short, since long ones lose precision.
  emitter.emit({
    label: s.label,
    code: `${
      declareBindings([
        ...s.sources.map(({ name, ref }) => ({ name, type: ref.dtype, access: "read" as const })),
        ...terms.map((_, t) => ({ name: `out${t}`, type: "f32", access: "read_write" as const })),
      ])
    }
struct Sizes { outer: u32, reduce: u32, inner: u32, chunk: u32, chunks: u32, tiles: u32, pad0: u32, pad1: u32 }
@group(0) @binding(${bindings.length}) var<uniform> p: Sizes;
@compute @workgroup_size(${lanes}) fn main(${MAIN_PARAMETERS}) {
  let group = ${GROUP_INDEX};
  let column = (group % p.tiles) * ${lanes}u + lane;
  let part = group / p.tiles;
  let outer = part / p.chunks;
  if (column >= p.inner || outer >= p.outer) { return; }
  let start = (part % p.chunks) * p.chunk;
  let end = min(start + p.chunk, p.reduce);
  ${terms.map((_, t) => `var sum${t} = 0.0;`).join(" ")}
  var r = start;
  for (; r + ${UNROLL - 1}u < end; r += ${UNROLL}u) {
    ${zeros}
    ${Array.from({ length: UNROLL }, (_, i) => add(`(r + ${i}u)`)).join("\n    ")}
    ${total}
  }
  ${zeros}
  for (; r < end; r++) ${add("r")}
  ${total}
  let to = part * p.inner + column;
  ${terms.map((_, t) => `out${t}[to] = sum${t};`).join(" ")}
}`,
    bindings,
    uniforms: Uint32Array.of(outer, reduce, inner, Math.ceil(reduce / chunks), chunks, tiles, 0, 0),
    workgroups: gridOf(tiles * chunks * outer, emitter.capabilities),
    flops: 2 * outer * reduce * inner * terms.length,
  });
  if (chunks > 1) {
    emitColumnSums(emitter, {
      label: `${s.label} (chunks)`,
      outer,
      reduce: chunks,
      inner,
      sources: partials.map((ref, t) => ({ name: `partial${t}`, ref })),
      terms: terms.map((_, t) => `partial${t}[at]`),
      outs,
    });
  }
}

/** Most elements of a row that one workgroup adds. */
const STRETCH = 8192;

/**
 * Emits sums along rows `[rows, columns] -> [rows]`; where there are few long rows they are split,
 * and the parts added.
 *
 * @param term WGSL of what is added for an element
 */
export function emitRowSums(
  emitter: Emitter,
  label: string,
  x: Ref,
  rows: number,
  columns: number,
  out: Ref,
  term: (element: string) => string = (element) => element,
): void {
  const pieces = rows < 256 ? Math.ceil(columns / STRETCH) : 1;
  const type = rowType(columns);
  const per = type === "vec4f" ? 4 : 1;
  const width = Math.ceil(columns / pieces / per) * per;
  const partial = pieces === 1 ? out : emitter.scratch(rows * pieces);
  const { read, write } = binderOf(emitter.capabilities);
  const source = read("x", x, type);
  emitRows(emitter, {
    label,
    rows: rows * pieces,
    columns: width,
    type,
    memory: [source, write("out", partial, "f32")],
    body: (row) => `
    let base = (row / ${pieces}u) * ${columns / per}u;
    let first = (row % ${pieces}u) * ${width / per}u;
    var total = ${type}(0.0);
    ${
      row.each(({ column }) =>
        pieces === 1
          ? `total += ${term(source.load(`base + ${column}`))};`
          : `if (first + ${column} < ${columns / per}u) { total += ${
            term(source.load(`base + first + ${column}`))
          }; }`
      )
    }
    let all = ${row.sum("total")};
    if (lane == 0u) { out[row] = all; }`,
    flops: rows * columns,
  });
  if (pieces > 1) emitRowSums(emitter, `${label} (pieces)`, partial, rows, pieces, out);
}
