import { UserError } from "../engine/user_error.ts";
import { MOST_SKIPPED_IN_A_ROW } from "./loss_scale.ts";
import type { StepRecord, TrainStep } from "./train_step.ts";

/** A run ended because its loss or gradient was no longer finite. */
export class DivergedError extends UserError {
  /** The class's name. */
  override readonly name: string = "DivergedError";

  /** An error of step `step`. */
  constructor(
    message: string,
    /** The step that diverged, counted from 1. */
    readonly step: number,
  ) {
    super(message);
  }
}

/** Whether mixed precision skipped the step, which lowers the loss scale and is no divergence. */
export function isSkipped({ scaling }: StepRecord): boolean {
  return scaling !== null && scaling.skipped_in_a_row > 0;
}

/**
 * Checks the record of step `step`, counted from 1.
 *
 * @throws {DivergedError} where the loss or the gradient is not finite and the step was not skipped,
 * or where too many steps in a row were
 */
export async function mustNotDiverge(
  record: StepRecord,
  step: number,
  source: Pick<TrainStep, "overflown">,
): Promise<void> {
  const { loss, grad_norm, scaling } = record;
  if (scaling !== null && isSkipped(record)) {
    if (scaling.skipped_in_a_row < MOST_SKIPPED_IN_A_ROW) return;
    throw new DivergedError(overflowMessage(step, await source.overflown()), step);
  }
  if (Number.isFinite(loss) && Number.isFinite(grad_norm)) return;
  throw new DivergedError(
    `the loss is ${loss} and the gradient norm ${grad_norm} at step ${step}: training diverged; ` +
      "try a lower --lr, a longer --warmup_steps, --grad_clip=1 or another --scalelong",
    step,
  );
}

function overflowMessage(step: number, parameters: readonly string[]): string {
  // Backward, an overflow propagates to all that comes before it: the last parameter is the nearest.
  const last = parameters[parameters.length - 1];
  const where = last === undefined
    ? "in a micro-batch"
    : `at "${last}"${parameters.length > 1 ? ` and ${parameters.length - 1} before it` : ""}`;
  return `the gradient is not finite ${where} at step ${step}, and the last ${MOST_SKIPPED_IN_A_ROW} steps ` +
    "were skipped: training diverged, or needs more than 16 bits; " +
    "try a lower --lr, --grad_clip=1 or --mixed_precision=no";
}
