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
  readersOfB,
  withinSegment,
} from "./gemm_operand.ts";

/** `C = alpha A B`, batched, with any strides, ending with fused nodes. */
export interface Gemm {
  /** The kernel's name in tables and errors. */
  readonly label: string;
  /** Rows of C. */
  readonly m: number;
  /** Columns of C. */
  readonly n: number;
  /** Length of the inner products. */
  readonly k: number;
  /** Number of products, outer and inner. */
  readonly batches?: readonly [number, number];
  /** The left operand, `[M, K]`. */
  readonly a: GemmOperand;
  /** The right operand, `[K, N]`. */
  readonly b: GemmOperand;
  /**
   * With an epilogue row-major and without gaps, [N / segment, M, segment] where N has segments;
   * or, where the segments are tiled, those elements of [N / segment, M, row].
   */
  readonly c: GemmOperand;
  /** Factor of the product, 1 where absent. */
  readonly alpha?: number;
  /** Added before the epilogue, which is required: by column, `[N]`, or by row, `[M]`. */
  readonly bias?: { readonly ref: Ref; readonly per: "column" | "row" };
  /** What is fused to the product. */
  readonly epilogue?: Epilogue;
  /**
   * Receives the sums of A's rows, `[M]`, in f32: the bias gradient of a weight gradient's product.
   */
  readonly rowSums?: Ref;
  /**
   * Receives the product, laid out as C, where there is no epilogue and C holds partial sums alone.
   */
  readonly product?: Ref;
  /**
   * Length of a row of partial sums in C, `[batch, M, partialRow]`, where C's own rows are not
   * whole vectors.
   */
  readonly partialRow?: number;
}

/** The fused nodes at the end of a kernel, and where their values live. */
export interface Epilogue {
  /** The elementwise nodes. */
  readonly fused: FusedNodes;
  /** Where a value lives. */
  readonly refOf: (t: Tensor) => Ref;
  /** Follows reshapes to the tensor that owns the memory. */
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
export function finishIndex({ c }: Gemm, m: string, n: string): [string, string] {
  const { segment, tiled } = c;
  if (segment === undefined) return [`workgroup.z * p.m + ${m}`, n];
  const column = withinSegment(c, `${n} % ${segment}u`);
  return [`${n} / ${segment}u * p.m + ${m}`, tiled ? `p.c_offset + ${column}` : column];
}

/** The words of {@linkcode GEMM_UNIFORMS}; `rows` is the number of rows per workgroup. */
export function gemmUniforms(g: Gemm, rows: number): Uint32Array {
  const { a, b, c, batches = [1, 1] } = g;
  const of = (o: GemmOperand) => o.batch ?? [0, 0];
  const words = Uint32Array.of(
    ...[g.m, g.n, g.k, rows, a.row, a.column, b.row, b.column],
    ...[c.row, c.column, batches[1], g.partialRow ?? 0],
    ...[...of(a), ...of(b), ...of(c), a.offset ?? 0, b.offset ?? 0],
    ...[c.offset ?? 0, 0, 0, 0],
  );
  new Float32Array(words.buffer)[21] = g.alpha ?? 1;
  return words;
}

/** What A, B and C are read as. */
export interface GemmTypes {
  /** The type of a load of A. */
  readonly a: WgslType;
  /** The type of a load of B. */
  readonly b: WgslType;
  /** The type of a load or store of C. */
  readonly c: WgslType;
}

/** What every kernel of the family starts with. */
export interface GemmInterface extends FusedFunction {
  /** A's readers: of all of it, and of its matrices. */
  readonly a: OperandReader;
  /** A reader for each of A's matrices. */
  readonly partsOfA: readonly OperandReader[];
  /** The reader of B. */
  readonly b: OperandReader;
  /** A reader for each of B's matrices, or of its implicit patches. */
  readonly partsOfB: readonly OperandReader[];
  /** The memory of C. */
  readonly c: BoundMemory;
}

/**
 * Declares a product's bindings, the uniforms `p` last, and the `finish` function: the epilogue, or
 * a plain store. In vec4 form its `flat` and `column` count vectors.
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
  const aRight = g.a.right && read("A_right", g.a.right.ref, types.a);
  const bRight = g.b.right && read("B_right", g.b.right.ref, types.b);
  const sums = g.rowSums && write("row_sums", g.rowSums, "f32");
  const own = [a, b, c, aRight, bRight, sums].filter((m) => m !== undefined);
  const finish = finishOf(capabilities, g, c, form, own.length);
  const bindings = [...own, ...finish.bindings];
  return {
    code: `${GEMM_UNIFORMS}
${declareBindings(own)}
@group(0) @binding(${bindings.length}) var<uniform> p: Gemm;
${finish.code}`,
    bindings,
    a: readerOfA(g.a, a, aRight),
    partsOfA: readersOfA(g.a, a, aRight),
    b: readerOfB(g.b, b, bRight),
    partsOfB: readersOfB(g.b, b, bRight),
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
    const to = g.product && binderOf(capabilities).write("to", g.product, type);
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

/** Floating-point operations of a product, a multiply-add counted as two. */
export function gemmFlops({ m, n, k, batches = [1, 1] }: Gemm): number {
  return 2 * m * n * k * batches[0] * batches[1];
}
