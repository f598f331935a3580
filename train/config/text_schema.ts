import { z } from "zod";
import { DEFAULT_TEXT_ENCODER, type TextEncoderConfig } from "./text_config.ts";

/** Checks {@linkcode TextEncoderConfig}; whatever is missing has its default. */
export const textEncoderSchema: z.ZodType<TextEncoderConfig> = z.strictObject({
  weights: z.string().min(1).nullable().default(DEFAULT_TEXT_ENCODER.weights)
    .describe(
      "folder of CLIP's text encoder, with which sample and fid encode texts where they are told no " +
        "other; training takes contexts from the features",
    ),
}).describe("the text encoder of a network of texts, nnet.clip_dim only").prefault({});
