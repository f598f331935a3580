import type { BatchStart } from "../execution/device_machine.ts";
import { type EncodedTexts, textConditions } from "../execution/encoded_texts.ts";
import { type LabelChoice, sampledConditions } from "../sampled_labels.ts";

/** The conditions that images `first` to `first + n - 1` are drawn with. */
export type ConditionsOf = (
  first: number,
  n: number,
) => Partial<BatchStart> | Promise<Partial<BatchStart>>;

/** Conditions by labels or by texts, in turn; none for an unconditional network. */
export function drawnConditions(
  labels: LabelChoice | null,
  texts: EncodedTexts | null = null,
): ConditionsOf {
  return (first, n) =>
    texts ? textConditions(texts, first, n) : sampledConditions(labels, first, n);
}
