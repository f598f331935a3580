import type { Capabilities } from "../capabilities.ts";
import type { AttentionSizes, ScaledAttentionSizes } from "../ops/attention.ts";
import {
  type Binding,
  declareBindings,
  elementType,
  type Emitter,
  gridOf,
  GROUP_INDEX,
  MAIN_PARAMETERS,
  type Ref,
} from "./dispatch.ts";

/** True where attention runs without the matrix of probabilities in memory. */
export function fitsFlash({ adapterClass }: Capabilities, { width }: AttentionSizes): boolean {
  return adapterClass !== "software" && width % 4 === 0 && width <= 128;
}

/**
 * Emits attention (Dao et al. 2022): `sums` receives the logarithm of each row's sum of
 * exponentials.
 */
export function emitFlashAttention(
  emitter: Emitter,
  { qkv, out, sums }: { readonly qkv: Ref; readonly out: Ref; readonly sums: Ref },
  s: ScaledAttentionSizes,
): void {
  emitPass(emitter, s, {
    label: "flash_attention",
    memory: { qkv: read(qkv), result: write(out), sums: write(sums) },
    own: { q: { from: "query(token)", times: s.scale } },
    tile: { k: { from: "key(token)" }, v: { from: "value(token)" } },
    results: ["o"],
    begin: "var top = -3.0e38; var total = 0.0;",
    step: (w) => `
      let score = ${w.dot("q", "k")};
      if (score > top) {
        let shrink = exp(top - score);
        ${w.each((i) => `o${i} *= shrink;`)}
        total *= shrink;
        top = score;
      }
      let p = exp(score - top);
      total += p;
      ${w.add("o", "p", "v")}`,
    end: (w) => `
    ${w.store("o", "joined(token)", "1.0 / total")}
    sums[head * LENGTH + token] = top + log(total);`,
    products: 2,
  });
}

/** Memory of the backward pass; `sums` is from {@linkcode emitFlashAttention}. */
export interface FlashBackwardRefs {
  /** The packed input, `[batch, tokens, 3, heads, width]`. */
  readonly qkv: Ref;
  /** The output of the forward pass. */
  readonly out: Ref;
  /** The logarithm of each row's sum of exponentials, `[batch, heads, tokens]`. */
  readonly sums: Ref;
  /** The gradient of the output. */
  readonly grad: Ref;
  /** Receives the gradient of `qkv`. */
  readonly dqkv: Ref;
}

/** Emits the gradient of `qkv`: by query, then by key, without atomics. */
export function emitFlashAttentionBackward(
  emitter: Emitter,
  { qkv, out, sums, grad, dqkv }: FlashBackwardRefs,
  s: ScaledAttentionSizes,
): void {
  const dots = emitter.scratch(sums.size);
  emitPass(emitter, s, {
    label: "flash_attention_backward (dq)",
    memory: {
      qkv: read(qkv),
      joint: read(out),
      grad: read(grad),
      sums: read(sums),
      result: write(dqkv),
      dots: write(dots),
    },
    own: {
      q: { from: "query(token)", times: s.scale },
      g: { from: "joined(token)", of: "grad" },
      o: { from: "joined(token)", of: "joint" },
    },
    tile: { k: { from: "key(token)" }, v: { from: "value(token)" } },
    results: ["dq"],
    begin: (w) =>
      `let own_sum = sums[head * LENGTH + token]; let own_dot = ${w.dot("g", "o", true)};`,
    step: (w) => `
      let score = ${w.dot("q", "k")};
      let p = exp(score - own_sum);
      let ds = p * (${w.dot("g", "v")} - own_dot);
      ${w.add("dq", "ds", "k")}`,
    end: (w) => `
    ${w.store("dq", "query(token)", `f32(${s.scale})`)}
    dots[head * LENGTH + token] = own_dot;`,
    products: 3,
  });
  emitPass(emitter, s, {
    label: "flash_attention_backward (dk)",
    memory: {
      qkv: read(qkv),
      grad: read(grad),
      sums: read(sums),
      dots: read(dots),
      result: write(dqkv),
    },
    own: { k: { from: "key(token)" }, v: { from: "value(token)" } },
    tile: {
      q: { from: "query(token)", times: s.scale },
      g: { from: "joined(token)", of: "grad" },
    },
    numbers: ["sums", "dots"],
    results: ["dk"],
    begin: "",
    step: (w) => `
      let score = ${w.dot("k", "q")};
      let p = exp(score - tile_sums[j]);
      let ds = p * (${w.dot("v", "g")} - tile_dots[j]);
      ${w.add("dk", "ds", "q")}`,
    end: (w) => w.store("dk", "key(token)", "1.0"),
    products: 3,
  });
  emitPass(emitter, s, {
    label: "flash_attention_backward (dv)",
    memory: { qkv: read(qkv), grad: read(grad), sums: read(sums), result: write(dqkv) },
    own: { k: { from: "key(token)" } },
    tile: {
      q: { from: "query(token)", times: s.scale },
      g: { from: "joined(token)", of: "grad" },
    },
    numbers: ["sums"],
    results: ["dv"],
    begin: "",
    step: (w) => `
      let score = ${w.dot("k", "q")};
      let p = exp(score - tile_sums[j]);
      ${w.add("dv", "p", "g")}`,
    end: (w) => w.store("dv", "value(token)", "1.0"),
    products: 2,
  });
}

