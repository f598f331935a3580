import type { Generation } from "./families.ts";
import { type Instruction, vectorCycles, workgroupMemoryBytes } from "./instruction.ts";

/** Where a program runs: how its vector units work, and invocations of a subgroup. */
export interface Target {
  readonly generation: Generation;
  readonly subgroupSize: number;
}

/** The part of the vector unit's busy cycles that are multiply-adds; 0 where there are none. */
export function multiplyAddShare(instructions: readonly Instruction[], target: Target): number {
  return multiplyAddCycles(instructions, target) / Math.max(1, cycles(instructions, target));
}

/**
 * The part of the rate of multiply-adds at which workgroup memory delivers, without conflicts of
 * banks: 128 bytes a cycle for the two or four vector units that share one. Null where none is used.
 */
export function workgroupMemoryShare(
  instructions: readonly Instruction[],
  target: Target,
): number | null {
  const { generation, subgroupSize } = target;
  const bytes = instructions.reduce((sum, i) => sum + workgroupMemoryBytes(i), 0) * subgroupSize;
  const bytesPerCycle = 128 / (generation === "gcn" ? 4 : 2);
  return bytes === 0 ? null : multiplyAddCycles(instructions, target) / (bytes / bytesPerCycle);
}

/** How often instructions wait for memory after they have asked for some. */
export function roundTrips(instructions: readonly Instruction[]): number {
  let [trips, isPending] = [0, false];
  for (const { kind } of instructions) {
    if (kind === "wait" && isPending) trips++;
    if (kind === "wait") isPending = false;
    if (kind === "load") isPending = true;
  }
  return trips;
}

function cycles(
  instructions: readonly Instruction[],
  { generation, subgroupSize }: Target,
): number {
  return instructions.reduce((sum, i) => sum + vectorCycles(i, generation, subgroupSize), 0);
}

function multiplyAddCycles(instructions: readonly Instruction[], target: Target): number {
  return cycles(instructions.filter(({ kind }) => kind === "fma"), target);
}
