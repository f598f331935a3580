import { z } from "zod";
import type { DataIdentity } from "../data/data_identity.ts";

const schema: z.ZodType<DataIdentity> = z.strictObject({
  class_names: z.array(z.string()),
  class_counts: z.array(z.int().min(0)),
  class_digests: z.array(z.string()),
  digest: z.string(),
  latents: z.strictObject({
    scale_factor: z.number().nullable(),
    autoencoder: z.string().nullable(),
  }).optional(),
  text_encoder: z.string().nullable().optional(),
}).refine(({ class_names, class_counts, class_digests }) =>
  class_counts.length === class_names.length && class_digests.length === class_names.length
);

/** Parses the JSON text of a {@linkcode DataIdentity}. @throws where it is not one */
export function parseDataIdentity(text: string): DataIdentity {
  return schema.parse(JSON.parse(text));
}