const read = (ref: Ref): Binding => ({ ref, access: "read" });
const write = (ref: Ref): Binding => ({ ref, access: "read_write" });

/** A row of a head: where it starts in memory (in vectors), and what it is multiplied by. */
interface Row {
  readonly from: string;
  /** Name of the memory, that of `qkv` where absent. */
  readonly of?: string;
  readonly times?: number;
}

/** A pass in which every invocation owns a token and iterates over all tokens in tiles. */
interface Pass {
  readonly label: string;
  readonly memory: Readonly<Record<string, Binding>>;
  /** Rows of the invocation's own token, in registers. */
  readonly own: Readonly<Record<string, Row>>;
  /** Rows of the tokens of a tile. */
  readonly tile: Readonly<Record<string, Row>>;
  /** Numbers by token of the tile. */
  readonly numbers?: readonly string[];
  /** Rows that are summed in registers. */
  readonly results: readonly string[];
  readonly begin: string | ((w: PassWriter) => string);
  /** WGSL for token \`j\` of the tile. */
  readonly step: (w: PassWriter) => string;
  readonly end: (w: PassWriter) => string;
  /** Inner products per pair of tokens, for counting operations. */
  readonly products: number;
}

/** WGSL over the vectors of rows. */
interface PassWriter {
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

function emitPass(emitter: Emitter, s: ScaledAttentionSizes, pass: Pass): void {
  const { batch, tokens, heads, width } = s;
  const vectors = width / 4;
  const span = spanOf(pass, width);
  const tiles = Math.ceil(tokens / TOKENS);
  const list = (n: number, f: (i: number) => string, separator = "\n      ") =>
    Array.from({ length: n }, (_, i) => f(i)).join(separator);
  const names = Object.keys(pass.memory);
  const typeOf = (name: string) => {
    const { ref } = pass.memory[name];
    return name === "sums" || name === "dots" ? "f32" : elementType(ref, "vec4f");
  };
  const value = ({ of = "qkv", times }: Row, at: string) =>
    `vec4f(${of}[${at}])${times === undefined ? "" : ` * f32(${times})`}`;
  const writer: PassWriter = {
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
const LENGTH = ${tokens}u;
var<private> first_token: u32;
var<private> head: u32;
${
      tileRows.map(([name]) => `var<workgroup> tile_${name}: array<vec4f, ${span * vectors}>;`)
        .join("\n")
    }
${numbers.map((name) => `var<workgroup> tile_${name}: array<f32, ${span}>;`).join("\n")}
fn packed(token: u32, part: u32) -> u32 {
  return ((first_token + token) * ${
      3 * heads
    }u + part * ${heads}u + head % ${heads}u) * ${vectors}u;
}
fn query(token: u32) -> u32 { return packed(token, 0u); }
fn key(token: u32) -> u32 { return packed(token, 1u); }
fn value(token: u32) -> u32 { return packed(token, 2u); }
fn joined(token: u32) -> u32 {
  return ((first_token + token) * ${heads}u + head % ${heads}u) * ${vectors}u;
}
@compute @workgroup_size(${TOKENS}) fn main(${MAIN_PARAMETERS}) {
  let group = ${GROUP_INDEX};
  // Browsers refuse barriers after a return that depends on a private variable.
  let number = group / ${tiles}u;
  if (number >= ${batch * heads}u) { return; }
  head = number;
  first_token = head / ${heads}u * LENGTH;
  // Opaque to compilers, some of which would unroll the loops for seconds.
  let length = LENGTH * min(grid.x, 1u);
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
  for (var start = 0u; start < length; start += ${span}u) {
    workgroupBarrier();
    for (var e = lane; e < min(${span}u, length) * ${vectors}u; e += ${TOKENS}u) {
      let token = min(start + e / ${vectors}u, LENGTH - 1u);
      let i = e % ${vectors}u;
      ${
      tileRows.map(([name, r]) => `tile_${name}[e] = ${value(r, `${r.from} + i`)};`).join(
        "\n      ",
      )
    }
    }
    ${
      numbers.length === 0 ? "" : `if (lane < ${span}u) {
      let at = head * LENGTH + min(start + lane, LENGTH - 1u);
      ${numbers.map((name) => `tile_${name}[lane] = ${name}[at];`).join(" ")}
    }`
    }
    workgroupBarrier();
    let count = min(${span}u, length - start);
    for (var j = 0u; j < count; j++) {${pass.step(writer)}
    }
  }
  if (row < LENGTH) {
    ${pass.end(writer)}
  }
}`,
    bindings: names.map((name) => pass.memory[name]),
    uniforms: null,
    workgroups: gridOf(tiles * batch * heads, emitter.capabilities),
    flops: 2 * pass.products * batch * heads * tokens * tokens * width,
  });
}

/** Tokens of a tile: as many as fit, with each variable in whole units of 16 bytes. */
function spanOf({ tile, numbers = [] }: Pass, width: number): number {
  const { length } = numbers;
  const perToken = Object.keys(tile).length * width + length;
  return Math.min(TOKENS, Math.floor((SHARED - 3 * length) / perToken));
}
