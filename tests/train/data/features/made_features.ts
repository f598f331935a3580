import type { FeatureRecipe } from "../../../../train/data/features/feature_index.ts";
import {
  type EncodedCaption,
  FeatureWriter,
  type ImageFeatures,
} from "../../../../train/data/features/feature_writer.ts";
import { hash32 } from "../../../../train/data/hash32.ts";

/** Latents of 4 channels of 8 x 8, in three classes. */
export const RECIPE: FeatureRecipe = {
  source: "numbers",
  list_sha256: null,
  shape: [8, 8, 8],
  dtype: "F32",
  class_names: ["a", "b", "c"],
  autoencoder: { sha256: "a".repeat(64), scale_factor: 0.5 },
  text_encoder: null,
};

/** The same with captions of 2 tokens. */
export const CAPTIONED: FeatureRecipe = {
  ...RECIPE,
  class_names: ["images"],
  text_encoder: { sha256: "b".repeat(64), shape: [2, 3] },
};

/** Moments of image `i`: multiples of 1/64 in [-2, 2), which F16 holds. */
export function momentsOf(i: number, size = 512): Float32Array {
  return Float32Array.from({ length: size }, (_, k) => (hash32(i, k) % 256 - 128) / 64);
}

/** The features of image `i`; labels alternate. */
export function featuresOf(i: number, classes = 3): ImageFeatures {
  return { moments: momentsOf(i), label: i % classes };
}

/** A caption and what stands for its context. */
export function captionOf(text: string): EncodedCaption {
  const codes = [text.charCodeAt(0) || 0, text.length];
  return {
    text,
    tokens: Int32Array.from(codes),
    context: Float32Array.from({ length: 6 }, (_, k) => codes[0] + k / 4),
  };
}

/** Writes features of `n` images with a caption each. */
export async function makeCaptioned(
  folder: string,
  n: number,
  recipe = CAPTIONED,
): Promise<void> {
  const writer = await FeatureWriter.open(folder, recipe);
  await writer.addCaption(captionOf(""));
  for (let i = 0; i < n; i++) {
    const caption = await writer.addCaption(captionOf(`text ${i}`));
    await writer.add({ moments: momentsOf(i), label: 0, captions: [caption] });
  }
  await writer.finish();
}

/** A folder that is removed in the end. */
export async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** Writes features of `n` images, five to a file. */
export async function makeFeatures(folder: string, n: number, recipe = RECIPE): Promise<void> {
  const writer = await FeatureWriter.open(folder, recipe, { shard_bytes: 5 * 2048 });
  for (let i = writer.done; i < n; i++) {
    await writer.add(featuresOf(i, recipe.class_names.length));
  }
  await writer.finish();
}
