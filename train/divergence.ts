import { UserError } from "../engine/user_error.ts";
import { MOST_SKIPPED_IN_A_ROW } from "./loss_scale.ts";
import type { OptimizerState } from "./optimizer.ts";
import type { StepRecord } from "./step_record.ts";

/**
 * How divergence was seen: in the loss or gradient of a step, which the weights before it gave, in
 * the state after a step, or in mixed precision by gradients that overflow at every step.
 * @category Training
 */
export type DivergenceKind = "loss" | "state" | "overflow";

/**
 * A run ended because its loss, gradient or state was no longer finite.
 * @category Training
 */
export class DivergedError extends UserError {
  /** The class's name. */
  override readonly name: string = "DivergedError";

  /** An error of step `step`. */
  constructor(
    message: string,
    /** The step that diverged, counted from 1. */
    readonly step: number,
    /** How it was seen. */
    readonly kind: DivergenceKind,
  ) {
    super(message);
  }
}

/** What to try, for a network with scaled skips or another. */
function remedies({ nnet }: DivergingRun): string {
  const usual = ["a lower optimizer.lr", "a longer lr_scheduler.warmup_steps", "train.grad_clip=1"];
  const all = nnet.name === "autoencoder" ? usual : [...usual, "another nnet.scalelong"];
  return `training diverged; try ${all.slice(0, -1).join(", ")} or ${all.at(-1)}`;
}

/** The run that may diverge. */
export interface DivergingRun {
  /** Its network, which says what can be tried. */
  readonly nnet: { readonly name: string };
}

const PARTS: Readonly<Record<keyof OptimizerState, string>> = {
  nnet: "weights",
  nnet_ema: "averaged weights",
  exp_avg: "first moments",
  exp_avg_sq: "second moments",
};

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
  source: { readonly config: DivergingRun; overflown(): Promise<string[]> },
): Promise<void> {
  const { loss, grad_norm, scaling } = record;
  if (scaling !== null && isSkipped(record)) {
    if (scaling.skipped_in_a_row < MOST_SKIPPED_IN_A_ROW) return;
    throw new DivergedError(overflowMessage(step, await source.overflown()), step, "overflow");
  }
  if (Number.isFinite(loss) && Number.isFinite(grad_norm)) return;
  throw new DivergedError(
    `the loss is ${loss} and the gradient norm ${grad_norm} at step ${step}: ${
      remedies(source.config)
    }`,
    step,
    "loss",
  );
}

/**
 * Checks the norms of the state after step `step`, counted from 1.
 *
 * @throws {DivergedError} where one is not finite
 */
export function mustBeFinite(
  step: number,
  norms: Readonly<Record<keyof OptimizerState, number>>,
  config: DivergingRun,
): void {
  for (const [key, name] of Object.entries(PARTS)) {
    const norm = norms[key as keyof OptimizerState];
    if (Number.isFinite(norm)) continue;
    throw new DivergedError(
      `the norm of the ${name} is ${norm} after step ${step}: ${remedies(config)}`,
      step,
      "state",
    );
  }
}

function overflowMessage(step: number, parameters: readonly string[]): string {
  // Backward, an overflow propagates to all that comes before it: the last parameter is the nearest.
  const last = parameters[parameters.length - 1];
  const where = last === undefined
    ? "in a micro-batch"
    : `at "${last}"${parameters.length > 1 ? ` and ${parameters.length - 1} before it` : ""}`;
  return `the gradient is not finite ${where} at step ${step}, and the last ${MOST_SKIPPED_IN_A_ROW} steps ` +
    "were skipped: training diverged, or needs more than 16 bits; " +
    "try a lower optimizer.lr, train.grad_clip=1 or train.mixed_precision=no";
}
