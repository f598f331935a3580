import {
  type ImplicitPatches,
  isInside,
  patchPlace,
  patchPosition,
  patchTerms,
} from "./implicit_patches.ts";
import type { Ref } from "../dispatch.ts";
import type { BoundMemory } from "../bound_memory.ts";

/**
 * An operand of a product: element (i, j) of batch (y, z) is at
 * `offset + i * row + j * column + y * batch[0] + z * batch[1]`.
 */
export interface GemmOperand {
  /** The memory. */
  readonly ref: Ref;
  /** First element; 0 where absent. */
  readonly offset?: number;
  /** Elements from one row to the next. */
  readonly row: number;
  /** Elements from one column, or segment, to the next. */
  readonly column: number;
  /** Elements from one batch to the next, outer and inner. */
  readonly batch?: readonly [number, number];
  /**
   * Length of a segment, where columns come in segments that are contiguous in memory: column j is
   * at j / segment x `column` + j % segment.
   */
  readonly segment?: number;
  /** How the elements of a segment lie where they are not contiguous. */
  readonly tiled?: TiledSegment;
  /** Where the elements are pixels; `row` and `column` are then strides of the outer indices. */
  readonly patches?: ImplicitPatches;
  /** The matrix that is concatenated to the right of this one, if any. */
  readonly right?: ConcatenatedRight;
}

/**
 * A matrix that continues an operand from column `at` on; the offset and batch strides are shared.
 */
export interface ConcatenatedRight {
  /** The memory. */
  readonly ref: Ref;
  /** The first column that it holds. */
  readonly at: number;
  /** Elements from one row to the next. */
  readonly row: number;
}

/** A segment's elements as rows of `width`, with strides `down` and `across` in memory. */
export interface TiledSegment {
  /** Elements of a row. */
  readonly width: number;
  /** Elements from one row to the next. */
  readonly down: number;
  /** Elements from one column to the next. */
  readonly across: number;
}

/** The transpose of an operand without segments. */
export function transpose(o: GemmOperand): GemmOperand {
  return { ...o, row: o.column, column: o.row };
}

/** True where rows of `n` columns can be loaded as whole, aligned vectors of four. */
export function hasVectors(o: GemmOperand, n: number): boolean {
  const { row, column, offset = 0, batch = [0, 0], segment, tiled, patches, right } = o;
  const steps = [
    ...[n, row, offset, ...batch],
    ...(segment ? [segment, column] : []),
    ...(right ? [right.at, right.row] : []),
  ];
  return !patches && !tiled && (segment !== undefined || column === 1) &&
    steps.every((v) => v % 4 === 0);
}

/** WGSL of the offset of column `j` of an operand from its first. */
export function alongColumns(o: GemmOperand, j: string, stride: string): string {
  const { segment } = o;
  return segment === undefined
    ? `${j} * ${stride}`
    : `${j} / ${segment}u * ${stride} + ${withinSegment(o, `${j} % ${segment}u`)}`;
}

/** WGSL of the offset of element `i` of a segment from its first. */
export function withinSegment({ tiled }: GemmOperand, i: string): string {
  if (!tiled) return i;
  const { width, down, across } = tiled;
  return `${i} / ${width}u * ${down}u + ${i} % ${width}u * ${across}u`;
}

/** WGSL that reads A or B, split so that each index is resolved in a loop of its own. */
export interface OperandReader {
  /** Declares what an index along K contributes to the position. */
  alongK(name: string, k: string): string;
  /** Declares what the other index contributes, A's row or B's column. */
  alongFree(name: string, i: string): string;
  /**
   * Declares the element at two such positions, or the vector that starts there, depending on what
   * the memory is read as; reading beyond the operand is harmless.
   */
  element(name: string, k: string, free: string): string;
}

/** The readers of A's matrices, which index all of A. */
export function readersOfA(
  a: GemmOperand,
  memory: BoundMemory,
  rightMemory?: BoundMemory,
): OperandReader[] {
  const first = matrixReader(
    memory,
    (k) => `a0 + ${alongColumns(a, k, "p.ak")}`,
    (m) => `${m} * p.am`,
  );
  if (!a.right || !rightMemory) return [first];
  const { at, row } = a.right;
  return [first, matrixReader(rightMemory, (k) => `a0 + ${k} - ${at}u`, (m) => `${m} * ${row}u`)];
}

/** The reader of all of A. */
export function readerOfA(
  a: GemmOperand,
  memory: BoundMemory,
  rightMemory?: BoundMemory,
): OperandReader {
  const [first, second] = readersOfA(a, memory, rightMemory);
  return a.right ? concatenated("k", first, second, a.right.at, memory) : first;
}

/** The reader of B, which may be the implicit patches of images. */
export function readerOfB(
  b: GemmOperand,
  memory: BoundMemory,
  rightMemory?: BoundMemory,
): OperandReader {
  const { patches, right } = b;
  if (patches) return patchReader(patches, memory);
  const [first, second] = readersOfB(b, memory, rightMemory);
  return right ? concatenated("free", first, second, right.at, memory) : first;
}

/**
 * The readers of B's matrices, or of its implicit patches: for loops in which an index along N is
 * resolved long before it is used.
 */
export function readersOfB(
  b: GemmOperand,
  memory: BoundMemory,
  rightMemory?: BoundMemory,
): OperandReader[] {
  if (b.patches) return [placedPatchReader(b.patches, memory)];
  const first = matrixReader(memory, (k) => `b0 + ${k} * p.bk`, (n) => alongColumns(b, n, "p.bn"));
  if (!b.right || !rightMemory) return [first];
  const { at, row } = b.right;
  return [
    first,
    matrixReader(rightMemory, (k) => `b0 + ${k} * ${row}u`, (n) => `${n} - ${at}u`),
  ];
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

/** Reads one matrix before index `at`, and another from there on. */
function concatenated(
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

/** Reads patches by places, which have less left to compute for an element. */
function placedPatchReader(patches: ImplicitPatches, { load }: BoundMemory): OperandReader {
  return {
    alongK: (name, k) => patchPlace(name, patches, "k", k, "p.bk"),
    alongFree: (name, n) => patchPlace(name, patches, "n", n, "p.bn"),
    element: (name, k, n) =>
      `let ${name} = select(0.0, ${load(`b0 + ${n}_at + ${k}_at`)}, ${isInside(patches, k, n)});`,
  };
}
