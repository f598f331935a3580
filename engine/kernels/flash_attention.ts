import type { Capabilities } from "../capabilities.ts";
import type { AttentionSizes, AttentionSpec } from "../ops/attention.ts";
import type { Binding, Emitter, Ref } from "./dispatch.ts";
import { emitFlashPass, type FlashRow } from "./flash_pass.ts";

/** Memory of the forward pass. */
export interface FlashRefs {
  /** q, k and v, packed as `[batch, tokens, 3, heads, width]` or apart. */
  readonly qkv: readonly Ref[];
  /** The output. */
  readonly out: Ref;
  /** The logarithm of each row's sum of exponentials, `[batch, heads, tokens]`. */
  readonly sums: Ref;
}

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
  { qkv, out, sums }: FlashRefs,
  s: AttentionSpec,
): void {
  const { q, k, v, reading } = attendedRows(qkv, s);
  emitFlashPass(emitter, s, {
    label: "flash_attention",
    by: "query",
    memory: { ...reading(q, k, v), result: write(out), sums: write(sums) },
    own: { q },
    tile: { k, v },
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
export interface FlashBackwardRefs extends FlashRefs {
  /** The gradient of the output. */
  readonly grad: Ref;
  /** Receive the gradients of q, k and v, packed or apart as these are. */
  readonly gradients: readonly Ref[];
}

/** Emits the gradients of q, k and v: by query, then by key, without atomics. */
export function emitFlashAttentionBackward(
  emitter: Emitter,
  { qkv, out, sums, grad, gradients }: FlashBackwardRefs,
  s: AttentionSpec,
): void {
  const dots = emitter.scratch(sums.size);
  const { q, k, v, reading } = attendedRows(qkv, s);
  const [dq, dk = dq, dv = dk] = gradients;
  const g: FlashRow = { from: "joined(token)", of: "grad" };
  emitFlashPass(emitter, s, {
    label: "flash_attention_backward (dq)",
    by: "query",
    memory: {
      ...reading(q, k, v),
      joint: read(out),
      grad: read(grad),
      sums: read(sums),
      result: write(dq),
      dots: write(dots),
    },
    own: { q, g, o: { from: "joined(token)", of: "joint" } },
    tile: { k, v },
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
  emitFlashPass(emitter, s, {
    label: "flash_attention_backward (dk)",
    by: "key",
    memory: {
      ...reading(q, k, v),
      grad: read(grad),
      sums: read(sums),
      dots: read(dots),
      result: write(dk),
    },
    own: { k, v },
    tile: { q, g },
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
  emitFlashPass(emitter, s, {
    label: "flash_attention_backward (dv)",
    by: "key",
    memory: { ...reading(q, k), grad: read(grad), sums: read(sums), result: write(dv) },
    own: { k },
    tile: { q, g },
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

/** The rows of what is attended, and the memory of some of them, by name. */
interface AttendedRows {
  readonly q: FlashRow;
  readonly k: FlashRow;
  readonly v: FlashRow;
  reading(...rows: readonly FlashRow[]): Record<string, Binding>;
}

function attendedRows(qkv: readonly Ref[], { scale }: AttentionSpec): AttendedRows {
  const names = qkv.length === 1 ? ["qkv", "qkv", "qkv"] : ["queries", "keys", "values"];
  return {
    q: { from: "query(token)", of: names[0], times: scale },
    k: { from: "key(token)", of: names[1] },
    v: { from: "value(token)", of: names[2] },
    reading: (...rows) =>
      Object.fromEntries(rows.map(({ of }) => [of, read(qkv[names.indexOf(of)])])),
  };
}
