/** What the files of a folder of features hold: rows, and the small tensors beside them. */

import type { StoredTensor } from "../../formats/stored_tensor.ts";
import type { FeatureRecipe } from "./feature_index.ts";
import type { Rows } from "./row_shard.ts";

/** The rows of a file of images. */
export function momentRows({ dtype, shape }: Pick<FeatureRecipe, "dtype" | "shape">): Rows {
  return { name: "moments", dtype, shape };
}

/** The rows of a file of distinct captions. */
export function contextRows(shape: readonly [tokens: number, width: number]): Rows {
  return { name: "contexts", dtype: "F16", shape };
}

/**
 * The small tensors of a file of images, beside their moments: labels, and which captions each has.
 *
 * @param captions numbers of each image's captions
 */
export function imageTensors(
  labels: readonly number[],
  captions: readonly (readonly number[])[] | null,
): Readonly<Record<string, StoredTensor>> {
  const given = { labels: integers(labels) };
  if (!captions) return given;
  let end = 0;
  const caption_ends = integers(captions.map(({ length }) => end += length));
  return { ...given, caption_ends, captions: integers(captions.flat()) };
}

/** The small tensors of a file of captions: their tokens, and texts as UTF-8. */
export function captionTensors(
  texts: readonly string[],
  tokens: readonly Int32Array[],
): Readonly<Record<string, StoredTensor>> {
  const encoded = texts.map((text) => new TextEncoder().encode(text));
  let end = 0;
  const text_ends = integers(encoded.map(({ length }) => end += length));
  const data = new Uint8Array(end);
  encoded.forEach((bytes, i) => data.set(bytes, text_ends.data[i] - bytes.length));
  return {
    tokens: {
      dtype: "I32",
      shape: [tokens.length, tokens[0].length],
      data: Int32Array.from(tokens.flatMap((row) => [...row])),
    },
    text_ends,
    texts: { dtype: "U8", shape: [end], data },
  };
}

/** The texts in the small tensors of a file of captions. */
export function captionTexts(small: Readonly<Record<string, StoredTensor>>): string[] {
  const { text_ends, texts } = small;
  const bytes = texts.data as Uint8Array;
  return Array.from(text_ends.data as Int32Array, (end, i) => {
    const start = i === 0 ? 0 : Number(text_ends.data[i - 1]);
    return new TextDecoder().decode(bytes.subarray(start, end));
  });
}

function integers(values: readonly number[]) {
  return { dtype: "I32" as const, shape: [values.length], data: Int32Array.from(values) };
}
