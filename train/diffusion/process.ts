import { add, affine, mean, mul, square, sub, type Tensor } from "../../engine/mod.ts";
import type { NoiseSchedule } from "./noise_schedule.ts";
import type { ProcessConfig } from "./process_config.ts";
import { SCHEDULES } from "./schedules.ts";
import { type DiffusedParts, type TargetName, TARGETS } from "./targets.ts";

/**
 * A batch and what it is diffused with.
 * @category Diffusion
 */
export interface DiffusedBatch {
  /** Images in [-1, 1], `[n, channels, height, width]`. */
  readonly x0: Tensor;
  /** Times in [0, 1], `[n]`. */
  readonly t: Tensor;
  /** Standard normal noise of the images' shape. */
  readonly noise: Tensor;
  /** What a conditional network is conditioned on: labels `[n]`, i32. */
  readonly condition?: Tensor;
  /** What dropout is drawn from: u32 `[seed low, seed high, step, first sample]`; none without. */
  readonly key?: Tensor;
}

/**
 * A diffusion process, one instance for training and sampling alike.
 * @category Diffusion
 */
export interface Process {
  /** What sets it apart, for records: the schedule's name, then what is not its default. */
  readonly name: string;
  /** How noise grows over time, and the network timestep. */
  readonly schedule: NoiseSchedule;
  /** What the network predicts. */
  readonly target: TargetName;
  /** Diffused images `x_t = alpha(t) x_0 + sigma(t) noise`, of the images' shape. */
  diffuse(batch: DiffusedBatch): Tensor;
  /** Network timesteps `[n]` of times `[n]`. */
  timesteps(t: Tensor): Tensor;
  /**
   * The training loss, a scalar: mean over all elements of `(target - predict(x_t, timesteps))^2`
   * (Ho et al., "Denoising Diffusion Probabilistic Models", NeurIPS 2020, equation 14, where the
   * target is the noise).
   */
  loss(predict: (x: Tensor, timesteps: Tensor) => Tensor, batch: DiffusedBatch): Tensor;
}

/**
 * The process of a configuration's `process` section.
 * @category Diffusion
 */
export function processOf(config: ProcessConfig): Process {
  const own = SCHEDULES[config.schedule].schedule(config);
  const timestep_scale = config.timestep ?? own.timestep_scale;
  const schedule = { ...own, timestep_scale, timestep: (t: number) => t * timestep_scale };
  const { target } = config;
  const timesteps = (t: Tensor) => affine(t, timestep_scale);
  const partsOf = (batch: DiffusedBatch) => ({ ...batch, ...schedule.factors(batch.t) });
  const mixed = ({ x0, noise, alpha, sigma }: DiffusedParts) =>
    add(mul(alpha, x0), mul(sigma, noise));
  return {
    name: [
      own.name,
      ...timestep_scale === own.timestep_scale ? [] : [`timestep ${timestep_scale} t`],
      ...target === "noise" ? [] : [`predicts ${target}`],
    ].join(", "),
    schedule,
    target,
    diffuse: (batch) => mixed(partsOf(batch)),
    timesteps,
    loss(predict, batch) {
      const parts = partsOf(batch);
      const prediction = predict(mixed(parts), timesteps(batch.t));
      return mean(square(sub(TARGETS[target].of(parts), prediction)));
    },
  };
}
