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

/** Keys whose scores are looked at together: results shrink once for all, where one is the highest yet. */
const TOGETHER = 4;

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
  const { q, k, v, reading } = attendedRows(qkv);
  emitFlashPass(emitter, s, {
    label: "flash_attention",
    by: "query",
    memory: { ...reading(q, k, v), result: write(out), sums: write(sums) },
    own: { q: scaled(q, s) },
    tile: { k, v },
    results: ["o"],
    begin: "var top = -3.0e38; var total = 0.0;",
    together: TOGETHER,
    step: (of) => {
      const each = (f: (n: number) => string) =>
        Array.from({ length: TOGETHER }, (_, n) => f(n)).join("\n      ");
      return `
      ${each((n) => of(n).dot(`scores${n}`, "q", "k"))}
      let score = select(vec4f(-3.0e38), vec4f(scores0, scores1, scores2, scores3),
        vec4u(j) + vec4u(0u, 1u, 2u, 3u) < vec4u(count));
      let highest = max(max(score.x, score.y), max(score.z, score.w));
      if (highest > top) {
        let shrink = exp(top - highest);
        ${of(0).each((i) => `o${i} *= shrink;`)}
        total *= shrink;
        top = highest;
      }
      let p = exp(score - top);
      total += (p.x + p.y) + (p.z + p.w);
      ${each((n) => of(n).add("o", `p[${n}]`, "v"))}`;
    },
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
  const { q, k, v, reading } = attendedRows(qkv);
  const [dq, dk = dq, dv = dk] = gradients;
  const g: FlashRow = { from: "joined", of: "grad" };
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
    own: { q: scaled(q, s), g, o: { from: "joined", of: "joint" } },
    tile: { k, v },
    results: ["dq"],
    begin: (w) => `let own_sum = sums[head * LENGTH + token]; ${w.dot("own_dot", "g", "o", true)}`,
    step: (of) => `
      ${of(0).dot("score", "q", "k")}
      let p = exp(score - own_sum);
      ${of(0).dot("dp", "g", "v")}
      let ds = p * (dp - own_dot);
      ${of(0).add("dq", "ds", "k", true)}`,
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
    own: { k: scaled(k, s), v },
    tile: { q, g },
    numbers: ["sums", "dots"],
    results: ["dk"],
    begin: "",
    step: (of) => `
      ${of(0).dot("score", "k", "q")}
      let p = exp(score - ${of(0).number("sums")});
      ${of(0).dot("dp", "v", "g")}
      let ds = p * (dp - ${of(0).number("dots")});
      ${of(0).add("dk", "ds", "q", true)}`,
    end: (w) => w.store("dk", "key(token)", `f32(${s.scale})`),
    products: 3,
  });
  emitFlashPass(emitter, s, {
    label: "flash_attention_backward (dv)",
    by: "key",
    memory: { ...reading(q, k), grad: read(grad), sums: read(sums), result: write(dv) },
    own: { k: scaled(k, s) },
    tile: { q, g },
    numbers: ["sums"],
    results: ["dv"],
    begin: "",
    step: (of) => `
      ${of(0).dot("score", "k", "q")}
      let p = exp(score - ${of(0).number("sums")});
      ${of(0).add("dv", "p", "g")}`,
    end: (w) => w.store("dv", "value(token)", "1.0"),
    products: 2,
  });
}

/** A row with the scale of scores on it: an invocation's own, so that others' are as they are. */
const scaled = (row: FlashRow, { scale }: AttentionSpec): FlashRow => ({ ...row, times: scale });

const read = (ref: Ref): Binding => ({ ref, access: "read" });
const write = (ref: Ref): Binding => ({ ref, access: "read_write" });

/** The rows of what is attended, and the memory of some of them, by name. */
interface AttendedRows {
  readonly q: FlashRow;
  readonly k: FlashRow;
  readonly v: FlashRow;
  reading(...rows: readonly FlashRow[]): Record<string, Binding>;
}

function attendedRows(qkv: readonly Ref[]): AttendedRows {
  const names = qkv.length === 1 ? ["qkv", "qkv", "qkv"] : ["queries", "keys", "values"];
  return {
    q: { from: "query", of: names[0] },
    k: { from: "key", of: names[1] },
    v: { from: "value", of: names[2] },
    reading: (...rows) =>
      Object.fromEntries(rows.map(({ of }) => [of, read(qkv[names.indexOf(of)])])),
  };
}
