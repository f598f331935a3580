import type { Generation } from "./families.ts";

/** What an instruction is to the counts: a multiply-add, other vector work, .. */
export type InstructionKind = "fma" | "vector" | "lds" | "load" | "wait" | "other";

/** An instruction of AMD's assembly. */
export interface Instruction {
  /** The name alone, such as `v_fma_f32`. */
  readonly op: string;
  readonly kind: InstructionKind;
}

/** Reads an instruction, as Mesa prints it. */
export function instruction(text: string): Instruction {
  const op = text.split(/\s/)[0];
  return { op, kind: kindOf(op, text) };
}

const MULTIPLY_ADD =
  /^v_(dual_)?(fma|fmac|mac|mad|fmaak|fmamk|madak|madmk|pk_fma|pk_fmac)_(f32|f16|legacy)/;
const MEMORY = "(buffer|global|flat|scratch|tbuffer)";
const LOAD = new RegExp(`^${MEMORY}_(load|gather|atomic)`);
/** Waits for loads; waits for constants and workgroup memory are others. */
const WAIT = /vmcnt\(|^s_wait_loadcnt/;

function kindOf(op: string, text: string): InstructionKind {
  if (MULTIPLY_ADD.test(op) || /^v_(fma|mad)_mix/.test(op)) return "fma";
  if (op.startsWith("v_")) return "vector";
  if (op.startsWith("ds_")) return "lds";
  if (LOAD.test(op)) return "load";
  return WAIT.test(text) ? "wait" : "other";
}

/** What takes four times as long: functions, and products of whole numbers. */
const SLOW = /^v_((exp|log|rcp|rsq|sqrt|sin|cos)_|mul_(lo|hi)_|mad_[ui]64)/;
/** What RDNA3 does for both halves of a subgroup of 64 in one cycle. */
const BOTH_HALVES =
  /^v_(fma|fmac|fmaak|fmamk|mul|add|sub|subrev|max|min|mov|cndmask)_(f32|b32)(_e32|_e64)?$/;

/** Cycles for which an instruction of a subgroup keeps the vector unit busy. */
export function vectorCycles(
  { op, kind }: Instruction,
  generation: Generation,
  subgroupSize: number,
): number {
  if (kind !== "fma" && kind !== "vector") return 0;
  // One of two operations in one instruction.
  if (op.startsWith("v_dual_")) return 0.5;
  const times = SLOW.test(op) ? 4 : 1;
  // 16 lanes and 32.
  if (generation === "gcn") return 4 * times;
  if (generation === "rdna3" && subgroupSize === 64 && BOTH_HALVES.test(op)) return 1;
  return subgroupSize / 32 * times;
}

/** Bytes of workgroup memory that an instruction moves for each invocation. */
export function workgroupMemoryBytes({ op, kind }: Instruction): number {
  if (kind !== "lds") return 0;
  const [, bits = "32"] = /_[bui](\d+)/.exec(op) ?? [];
  const pairs = /^ds_(read|load|write|store)_?2/.test(op) ? 2 : 1;
  return pairs * Number(bits) / 8;
}
