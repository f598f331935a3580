import { type Picture, picturePlace, pictureShare } from "./picture.ts";
import type { Ref } from "./dispatch.ts";

/** An operand of a product: element (i, j) of batch (y, z) is at offset + i row + j column + .. */
export interface GemmOperand {
  readonly ref: Ref;
  readonly offset?: number;
  readonly row: number;
  readonly column: number;
  readonly batch?: readonly [number, number];
  /** Where columns come in runs of neighbours: column j is at j / run x `column` + j % run. */
  readonly run?: number;
  /** Where the elements are pixels; `row` and `column` are then strides of the outer indices. */
  readonly picture?: Picture;
}

/** An operand without runs, with rows for columns. */
export function transpose(o: GemmOperand): GemmOperand {
  return { ...o, row: o.column, column: o.row };
}

/** True where all neighbours along the columns, `n` of them, can be loaded four at a time. */
export function hasVectors(o: GemmOperand, n: number): boolean {
  const { row, column, offset = 0, batch = [0, 0], run, picture } = o;
  return !picture && (run !== undefined || column === 1) &&
    [n, row, offset, ...batch, ...(run ? [run, column] : [])].every((v) => v % 4 === 0);
}

/** WGSL of how far column `j` of an operand is from the first. */
export function alongColumns({ run }: GemmOperand, j: string, stride: string): string {
  return run === undefined ? `${j} * ${stride}` : `${j} / ${run}u * ${stride} + ${j} % ${run}u`;
}

/** WGSL that reads A or B, split so that each index is dealt with in its own loop. */
export interface OperandReader {
  /** Names what an index along K says of the place. */
  alongK(name: string, k: string): string;
  /** Names what the other index says, A's row or B's column. */
  alongFree(name: string, i: string): string;
  /** Names the element at two such places; reading beyond the operand is harmless. */
  element(name: string, k: string, free: string): string;
}

/** The reader of A, with the names of `Gemm`'s uniforms. */
export function readerOfA(a: GemmOperand): OperandReader {
  return {
    alongK: (name, k) => `let ${name} = a0 + ${alongColumns(a, k, "p.ak")};`,
    alongFree: (name, m) => `let ${name} = ${m} * p.am;`,
    element: (name, k, m) => `let ${name} = f32(A[${k} + ${m}]);`,
  };
}

/** The reader of B, which has no runs but may be made of pictures. */
export function readerOfB({ picture }: GemmOperand): OperandReader {
  if (!picture) {
    return {
      alongK: (name, k) => `let ${name} = b0 + ${k} * p.bk;`,
      alongFree: (name, n) => `let ${name} = ${n} * p.bn;`,
      element: (name, k, n) => `let ${name} = f32(B[${k} + ${n}]);`,
    };
  }
  return {
    alongK: (name, k) => pictureShare(name, picture.k, k, "p.bk"),
    alongFree: (name, n) => pictureShare(name, picture.n, n, "p.bn"),
    element: (name, k, n) =>
      `${picturePlace(name, picture, k, n)} ` +
      `let ${name} = select(0.0, f32(B[b0 + ${name}_at]), ${name}_in);`,
  };
}
