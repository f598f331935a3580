import { type Instruction, instruction } from "./instruction.ts";

/** A loop of a program. */
export interface Loop {
  /** Its instructions that are in no loop inside it, in order. */
  readonly own: readonly Instruction[];
  /** The loops inside it, in order; those inside them are theirs. */
  readonly inner: readonly Loop[];
}

/** Lines from a loop's first to its last jump back. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** The outermost loops of a program in assembly, as Mesa prints it: a jump back ends a loop. */
export function loopsOf(assembly: string): Loop[] {
  const lines = assembly.split("\n");
  const labels = new Map(lines.flatMap((line, i) => {
    const [, label] = /^(BB\d+):/.exec(line) ?? [];
    return label === undefined ? [] : [[label, i] as const];
  }));
  const ends = new Map<number, number>();
  lines.forEach((line, i) => {
    const [, target] = /^\s*s_c?branch\w*\s+(BB\d+)/.exec(line) ?? [];
    const from = labels.get(target);
    // Several jumps back to one place are one loop.
    if (from !== undefined && from <= i) ends.set(from, i);
  });
  const ranges = [...ends].map(([from, to]): Range => ({ from, to }));
  return outermost(ranges).map((range) => loopAt(lines, range, ranges));
}

function loopAt(lines: readonly string[], range: Range, ranges: readonly Range[]): Loop {
  const within = ranges.filter((r) => r !== range && isInside(r, range));
  const own: Instruction[] = [];
  for (let i = range.from; i <= range.to; i++) {
    if (!within.some(({ from, to }) => from <= i && i <= to)) own.push(...instructionsOf(lines[i]));
  }
  return { own, inner: outermost(within).map((r) => loopAt(lines, r, within)) };
}

/** The instructions of a line: none, one, or two that are done at once. */
function instructionsOf(line: string): Instruction[] {
  const text = line.split(" ; ")[0].trim();
  if (text === "" || /^BB\d+:/.test(text)) return [];
  return text.split(" :: ").map(instruction);
}

function outermost(ranges: readonly Range[]): Range[] {
  return ranges.filter((r) => !ranges.some((other) => other !== r && isInside(r, other)))
    .toSorted((a, b) => a.from - b.from);
}

function isInside(inner: Range, outer: Range): boolean {
  return outer.from < inner.from && inner.to <= outer.to;
}

/** A loop, and all that are inside it. */
export function withInner(loop: Loop): Loop[] {
  return [loop, ...loop.inner.flatMap(withInner)];
}

/** The multiply-adds of a loop that are in no loop inside it. */
export function multiplyAdds({ own }: Loop): number {
  return own.filter(({ kind }) => kind === "fma").length;
}
