import { z } from "zod";
import { DEFAULT_LATENTS, type LatentConfig } from "./latent_config.ts";

/** Checks {@linkcode LatentConfig}; whatever is missing has its default. */
export const latentSchema: z.ZodType<LatentConfig> = z.strictObject({
  weights: z.string().min(1).nullable().default(DEFAULT_LATENTS.weights)
    .describe(
      "weights of the autoencoder, which decode grids of samples, and for FID; null: neither",
    ),
  scale_factor: z.number().gt(0).default(DEFAULT_LATENTS.scale_factor)
    .describe(
      "what latents are multiplied by for the network; left out, features tell; the reference takes " +
        "0.18215, and 0.2301 for COCO",
    ),
}).describe("the autoencoder of latents, dataset.name=features only").prefault({});
