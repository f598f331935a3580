import type { Instruction } from "./instruction.ts";
import type { Loop } from "./program.ts";

/**
 * The instructions of one turn of a loop, those of loops inside it as often as the WGSL says that they
 * turn; null where it does not say.
 */
export function turnOf(loop: Loop, wgsl: string): Instruction[] | null {
  const turns = innerTurns(loop.inner.length, wgsl);
  return turns && [
    ...loop.own,
    ...loop.inner.flatMap((inner, i) =>
      Array.from({ length: turns[i] }, () => allOf(inner)).flat()
    ),
  ];
}

/** Loops two levels down are counted once. */
function allOf({ own, inner }: Loop): Instruction[] {
  return [...own, ...inner.flatMap(allOf)];
}

/**
 * How often loops inside one turn: as many known counts in the WGSL, in order, as there are loops.
 * Loops of one turn are none any more, and the last may have been unrolled.
 */
function innerTurns(loops: number, wgsl: string): number[] | null {
  if (loops === 0) return [];
  const counts = [...wgsl.matchAll(/for \(([^{]*)\) \{/g)]
    .map(([, header]) => turnsIn(header, wgsl))
    .filter((n) => n !== null);
  const lists = [counts, counts.filter((n) => n > 1), counts.slice(0, -1)];
  return lists.find(({ length }) => length === loops) ?? null;
}

const FIXED = /= (\d+)?\w*; \w+ < (\d+)u(?: \* one)?; \w+(?: \+= (\d+)u|\+\+)/;
/** The loading of a tile of flash attention, and its tokens. */
const TILE_LOAD = /< min\((\d+)u, length\) \* (\d+)u; \w+ \+= (\d+)u/;
const TILE_TOKENS = /< count; \w+(?: \+= (\d+)u|\+\+)/;

/** How often a loop turns by its header; null where only data say. */
function turnsIn(header: string, wgsl: string): number | null {
  const fixed = FIXED.exec(header);
  if (fixed) return Math.ceil((Number(fixed[2]) - Number(fixed[1] ?? 0)) / Number(fixed[3] ?? 1));
  const load = TILE_LOAD.exec(header);
  if (load) return Number(load[1]) * Number(load[2]) / Number(load[3]);
  const tokens = TILE_TOKENS.exec(header);
  const span = /start \+= (\d+)u/.exec(wgsl);
  return tokens && span && Number(span[1]) / Number(tokens[1] ?? 1);
}
