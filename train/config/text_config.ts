/**
 * The text encoder of a network of texts that has none of its own, CLIP's.
 * @category Configuration
 */
export interface TextEncoderConfig {
  /** The folder of its weights and vocabulary, with which texts to draw are encoded; null: none is known. */
  weights: string | null;
}

/** None is known. */
export const DEFAULT_TEXT_ENCODER: TextEncoderConfig = { weights: null };
