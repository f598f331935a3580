import type { DataFacts } from "../config/implied_settings.ts";
import type { DatasetOutline } from "./dataset.ts";

/** What data tell of settings that are left out, their classes among it. */
export function factsOf(
  { class_names, latents, shape: [channels, size] }: Pick<
    DatasetOutline,
    "class_names" | "latents" | "shape"
  >,
): DataFacts {
  return {
    classes: class_names.length,
    latents: latents ? { channels, size, scale_factor: latents.scale_factor } : null,
  };
}
