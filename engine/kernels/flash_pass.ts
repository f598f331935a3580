import type { AttentionSpec } from "../ops/attention.ts";
import {
  type Binding,
  declareBindings,
  elementType,
  type Emitter,
  gridOf,
  GROUP_INDEX,
  MAIN_PARAMETERS,
} from "./dispatch.ts";

/** A row of a head: where it starts in memory (in vectors), and what it is multiplied by. */
export interface FlashRow {
  readonly from: string;
  /** Name of the memory. */
  readonly of: string;
  readonly times?: number;
}

/** WGSL of functions that say where a token's rows begin. */
function rowFunctions(
  { tokens, keys, heads }: AttentionSpec,
  vectors: number,
  isPacked: boolean,
): string {
  if (isPacked) {
    return `fn packed(token: u32, part: u32) -> u32 {
  return ((first_token + token) * ${
      3 * heads
    }u + part * ${heads}u + head % ${heads}u) * ${vectors}u;
}
fn query(token: u32) -> u32 { return packed(token, 0u); }
fn key(token: u32) -> u32 { return packed(token, 1u); }
fn value(token: u32) -> u32 { return packed(token, 2u); }
fn joined(token: u32) -> u32 {
  return ((first_token + token) * ${heads}u + head % ${heads}u) * ${vectors}u;
}`;
  }
  const row = (name: string, length: number) =>
    `fn ${name}(token: u32) -> u32 {
  return ((head / ${heads}u * ${length}u + token) * ${heads}u + head % ${heads}u) * ${vectors}u;
}`;
  return [row("query", tokens), row("key", keys), row("value", keys), row("joined", tokens)]
    .join("\n");
}

/** A pass in which every invocation owns a token and iterates over all tokens in tiles. */
export interface FlashPass {
  readonly label: string;
  /** What an invocation owns: a query, and iterates over keys; or the other way round. */
  readonly by: "query" | "key";
  readonly memory: Readonly<Record<string, Binding>>;
  /** Rows of the invocation's own token, in registers. */
  readonly own: Readonly<Record<string, FlashRow>>;
  /** Rows of the tokens of a tile. */
  readonly tile: Readonly<Record<string, FlashRow>>;
  /** Numbers by token of the tile. */
  readonly numbers?: readonly string[];
  /** Rows that are summed in registers. */
  readonly results: readonly string[];
  readonly begin: string | ((w: FlashWriter) => string);
  /** WGSL for token \`j\` of the tile. */
  readonly step: (w: FlashWriter) => string;
  readonly end: (w: FlashWriter) => string;
  /** Inner products per pair of tokens, for counting operations. */
  readonly products: number;
}

/** WGSL over the vectors of rows. */
export interface FlashWriter {
  each(f: (i: number) => string): string;
  /** Scalar product of an own row and one of the tile's, or of two own rows. */
  dot(own: string, other: string, bothOwn?: boolean): string;
  /** Adds a multiple of a tile's row to a result. */
  add(result: string, factor: string, other: string): string;
  store(result: string, to: string, factor: string): string;
}

/** Tokens of a workgroup, one for each invocation. */
const TOKENS = 64;
/** Numbers of a pass's tiles together: the workgroup memory that every adapter has. */
const SHARED = 16384 / 4;

/** WGSL of the tokens that an invocation iterates over. */
interface Iteration {
  /** The first token of the workgroup's first tile. */
  readonly first: string;
  /** The number of tokens up to the workgroup's last. */
  readonly end: string;
  /** The first token of a tile, and how many are up to the last: of the invocation alone. */
  readonly from: string;
  readonly count: string;
}

/**
 * All tokens in tiles of `span`; under a causal mask those that a query sees, or that see a key.
 * Tiles are the workgroup's, since it loads them together.
 */
function iteration(
  { causal }: AttentionSpec,
  by: FlashPass["by"],
  { group, others, span }: { group: string; others: string; span: number },
): Iteration {
  const count = `min(${span}u, length - start)`;
  if (!causal) return { first: "0u", end: others, from: "0u", count };
  return by === "query"
    ? {
      first: "0u",
      end: `min(${others}, (${group} + 1u) * ${TOKENS}u)`,
      from: "0u",
      count: `min(${span}u, max(token + 1u, start) - start)`,
    }
    : {
      first: `${group} * ${TOKENS}u`,
      end: others,
      from: "max(token, start) - start",
      count,
    };
}

