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
  /** Where those of a run are no neighbours. */
  readonly grid?: Grid;
  /** Where the elements are pixels; `row` and `column` are then strides of the outer indices. */
  readonly picture?: Picture;
  /** Where another matrix goes on to the right of this one, as in a concatenation. */
  readonly beside?: Beside;
}

/** The matrix to the right of an operand, its first column number `at`; offsets count for both. */
export interface Beside {
  readonly ref: Ref;
  readonly at: number;
  readonly row: number;
}

/** A run's elements as rows of `width`, with steps `down` and `across` in memory. */
export interface Grid {
  readonly width: number;
  readonly down: number;
  readonly across: number;
}

/** An operand without runs, with rows for columns. */
export function transpose(o: GemmOperand): GemmOperand {
  return { ...o, row: o.column, column: o.row };
}

/** True where all neighbours along the columns, `n` of them, can be loaded four at a time. */
export function hasVectors(o: GemmOperand, n: number): boolean {
  const { row, column, offset = 0, batch = [0, 0], run, grid, picture, beside } = o;
  const steps = [
    ...[n, row, offset, ...batch],
    ...(run ? [run, column] : []),
    ...(beside ? [beside.at, beside.row] : []),
  ];
  return !picture && !grid && (run !== undefined || column === 1) &&
    steps.every((v) => v % 4 === 0);
}

/** WGSL of how far column `j` of an operand is from the first. */
export function alongColumns(o: GemmOperand, j: string, stride: string): string {
  const { run } = o;
  return run === undefined
    ? `${j} * ${stride}`
    : `${j} / ${run}u * ${stride} + ${withinRun(o, `${j} % ${run}u`)}`;
}

/** WGSL of how far element `i` of a run is from its first. */
export function withinRun({ grid }: GemmOperand, i: string): string {
  if (!grid) return i;
  const { width, down, across } = grid;
  return `${i} / ${width}u * ${down}u + ${i} % ${width}u * ${across}u`;
}

/** WGSL that reads A or B, split so that each index is dealt with in its own loop. */
export interface OperandReader {
  /** Names what an index along K says of the place. */
  alongK(name: string, k: string): string;
  /** Names what the other index says, A's row or B's column. */
  alongFree(name: string, i: string): string;
  /** Names the element at two such places; reading beyond the operand is harmless. */
  element(name: string, k: string, free: string): string;
  /** Names the vector that starts at two such places. */
  vector(name: string, k: string, free: string): string;
}

/** The reader of A, with the names of `Gemm`'s uniforms. */
export function readerOfA(a: GemmOperand): OperandReader {
  const left = matrixReader(
    "A",
    (k) => `a0 + ${alongColumns(a, k, "p.ak")}`,
    (m) => `${m} * p.am`,
  );
  return a.beside ? sideBySide("k", left, readerOfABeside(a.beside), a.beside.at) : left;
}

/** The reader of what is to the right of A, by A's indices. */
export function readerOfABeside({ at, row }: Beside): OperandReader {
  return matrixReader("A_beside", (k) => `a0 + ${k} - ${at}u`, (m) => `${m} * ${row}u`);
}

/** The reader of B, which may be made of pictures. */
export function readerOfB(b: GemmOperand): OperandReader {
  const { picture, beside } = b;
  if (picture) return pictureReader(picture);
  const left = matrixReader("B", (k) => `b0 + ${k} * p.bk`, (n) => alongColumns(b, n, "p.bn"));
  if (!beside) return left;
  const { at, row } = beside;
  const right = matrixReader("B_beside", (k) => `b0 + ${k} * ${row}u`, (n) => `${n} - ${at}u`);
  return sideBySide("free", left, right, at);
}

function matrixReader(
  buffer: string,
  alongK: (k: string) => string,
  alongFree: (i: string) => string,
): OperandReader {
  return {
    alongK: (name, k) => `let ${name} = ${alongK(k)};`,
    alongFree: (name, i) => `let ${name} = ${alongFree(i)};`,
    element: (name, k, free) => `let ${name} = f32(${buffer}[${k} + ${free}]);`,
    vector: (name, k, free) => `let ${name} = vec4f(${buffer}[(${k} + ${free}) / 4u]);`,
  };
}

/** Reads left of index `at` from one matrix and from there on from another. */
function sideBySide(
  split: "k" | "free",
  left: OperandReader,
  right: OperandReader,
  at: number,
): OperandReader {
  const along = (of: "k" | "free", method: "alongK" | "alongFree") => (name: string, i: string) =>
    `${of === split ? `let ${name}_left = ${i} < ${at}u; ` : ""}${left[method](name, i)} ` +
    right[method](`${name}_right`, i);
  const read =
    (method: "element" | "vector", zero: string) => (name: string, k: string, free: string) =>
      `var ${name} = ${zero}; if (${split === "k" ? k : free}_left) { ` +
      `${left[method]("v", k, free)} ${name} = v; } else { ` +
      `${right[method]("v", `${k}_right`, `${free}_right`)} ${name} = v; }`;
  return {
    alongK: along("k", "alongK"),
    alongFree: along("free", "alongFree"),
    element: read("element", "0.0"),
    vector: read("vector", "vec4f(0.0)"),
  };
}

function pictureReader(picture: Picture): OperandReader {
  return {
    alongK: (name, k) => pictureShare(name, picture.k, k, "p.bk"),
    alongFree: (name, n) => pictureShare(name, picture.n, n, "p.bn"),
    element: (name, k, n) =>
      `${picturePlace(name, picture, k, n)} ` +
      `let ${name} = select(0.0, f32(B[b0 + ${name}_at]), ${name}_in);`,
    vector: () => {
      throw new Error("a product's pictures have no vectors");
    },
  };
}
