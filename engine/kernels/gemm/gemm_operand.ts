import { type ImplicitPatches, patchPosition, patchTerms } from "./implicit_patches.ts";
import type { Ref } from "../dispatch.ts";
import type { BoundMemory } from "../bound_memory.ts";

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
  readonly patches?: ImplicitPatches;
  /** Where another matrix goes on to the right of this one, as in a concatenation. */
  readonly beside?: ConcatenatedRight;
}

/** The matrix to the right of an operand, its first column number `at`; offsets count for both. */
export interface ConcatenatedRight {
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
  const { row, column, offset = 0, batch = [0, 0], run, grid, patches, beside } = o;
  const steps = [
    ...[n, row, offset, ...batch],
    ...(run ? [run, column] : []),
    ...(beside ? [beside.at, beside.row] : []),
  ];
  return !patches && !grid && (run !== undefined || column === 1) &&
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
  /**
   * Names the element at two such places, or the vector that starts there, whichever the memory
   * has; reading beyond the operand is harmless.
   */
  element(name: string, k: string, free: string): string;
}

/** The readers of A's matrices, by A's indices, with the names of `Gemm`'s uniforms. */
export function readersOfA(
  a: GemmOperand,
  left: BoundMemory,
  right?: BoundMemory,
): OperandReader[] {
  const first = matrixReader(
    left,
    (k) => `a0 + ${alongColumns(a, k, "p.ak")}`,
    (m) => `${m} * p.am`,
  );
  if (!a.beside || !right) return [first];
  const { at, row } = a.beside;
  return [first, matrixReader(right, (k) => `a0 + ${k} - ${at}u`, (m) => `${m} * ${row}u`)];
}

/** The reader of all of A. */
export function readerOfA(a: GemmOperand, left: BoundMemory, right?: BoundMemory): OperandReader {
  const [first, second] = readersOfA(a, left, right);
  return a.beside ? sideBySide("k", first, second, a.beside.at, left) : first;
}

/** The reader of B, which may be made of images. */
export function readerOfB(b: GemmOperand, left: BoundMemory, right?: BoundMemory): OperandReader {
  const { patches, beside } = b;
  if (patches) return patchReader(patches, left);
  const first = matrixReader(left, (k) => `b0 + ${k} * p.bk`, (n) => alongColumns(b, n, "p.bn"));
  if (!beside || !right) return first;
  const { at, row } = beside;
  const second = matrixReader(right, (k) => `b0 + ${k} * ${row}u`, (n) => `${n} - ${at}u`);
  return sideBySide("free", first, second, at, left);
}

function matrixReader(
  { per, load }: BoundMemory,
  alongK: (k: string) => string,
  alongFree: (i: string) => string,
): OperandReader {
  const at = (i: string) => per === 4 ? `(${i}) / 4u` : i;
  return {
    alongK: (name, k) => `let ${name} = ${alongK(k)};`,
    alongFree: (name, i) => `let ${name} = ${alongFree(i)};`,
    element: (name, k, free) => `let ${name} = ${load(at(`${k} + ${free}`))};`,
  };
}

/** Reads left of index `at` from one matrix and from there on from another. */
function sideBySide(
  split: "k" | "free",
  left: OperandReader,
  right: OperandReader,
  at: number,
  { per }: BoundMemory,
): OperandReader {
  const along = (of: "k" | "free", method: "alongK" | "alongFree") => (name: string, i: string) =>
    `${of === split ? `let ${name}_left = ${i} < ${at}u; ` : ""}${left[method](name, i)} ` +
    right[method](`${name}_right`, i);
  return {
    alongK: along("k", "alongK"),
    alongFree: along("free", "alongFree"),
    element: (name, k, free) =>
      `var ${name}: ${per === 4 ? "vec4f" : "f32"}; if (${split === "k" ? k : free}_left) { ` +
      `${left.element("v", k, free)} ${name} = v; } else { ` +
      `${right.element("v", `${k}_right`, `${free}_right`)} ${name} = v; }`,
  };
}

function patchReader(patches: ImplicitPatches, { load }: BoundMemory): OperandReader {
  return {
    alongK: (name, k) => patchTerms(name, patches.k, k, "p.bk"),
    alongFree: (name, n) => patchTerms(name, patches.n, n, "p.bn"),
    element: (name, k, n) =>
      `${patchPosition(name, patches, k, n)} ` +
      `let ${name} = select(0.0, ${load(`b0 + ${name}_at`)}, ${name}_in);`,
  };
}
