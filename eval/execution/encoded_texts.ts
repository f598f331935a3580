import type { Conditioning } from "../../nets/conditioning.ts";
import type { ConditionRows } from "../../nets/conditions.ts";
import type { BatchStart } from "./device_machine.ts";

/**
 * Texts to draw images from, as a text encoder made of them, or as the ids that a network with a text
 * encoder of its own takes.
 * @category Samplers
 */
export interface EncodedTexts<R extends ConditionRows = ConditionRows> {
  /** The texts that images are drawn from, in turn, `[texts, tokens, width]`; ids `[texts, ids]`. */
  readonly context: R;
  /** The text that stands for none, the empty one, `[tokens, width]` or `[ids]`; guidance compares with it. */
  readonly empty: R;
}

/** The texts of images `first` to `first + n - 1`, and the one that stands for none. */
export function textConditions(
  { context, empty }: EncodedTexts,
  first: number,
  n: number,
): Pick<BatchStart, "context" | "text" | "none"> {
  const texts = context.length / empty.length;
  const length = n * empty.length;
  const rows = context instanceof Int32Array ? new Int32Array(length) : new Float32Array(length);
  for (let i = 0; i < n; i++) {
    const at = ((first + i) % texts) * empty.length;
    rows.set(context.subarray(at, at + empty.length), i * empty.length);
  }
  return { ...conditionOf(rows), none: conditionOf(empty) };
}

function conditionOf(rows: ConditionRows): Pick<BatchStart, "context" | "text"> {
  return rows instanceof Int32Array ? { text: rows } : { context: rows };
}

/** Why a network cannot be given these texts, in words after their name; null where it can. */
export function textsProblem(
  conditioning: Conditioning,
  texts: EncodedTexts | null,
): string | null {
  if (conditioning.kind !== "tokens" && conditioning.kind !== "text") {
    return texts ? "this network was trained without texts; leave them out" : null;
  }
  const { kind, tokens } = conditioning;
  const size = kind === "text" ? conditioning.ids : tokens * conditioning.width;
  const { context, empty } = texts ?? { context: [], empty: [] };
  const isOfKind = [context, empty].every((rows) =>
    rows instanceof Int32Array === (kind === "text")
  );
  const { length } = context;
  if (isOfKind && empty.length === size && length > 0 && length % size === 0) return null;
  return kind === "text"
    ? `this network reads texts itself: give ids, as byteTexts() makes them for its ${tokens} tokens`
    : `this network draws from texts: give contexts [texts, ${tokens}, ${conditioning.width}] and that ` +
      `of the empty text, [${tokens}, ${conditioning.width}]`;
}
