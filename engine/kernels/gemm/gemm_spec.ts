import type { Capabilities } from "../../capabilities.ts";
import type { WgslType } from "../../ops/elementwise.ts";
import type { Tensor } from "../../tensor.ts";
import { binderOf, type BoundMemory } from "../bound_memory.ts";
import { declareBindings, type Ref } from "../dispatch.ts";
import { fuse, type FusedFunction, type FusedNodes } from "../fused.ts";
import {
  type GemmOperand,
  type OperandReader,
  readerOfA,
  readerOfB,
  readersOfA,
  withinRun,
} from "./gemm_operand.ts";

/** `C = alpha A B`, batched, with any strides, and fused nodes at the end of it. */
export interface Gemm {
  readonly label: string;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly batches?: readonly [number, number];
  readonly a: GemmOperand;
  readonly b: GemmOperand;
  /**
   * Where there is an epilogue, row-major and without gaps, [N / run, M, run] where N has runs; or,
   * where the runs are grids, such places of [N / run, M, row].
   */
  readonly c: GemmOperand;
  readonly alpha?: number;
  /** Added before the epilogue, which there must be: to each column, `[N]`, or each row, `[M]`. */
  readonly bias?: { readonly ref: Ref; readonly per: "column" | "row" };
  readonly epilogue?: Epilogue;
  /** Takes the sums of A's rows, `[M]`, in f32: bias gradients, beside the weight's. */
  readonly rowSums?: Ref;
  /** Where the product goes without an epilogue, with C's places, where C is for partial sums alone. */
  readonly to?: Ref;
  /** Row of partial sums in C, [batch, M, sums] in whole vectors, where C's own rows have none. */
  readonly sums?: number;
}

/** The fused nodes at the end of a kernel, and where their values live. */
export interface Epilogue {
  readonly fused: FusedNodes;
  readonly refOf: (t: Tensor) => Ref;
  readonly rootOf: (t: Tensor) => Tensor;
}

/** WGSL of the uniform block that every kernel of the family reads. */
const GEMM_UNIFORMS = `struct Gemm {
  m: u32, n: u32, k: u32, rows: u32,
  am: u32, ak: u32, bk: u32, bn: u32,
  cm: u32, cn: u32, inner: u32, sums: u32,
  a0: u32, a1: u32, b0: u32, b1: u32,
  c0: u32, c1: u32, a_offset: u32, b_offset: u32,
  c_offset: u32, alpha: f32, pad0: u32, pad1: u32,
}`;

/** WGSL of the row and the column of C's element (m, n), as an epilogue counts them. */
export function finishPlace({ c }: Gemm, m: string, n: string): [string, string] {
  const { run, grid } = c;
  if (run === undefined) return [`workgroup.z * p.m + ${m}`, n];
  const column = withinRun(c, `${n} % ${run}u`);
  return [`${n} / ${run}u * p.m + ${m}`, grid ? `p.c_offset + ${column}` : column];
}

/** The words of {@linkcode GEMM_UNIFORMS}; `rows` is what one workgroup covers of M. */
export function gemmUniforms(g: Gemm, rows: number): Uint32Array {
  const { a, b, c, batches = [1, 1] } = g;
  const of = (o: GemmOperand) => o.batch ?? [0, 0];
  const words = Uint32Array.of(
    ...[g.m, g.n, g.k, rows, a.row, a.column, b.row, b.column],
    ...[c.row, c.column, batches[1], g.sums ?? 0],
    ...[...of(a), ...of(b), ...of(c), a.offset ?? 0, b.offset ?? 0],
    ...[c.offset ?? 0, 0, 0, 0],
  );
  new Float32Array(words.buffer)[21] = g.alpha ?? 1;
  return words;
}

/** What A, B and C are read as. */
export interface GemmTypes {
  readonly a: WgslType;
  readonly b: WgslType;
  readonly c: WgslType;
}

/** What every kernel of the family starts with. */
export interface GemmInterface extends FusedFunction {
  /** A's readers: of all of it, and of its matrices. */
  readonly a: OperandReader;
  readonly partsOfA: readonly OperandReader[];
  readonly b: OperandReader;
  readonly c: BoundMemory;
}

/**
 * Binds a product's memory, with the uniforms `p` last, and the `finish` function, the epilogue or a
 * plain store. In vec4 form its `flat` and `column` count vectors.
 */
export function gemmInterface(
  capabilities: Capabilities,
  g: Gemm,
  types: GemmTypes,
  form: WgslType = "f32",
): GemmInterface {
  const { read, write } = binderOf(capabilities);
  const [a, b] = [read("A", g.a.ref, types.a), read("B", g.b.ref, types.b)];
  const c = write("C", g.c.ref, types.c);
  const aBeside = g.a.beside && read("A_beside", g.a.beside.ref, types.a);
  const bBeside = g.b.beside && read("B_beside", g.b.beside.ref, types.b);
  const sums = g.rowSums && write("row_sums", g.rowSums, "f32");
  const own = [a, b, c, aBeside, bBeside, sums].filter((m) => m !== undefined);
  const finish = finishOf(capabilities, g, c, form, own.length);
  const bindings = [...own, ...finish.bindings];
  return {
    code: `${GEMM_UNIFORMS}
${declareBindings(own)}
@group(0) @binding(${bindings.length}) var<uniform> p: Gemm;
${finish.code}`,
    bindings,
    a: readerOfA(g.a, a, aBeside),
    partsOfA: readersOfA(g.a, a, aBeside),
    b: readerOfB(g.b, b, bBeside),
    c,
  };
}

function finishOf(
  capabilities: Capabilities,
  g: Gemm,
  c: BoundMemory,
  type: WgslType,
  firstBinding: number,
): FusedFunction {
  if (!g.epilogue) {
    const to = g.to && binderOf(capabilities).write("to", g.to, type);
    return {
      code: `${to ? declareBindings([to], firstBinding) : ""}
fn finish(flat: u32, row: u32, column: u32, value: ${type}) { ${
        (to ?? c).store("flat", "value")
      } }`,
      bindings: to ? [to] : [],
    };
  }
  const { fused, ...memory } = g.epilogue;
  return fuse(fused, {
    ...memory,
    capabilities,
    type,
    firstBinding,
    bias: g.bias && { ref: g.bias.ref, row: g.bias.per === "row" ? `row % ${g.m}u` : null },
    bound: [c],
    columns: g.c.row,
  });
}

/** Operations of a product, a multiply-add counted as two. */
export function gemmFlops({ m, n, k, batches = [1, 1] }: Gemm): number {
  return 2 * m * n * k * batches[0] * batches[1];
}
