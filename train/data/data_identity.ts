import type { ImageSource, LatentOrigin } from "./image_source.ts";

/**
 * What a run is trained on, as its checkpoints record it.
 * @category Data
 */
export interface DataIdentity {
  /** One name per label. */
  readonly class_names: readonly string[];
  /** Images of each class, by label. */
  readonly class_counts: readonly number[];
  /** See {@linkcode ImageSource.class_digests}. */
  readonly class_digests: readonly string[];
  /** See {@linkcode ImageSource.digest}. */
  readonly digest: string;
  /** Of latents: what they were encoded with. */
  readonly latents?: LatentOrigin;
  /** Of captions: SHA-256 of the text encoder's weights, hexadecimal; null where that is not known. */
  readonly text_encoder?: string | null;
}

/**
 * What identifies a source of images.
 * @category Data
 */
export async function dataIdentity(source: ImageSource): Promise<DataIdentity> {
  return {
    class_names: source.class_names,
    class_counts: source.class_counts,
    class_digests: await source.class_digests(),
    digest: await source.digest(),
    ...source.latents && { latents: source.latents },
    ...source.captions?.kind === "contexts" && { text_encoder: source.captions.encoder ?? null },
  };
}
