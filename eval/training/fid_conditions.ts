import { conditioningOf } from "../../nets/conditioning.ts";
import type { Conditions } from "../../nets/conditions.ts";
import type { Config } from "../../train/config/config.ts";
import { captionConditions } from "../../train/data/captions/caption_conditions.ts";
import { hash32 } from "../../train/data/hash32.ts";
import type { ImageSource } from "../../train/data/image_source.ts";
import { type ConditionsOf, drawnConditions } from "../image_sets/drawn_conditions.ts";

/** Salts of the hashes that draw images, and one of the captions of each. */
const IMAGE = 6;
const CAPTION = 7;

/**
 * What the images of a run's FIDs are drawn with: labels as often as the data have them, or captions of
 * images that are drawn at random. They depend on the run's seed and the number of the image alone.
 */
export function fidConditions(
  { captions, class_counts: counts, length }: Pick<
    ImageSource,
    "captions" | "class_counts" | "length"
  >,
  { nnet, seed }: Pick<Config, "nnet" | "seed">,
): ConditionsOf {
  const conditioning = conditioningOf(nnet);
  if (conditioning.kind === "label") return drawnConditions({ kind: "drawn", counts, seed });
  const texts = captionConditions(captions, conditioning);
  if (!texts) return drawnConditions(null);
  let none: Conditions | null = null;
  return async (first, n) => {
    const hashed = (salt: number) =>
      Uint32Array.from({ length: n }, (_, i) => hash32(seed, salt, first + i));
    const images = hashed(IMAGE).map((draw) => Math.floor(draw / 2 ** 32 * length));
    none ??= await texts.empty();
    return { ...await texts.read(images, hashed(CAPTION)), none };
  };
}
