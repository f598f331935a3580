import type { Capabilities } from "../capabilities.ts";
import type { AttentionSpec } from "../ops/attention.ts";
import {
  type Binding,
  declareBindings,
  elementType,
  type Emitter,
  freshRef,
  gridOf,
  GROUP_INDEX,
  MAIN_PARAMETERS,
  type Variants,
} from "./dispatch.ts";

/** A row of a head. */
export interface FlashRow {
  /** The function that says where a token's begins, in vectors. */
  readonly from: "query" | "key" | "value" | "joined";
  /** Name of the memory. */
  readonly of: string;
  /** What it is multiplied by. */
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
  /** Tokens that a step takes together; 1 where absent. */
  readonly together?: number;
  /**
   * WGSL for tokens of the tile, the first of which is \`j\`. @param of the writer for each of them;
   * those from \`count\` on are none
   */
  readonly step: (of: (n: number) => FlashWriter) => string;
  readonly end: (w: FlashWriter) => string;
  /** Inner products per pair of tokens, for counting operations. */
  readonly products: number;
}

/** WGSL over the vectors of rows. */
export interface FlashWriter {
  each(f: (i: number) => string): string;
  /** A number of the token that is iterated over. */
  number(name: string): string;
  /** Declares the scalar product of an own row and one of the tile's, or of two own rows. */
  dot(name: string, own: string, other: string, bothOwn?: boolean): string;
  /**
   * Adds a multiple of a tile's row to a result.
   *
   * @param again whether the step has read the row before: it is read once more, since compilers would
   * keep it in registers, which are too few for that
   */
  add(result: string, factor: string, other: string, again?: boolean): string;
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

/**
 * How an invocation gets the rows that it iterates over: from tiles in workgroup memory, or straight
 * from memory, where the same address for all of a subgroup costs compilers one load for all.
 */
export type FlashRows = "tiles" | "uniform";

/** Emits a pass, by tiles or by uniform loads. */
export function emitFlashPass(emitter: Emitter, s: AttentionSpec, pass: FlashPass): void {
  const rows = emitter.choose(flashVariants(emitter.capabilities, s, pass)) as FlashRows;
  emitWithRows(emitter, s, pass, rows);
}

/** Both ways; AMD's compiler keeps the rows of uniform loads in scalar registers. */
function flashVariants({ vendor }: Capabilities, s: AttentionSpec, pass: FlashPass): Variants {
  const names: FlashRows[] = vendor === "amd" ? ["uniform", "tiles"] : ["tiles", "uniform"];
  const memory = Object.entries(pass.memory);
  return {
    key: JSON.stringify([pass.label, s, memory.map(([name, { ref }]) => [name, ref.dtype])]),
    names,
    trial: (emitter, name) => {
      const own = memory.map(([name, b], id) => [name, { ...b, ref: freshRef(b.ref, id) }]);
      emitWithRows(emitter, s, { ...pass, memory: Object.fromEntries(own) }, name as FlashRows);
    },
  };
}

function emitWithRows(emitter: Emitter, s: AttentionSpec, pass: FlashPass, rows: FlashRows): void {
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
  const inTiles = rows === "tiles";
  const writerOf = (n: number): FlashWriter => {
    const j = n === 0 ? "j" : `(j + ${n}u)`;
    const iteratedAt = (name: string, i: number, more = "") =>
      inTiles
        ? `tile_${name}[${j} * ${vectors}u + ${i}u${more}]`
        : value(pass.tile[name], `${name}_from${n} + ${i}u${more}`);
    return {
      each: (f) => list(vectors, f, " "),
      number: (name) => inTiles ? `tile_${name}[${j}]` : `${name}[head * ${others} + start + ${j}]`,
      // Four sums side by side: one would wait for itself at each term.
      dot: (name, own, other, bothOwn = false) =>
        list(vectors, (i) => {
          const [x, y] = [`${own}${i}`, bothOwn ? `${other}${i}` : iteratedAt(other, i)];
          return i === 0
            ? `var ${name}_4 = ${x} * ${y};`
            : `${name}_4 = fma(${x}, ${y}, ${name}_4);`;
        }) + ` let ${name} = (${name}_4.x + ${name}_4.y) + (${name}_4.z + ${name}_4.w);`,
      add: (result, factor, other, again = false) =>
        list(vectors, (i) => {
          const term = iteratedAt(other, i, again ? " + none" : "");
          return `${result}${i} = fma(vec4f(${factor}), ${term}, ${result}${i});`;
        }),
      store: (result, to, factor) =>
        list(
          vectors,
          (i) => `result[${to} + ${i}u] = ${typeOf("result")}(${result}${i} * (${factor}));`,
        ),
    };
  };
  const writer = writerOf(0);
  const tileRows = Object.entries(pass.tile);
  const numbers = pass.numbers ?? [];
  const tileDeclarations = [
    ...tileRows.map(([name]) => `var<workgroup> tile_${name}: array<vec4f, ${span * vectors}>;`),
    ...numbers.map((name) => `var<workgroup> tile_${name}: array<f32, ${span}>;`),
  ].join("\n");
  const tileLoads = `workgroupBarrier();
    for (var e = lane; e < min(${span}u, length) * ${vectors}u; e += ${TOKENS}u) {
      let token = min(start + e / ${vectors}u, ${others} - 1u);
      let i = e % ${vectors}u;
      ${
    tileRows.map(([name, r]) => `tile_${name}[e] = ${value(r, `${r.from}(token) + i`)};`).join(
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
    workgroupBarrier();`;
  const { together = 1 } = pass;
  const places = tileRows.map(([name, { from }]) =>
    list(together, (n) => {
      const token = n === 0 ? "start + j" : `min(start + j + ${n}u, ${others} - 1u)`;
      return `let ${name}_from${n} = ${from}(${token});`;
    }, " ")
  );
  const begin = typeof pass.begin === "string" ? pass.begin : pass.begin(writer);
  // In WGSL, `number`: browsers refuse barriers after a return that depends on a private variable;
  // `length`: opaque to compilers, some of which would unroll the loops for seconds; `none`: 0, but
  // opaque, so that what is read at two places is not known to be the same.
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
${inTiles ? tileDeclarations : ""}
${rowFunctions(s, vectors, isPacked)}
@compute @workgroup_size(${TOKENS}) fn main(${MAIN_PARAMETERS}) {
  let group = ${GROUP_INDEX};
  let number = group / ${tiles}u;
  if (number >= ${batch * heads}u) { return; }
  head = number;${isPacked ? `\n  first_token = head / ${heads}u * LENGTH;` : ""}
  let length = ${loop.end} * min(grid.x, 1u);
  let none = min(grid.x, 1u) - 1u;
  let row = group % ${tiles}u * ${TOKENS}u + lane;
  let token = min(row, LENGTH - 1u);
  ${
      Object.entries(pass.own).map(([name, r]) =>
        `let ${name}_at = ${r.from}(token); ` +
        list(vectors, (i) => `let ${name}${i} = ${value(r, `${name}_at + ${i}u`)};`)
      ).join("\n  ")
    }
  ${pass.results.map((name) => list(vectors, (i) => `var ${name}${i} = vec4f(0.0);`)).join("\n  ")}
  ${begin}
  for (var start = ${loop.first}; start < length; start += ${span}u) {
    ${inTiles ? tileLoads : ""}
    let count = ${loop.count};
    for (var j = ${loop.from}; j < count; j += ${together}u) {
      ${inTiles ? "" : places.join(" ")}${pass.step(writerOf)}
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