export function emitFlashPass(emitter: Emitter, s: AttentionSpec, pass: FlashPass): void {
  const { batch, heads, width } = s;
  const [tokens, iterated] = pass.by === "query" ? [s.tokens, s.keys] : [s.keys, s.tokens];
  const others = iterated === tokens ? "LENGTH" : "OTHERS";
  const vectors = width / 4;
  const span = spanOf(pass, width);
  const tiles = Math.ceil(tokens / TOKENS);
  const isPacked = "qkv" in pass.memory;
  const loop = iteration(s, pass.by, { group: `group % ${tiles}u`, others, span });
  const list = (n: number, f: (i: number) => string, separator = "\n      ") =>
    Array.from({ length: n }, (_, i) => f(i)).join(separator);
  const names = Object.keys(pass.memory);
  const typeOf = (name: string) => {
    const { ref } = pass.memory[name];
    return name === "sums" || name === "dots" ? "f32" : elementType(ref, "vec4f");
  };
  const value = ({ of, times }: FlashRow, at: string) =>
    `vec4f(${of}[${at}])${times === undefined ? "" : ` * f32(${times})`}`;
  const writer: FlashWriter = {
    each: (f) => list(vectors, f, " "),
    dot(own, other, bothOwn = false) {
      const term = (i: number) =>
        `${own}${i}, ${bothOwn ? `${other}${i}` : `tile_${other}[j * ${vectors}u + ${i}u]`}`;
      return Array.from({ length: vectors }, (_, i) => i).reduce(
        (sum, i) => i === 0 ? `dot(${term(0)})` : `${sum} + dot(${term(i)})`,
        "",
      );
    },
    add: (result, factor, other) =>
      list(
        vectors,
        (i) =>
          `${result}${i} = fma(vec4f(${factor}), tile_${other}[j * ${vectors}u + ${i}u], ${result}${i});`,
      ),
    store: (result, to, factor) =>
      list(
        vectors,
        (i) => `result[${to} + ${i}u] = ${typeOf("result")}(${result}${i} * (${factor}));`,
      ),
  };
  const tileRows = Object.entries(pass.tile);
  const numbers = pass.numbers ?? [];
  const begin = typeof pass.begin === "string" ? pass.begin : pass.begin(writer);
  emitter.emit({
    label: pass.label,
    code: `${
      declareBindings(
        names.map((name) => ({ name, type: typeOf(name), access: pass.memory[name].access })),
      )
    }
const LENGTH = ${tokens}u;${iterated === tokens ? "" : `\nconst OTHERS = ${iterated}u;`}${
      isPacked ? "\nvar<private> first_token: u32;" : ""
    }
var<private> head: u32;
${
      tileRows.map(([name]) => `var<workgroup> tile_${name}: array<vec4f, ${span * vectors}>;`)
        .join("\n")
    }
${numbers.map((name) => `var<workgroup> tile_${name}: array<f32, ${span}>;`).join("\n")}
${rowFunctions(s, vectors, isPacked)}
@compute @workgroup_size(${TOKENS}) fn main(${MAIN_PARAMETERS}) {
  let group = ${GROUP_INDEX};
  // Browsers refuse barriers after a return that depends on a private variable.
  let number = group / ${tiles}u;
  if (number >= ${batch * heads}u) { return; }
  head = number;${isPacked ? `\n  first_token = head / ${heads}u * LENGTH;` : ""}
  // Opaque to compilers, some of which would unroll the loops for seconds.
  let length = ${loop.end} * min(grid.x, 1u);
  let row = group % ${tiles}u * ${TOKENS}u + lane;
  let token = min(row, LENGTH - 1u);
  ${
      Object.entries(pass.own).map(([name, r]) =>
        `let ${name}_at = ${r.from}; ` +
        list(vectors, (i) => `let ${name}${i} = ${value(r, `${name}_at + ${i}u`)};`)
      ).join("\n  ")
    }
  ${pass.results.map((name) => list(vectors, (i) => `var ${name}${i} = vec4f(0.0);`)).join("\n  ")}
  ${begin}
  for (var start = ${loop.first}; start < length; start += ${span}u) {
    workgroupBarrier();
    for (var e = lane; e < min(${span}u, length) * ${vectors}u; e += ${TOKENS}u) {
      let token = min(start + e / ${vectors}u, ${others} - 1u);
      let i = e % ${vectors}u;
      ${
      tileRows.map(([name, r]) => `tile_${name}[e] = ${value(r, `${r.from} + i`)};`).join(
        "\n      ",
      )
    }
    }
    ${
      numbers.length === 0 ? "" : `if (lane < ${span}u) {
      let at = head * ${others} + min(start + lane, ${others} - 1u);
      ${numbers.map((name) => `tile_${name}[lane] = ${name}[at];`).join(" ")}
    }`
    }
    workgroupBarrier();
    let count = ${loop.count};
    for (var j = ${loop.from}; j < count; j++) {${pass.step(writer)}
    }
  }
  if (row < LENGTH) {
    ${pass.end(writer)}
  }
}`,
    bindings: names.map((name) => pass.memory[name]),
    uniforms: null,
    workgroups: gridOf(tiles * batch * heads, emitter.capabilities),
    flops: 2 * pass.products * batch * heads * pairsOf(s) * width,
  });
}

/** Pairs of a query and a key that it sees. */
function pairsOf({ tokens, keys, causal }: AttentionSpec): number {
  return causal ? tokens * (tokens + 1) / 2 : tokens * keys;
}

/** Tokens of a tile: as many as fit, with each variable in whole units of 16 bytes. */
function spanOf({ tile, numbers = [] }: FlashPass, width: number): number {
  const { length } = numbers;
  const perToken = Object.keys(tile).length * width + length;
  return Math.min(TOKENS, Math.floor((SHARED - 3 * length) / perToken));
}
