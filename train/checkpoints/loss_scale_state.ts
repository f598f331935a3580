import { z } from "zod";

/**
 * State of dynamic loss scaling, as a checkpoint stores it.
 * @category Checkpoints
 */
export interface LossScale {
  /** Factor on the loss, so that small gradients survive f16. */
  readonly scale: number;
  /** Good steps since the scale last changed. */
  readonly growth_tracker: number;
  /** Steps of the whole run whose gradient was not finite. */
  readonly skipped_steps: number;
  /** The latest of these without a good step between them. */
  readonly skipped_in_a_row: number;
}

const schema: z.ZodType<LossScale> = z.strictObject({
  scale: z.number().positive(),
  growth_tracker: z.int().min(0),
  skipped_steps: z.int().min(0),
  skipped_in_a_row: z.int().min(0),
});

/** Parses the JSON text of a {@linkcode LossScale}. @throws where it is not one */
export function parseLossScale(text: string): LossScale {
  return schema.parse(JSON.parse(text));
}
