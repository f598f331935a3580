/** Conditions on the host: what a plan takes that has `conditionInput`, row by row. */

import type { HostArray } from "../engine/mod.ts";
import { byteTokens } from "./byte_tokens.ts";
import type { Conditioning } from "./conditioning.ts";

/**
 * What is given with some images that a network may be conditioned on; a network takes what is of its
 * kind, and leaves the rest.
 * @category Networks
 */
export interface Conditions {
  /** Class labels `[n]`. */
  readonly labels?: Int32Array;
  /** Encoded texts `[n, tokens, width]`. */
  readonly context?: Float32Array | Float16Array;
  /** Texts as ids `[n, ids]`, see `byteTokens`. */
  readonly text?: Int32Array;
}

/**
 * The conditions of a batch for one network, a row for each image: a label, its tokens or its ids.
 * @category Networks
 */
export type ConditionRows = Int32Array | Float32Array | Float16Array;

/** The conditions that a network takes; null where it takes none or there are none for it. */
export function conditionRows(
  { kind }: Conditioning,
  { labels, context, text }: Conditions,
): ConditionRows | null {
  switch (kind) {
    case "none":
      return null;
    case "label":
      return labels ?? null;
    case "tokens":
      return context ?? null;
    case "text":
      return text ?? null;
  }
}

/**
 * The row that stands for no condition: the one given, else the last label, or the ids of the empty text.
 * Null where there is none: for an unconditional network, and where the context of the empty text is not
 * given.
 *
 * @param given the condition of one image
 */
export function unconditionalRow(
  conditioning: Conditioning,
  given: Conditions = {},
): ConditionRows | null {
  const row = conditionRows(conditioning, given);
  if (row) return row;
  switch (conditioning.kind) {
    case "label":
      return Int32Array.of(conditioning.labels - 1);
    case "text":
      return byteTokens("", conditioning.tokens).ids;
    default:
      return null;
  }
}

/** A row, `n` times. */
export function repeatedRow(row: ConditionRows, n: number): ConditionRows {
  const rows = rowsLike(row, n * row.length);
  for (let i = 0; i < n; i++) rows.set(row, i * row.length);
  return rows;
}

/** Zeros of the same type. */
function rowsLike(rows: ConditionRows, length: number): ConditionRows {
  if (rows instanceof Int32Array) return new Int32Array(length);
  // Not every browser has the type of the last.
  return rows instanceof Float32Array ? new Float32Array(length) : new Float16Array(length);
}

/** The rows with `none` in place of those that are dropped. */
export function withDropped(
  rows: ConditionRows,
  none: ConditionRows,
  isDropped: (row: number) => boolean,
): ConditionRows {
  const kept = rows.slice();
  for (let i = 0; i < rows.length / none.length; i++) {
    if (isDropped(i)) kept.set(none, i * none.length);
  }
  return kept;
}

/** The rows, then as many that are `none`: the batch of twice the images that guidance compares. */
export function guidedRows(rows: ConditionRows, none: ConditionRows): ConditionRows {
  const both = rowsLike(rows, 2 * rows.length);
  both.set(rows);
  for (let at = rows.length; at < both.length; at += none.length) both.set(none, at);
  return both;
}

/** The rows as the input `conditionInput` of a plan; those of an unconditional network, null, are none. */
export function conditionInputs(
  conditioning: Conditioning,
  rows: ConditionRows | null,
): Record<string, HostArray> {
  const { kind } = conditioning;
  if (!rows || kind === "none") return {};
  if (kind !== "tokens") return { [INPUTS[kind]]: rows as Int32Array };
  return { context: conditioning.packed ? wordsOf(rows) : inF32(rows) };
}

const INPUTS = { label: "labels", text: "text" } as const;

function inF32(rows: ConditionRows): Float32Array {
  return rows instanceof Float32Array ? rows : Float32Array.from(rows);
}

/** The bits of the rows in f16, two numbers to a word; in place where they are so already. */
function wordsOf(rows: ConditionRows): Uint32Array {
  const { length } = rows;
  if (rows instanceof Float16Array && rows.byteOffset % 4 === 0 && length % 2 === 0) {
    return new Uint32Array(rows.buffer, rows.byteOffset, length / 2);
  }
  const words = new Uint32Array(Math.ceil(length / 2));
  new Float16Array(words.buffer).set(rows);
  return words;
}
