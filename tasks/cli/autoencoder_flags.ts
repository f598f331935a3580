import { z } from "zod";
import type { AutoencoderChoice } from "../../eval/latents/run_autoencoder.ts";

/** The flags of the autoencoder that decodes what is drawn. */
export const autoencoderSchema: z.ZodType<AutoencoderChoice> = z.strictObject({
  weights: z.string().min(1).nullable()
    .describe(
      "file of its weights, diffusers' folder, or that of a run that trained one; null: as in training",
    ),
  scale_factor: z.number().gt(0).nullable()
    .describe("what the latents were multiplied by for the network; null: as in training"),
}).describe("what decodes the latents that a network trained on features draws");

/** The autoencoder of the run. */
export const AUTOENCODER_DEFAULTS: AutoencoderChoice = { weights: null, scale_factor: null };
