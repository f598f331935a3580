import type { WgslType } from "../../ops/elementwise.ts";
import type { ConcatenatedRight, OperandReader } from "./gemm_operand.ts";

/** A tile, how it lies in memory, and who loads it. */
export interface TileLoad {
  /** "a" or "b". */
  readonly name: "a" | "b";
  /** What its other side than K counts. */
  readonly along: "m" | "n";
  /** The type of a load. */
  readonly type: WgslType;
  /** Elements of K. */
  readonly depth: number;
  /** Rows of A, or columns of B. */
  readonly size: number;
  /** Vectors that the innermost array holds. */
  readonly side: number;
  /** Invocations that load it. */
  readonly lanes: number;
  /** Whether neighbours along K, not along the tile's other side, are neighbours in memory. */
  readonly isAlongK: boolean;
  /** Whether four of them are loaded at a time. */
  readonly isWide: boolean;
  /** Whether they are pixels: what an index says of one is then dear, and is shared by loads. */
  readonly isPixels: boolean;
  /** Whether K is a multiple of the tile's depth. */
  readonly isWholeK: boolean;
  /** Where they are read. */
  readonly sides: TileSides;
}

/** The matrix that all of a tile is in, or the ones that it may be in. */
export interface TileSides {
  /** The readers: of the left and the right matrix where there is a condition, or one of all. */
  readonly readers: readonly OperandReader[];
  /** WGSL of whether a tile is in the first of two, the same for a workgroup. */
  readonly isLeft?: string;
}

/** The sides of an operand whose tiles of `extent` elements along `split` are in one matrix each. */
export function sidesOf(
  whole: OperandReader,
  parts: readonly OperandReader[],
  right: ConcatenatedRight | undefined,
  split: "k" | "n",
  extent: number,
): TileSides {
  return right && right.at % extent === 0
    ? { readers: parts, isLeft: `${split}0 < ${right.at}u` }
    : { readers: [whole] };
}

/**
 * Neighbours that pixels are loaded of at a time, where they are not along K: 64 bytes, and few enough
 * for an invocation to have one index along K alone in each tile.
 */
const ROW_OF_PIXELS = 16;

/**
 * WGSL that loads a tile, adjacent invocations from adjacent addresses: where an invocation begins,
 * its loads, and what it stores of them. What does not depend on K is computed once. Beyond M and N
 * anything may be read, since it reaches no element of C; beyond K all is zero.
 */
export function tileLoad(
  { name, along, type, depth, size, side, lanes, isAlongK, isWide, isPixels, isWholeK, sides }:
    TileLoad,
): { readonly place: string; readonly loads: string; readonly stores: string } {
  const per = isWide ? 4 : 1;
  const across = isAlongK ? depth / per : isPixels ? ROW_OF_PIXELS : size / per;
  /** Rows that all invocations load at a time. */
  const down = lanes / across;
  const [i, k] = [`${name}_i`, `${name}_k`];
  const [near, far] = isAlongK ? [k, i] : [i, k];
  const alongSide = multiples(isAlongK ? down : across * per, size);
  const alongK = multiples(isAlongK ? depth : down, depth);
  const turns = alongK.flatMap((ofK) => alongSide.map((ofSide) => ({ ofSide, ofK })))
    .map((at, turn) => ({ ...at, value: `v${name}${turn}` }));
  const to = ({ ofSide, ofK }: { ofSide: number; ofK: number }, q: number) => {
    const vector = `${name}_v`;
    const first = ofSide / 4;
    // Whole vectors along the tile's side keep their place; others begin at one that all have.
    const at = !isAlongK && alongSide.length === 1
      ? `[${vector} / ${side}u][${vector} % ${side}u]`
      : `[${Math.floor(first / side)}][${plus(vector, first % side)}]`;
    return `tile_${name}[${plus(k, ofK + q)}]${at}`;
  };
  const stores = turns.flatMap((turn) =>
    !isWide
      ? `${to(turn, 0)}[${i} % 4u] = ${turn.value};`
      : isAlongK
      ? [0, 1, 2, 3].map((q) => `${to(turn, q)}[${i} % 4u] = ${turn.value}[${q}];`)
      : `${to(turn, 0)} = ${turn.value};`
  );
  const free = (n: number, of: number) => `${name}${along}${n}${of === 0 ? "" : "_of_right"}`;
  const places = sides.readers.flatMap((reader, of) =>
    alongSide.map((n) =>
      `let ${free(n, of)}_i = ${along}0 + ${plus(i, n)}; ` +
      reader.alongFree(free(n, of), `${free(n, of)}_i`)
    )
  );
  const loadsOf = (reader: OperandReader, of: number, keep: (name: string, x: string) => string) =>
    [
      ...alongK.map((n) =>
        `let ${name}k${n}_i = k0 + ${plus(k, n)}; ` +
        reader.alongK(`${name}k${n}`, `${name}k${n}_i`)
      ),
      ...turns.map(({ ofSide, ofK, value }) => {
        const x = `x${value}`;
        const inside = isWholeK ? x : `select(${type}(0.0), ${x}, ${name}k${ofK}_i < p.k)`;
        return `${reader.element(x, `${name}k${ofK}`, free(ofSide, of))} ${keep(value, inside)}`;
      }),
    ].join("\n    ");
  const assign = (value: string, x: string) => `${value} = ${x};`;
  const { readers: [left, right], isLeft } = sides;
  return {
    place: [
      `let ${near} = lane % ${across}u * ${per}u; let ${far} = lane / ${across}u; ` +
      `let ${name}_v = ${i} / 4u;`,
      ...places,
    ].join("\n  "),
    loads: isLeft === undefined
      ? loadsOf(left, 0, (value, x) => `let ${assign(value, x)}`)
      : `${turns.map(({ value }) => `var ${value}: ${type};`).join(" ")}
    if (${isLeft}) {
    ${loadsOf(left, 0, assign)}
    } else {
    ${loadsOf(right, 1, assign)}
    }`,
    stores: stores.join(" "),
  };
}

function multiples(step: number, end: number): number[] {
  return Array.from({ length: end / step }, (_, i) => i * step);
}

function plus(of: string, n: number): string {
  return n === 0 ? of : `${of} + ${n}u`;
}
