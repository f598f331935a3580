import type { Conditioning } from "../../nets/conditioning.ts";
import type { BatchStart } from "./device_machine.ts";

/**
 * Texts to draw images from, as a text encoder made of them.
 * @category Samplers
 */
export interface EncodedTexts {
  /** The texts that images are drawn from, in turn, `[texts, tokens, width]`. */
  readonly context: Float32Array;
  /** The text that stands for none, the empty one, `[tokens, width]`; guidance compares with it. */
  readonly empty: Float32Array;
}

/** The texts of images `first` to `first + n - 1`, and the one that stands for none. */
export function textConditions(
  { context, empty }: EncodedTexts,
  first: number,
  n: number,
): Pick<BatchStart, "context" | "none"> {
  const texts = context.length / empty.length;
  const rows = new Float32Array(n * empty.length);
  for (let i = 0; i < n; i++) {
    const at = ((first + i) % texts) * empty.length;
    rows.set(context.subarray(at, at + empty.length), i * empty.length);
  }
  return { context: rows, none: { context: empty } };
}

/** Why a network cannot be given these texts, in words after their name; null where it can. */
export function textsProblem(
  conditioning: Conditioning,
  texts: EncodedTexts | null,
): string | null {
  if (conditioning.kind !== "tokens") {
    return texts ? "this network was trained without texts; leave them out" : null;
  }
  const { tokens, width } = conditioning;
  const size = tokens * width;
  const { length } = texts?.context ?? [];
  if (texts && texts.empty.length === size && length > 0 && length % size === 0) return null;
  return `this network draws from texts: give contexts [texts, ${tokens}, ${width}] and that of the ` +
    `empty text, [${tokens}, ${width}]`;
}
