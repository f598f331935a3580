/**
 * How a step's loss was scaled in mixed precision.
 * @category Training
 */
export interface ScalingRecord {
  /** What the loss was multiplied by. */
  readonly loss_scale: number;
  /** Steps skipped since the beginning, up to and with this one. */
  readonly skipped_steps: number;
  /** Steps skipped since the last that was not; 0 where this one was not. */
  readonly skipped_in_a_row: number;
}

/**
 * What is recorded of a step.
 * @category Training
 */
export interface StepRecord {
  /** The loss before the update, not scaled. */
  readonly loss: number;
  /** Norm of the gradient before clipping; not finite in a step that is skipped. */
  readonly grad_norm: number;
  /** What else the objective measures, by name; empty for a diffusion model. */
  readonly measures: Readonly<Record<string, number>>;
  /** The loss scale; null in f32. */
  readonly scaling: ScalingRecord | null;
  /** What `probeTensors` measured, by its names; empty without probes. */
  readonly probes: Readonly<Record<string, number>>;
}
