import { z } from "zod";

/**
 * State of the exponential average of the losses, as a checkpoint stores it.
 * @category Checkpoints
 */
export interface LossAverageState {
  /** Weighted sum of the losses so far. */
  readonly sum: number;
  /** Sum of their weights: 0 before the first loss, towards 1 after many. */
  readonly weight: number;
}

const schema: z.ZodType<LossAverageState> = z.strictObject({
  sum: z.number(),
  weight: z.number().min(0).max(1),
});

/** Parses the JSON text of a {@linkcode LossAverageState}. @throws where it is not one */
export function parseLossAverage(text: string): LossAverageState {
  return schema.parse(JSON.parse(text));
}
