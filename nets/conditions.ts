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
  readonly context?: Float32Array;
  /** Texts as ids `[n, tokens]`, see `byteTokens`. */
  readonly text?: Int32Array;
}

/**
 * The conditions of a batch for one network, a row for each image: a label, its tokens or its ids.
 * @category Networks
 */
export type ConditionRows = Int32Array | Float32Array;

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
  const length = n * row.length;
  const rows = row instanceof Int32Array ? new Int32Array(length) : new Float32Array(length);
  for (let i = 0; i < n; i++) rows.set(row, i * row.length);
  return rows;
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
  const both = repeatedRow(none, 2 * rows.length / none.length);
  both.set(rows);
  return both;
}

/** The rows as the input `conditionInput` of a plan; those of an unconditional network, null, are none. */
export function conditionInputs(
  { kind }: Conditioning,
  rows: ConditionRows | null,
): Record<string, HostArray> {
  if (!rows || kind === "none") return {};
  return { [INPUTS[kind]]: rows };
}

const INPUTS = { label: "labels", tokens: "context", text: "text" } as const;
