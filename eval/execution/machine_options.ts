import type { Shape } from "../../engine/mod.ts";
import type { NoiseSchedule } from "../../train/diffusion/noise_schedule.ts";
import type { Clipping } from "../clipping.ts";
import type { SamplerMethod } from "../samplers/program.ts";
import type { Network } from "../trained_network.ts";

/**
 * Classifier-free guidance: how strong, and when.
 * @category Samplers
 */
export interface Guidance {
  /** s of `cond + s (cond - uncond)`; 0 is no guidance, and half the work. */
  readonly scale: number;
  /** Guidance applies at times from the first to the second. */
  readonly interval: readonly [number, number];
}

/**
 * What a device machine draws, with which network, and how.
 * @category Samplers
 */
export interface DeviceMachineOptions {
  /** Shape of the batch, `[n, C, H, W]`. */
  readonly shape: Shape;
  /** The network, with its weights. */
  readonly network: Network;
  /** The schedule that the network was trained on. */
  readonly schedule: NoiseSchedule;
  /** The sampler. */
  readonly method: SamplerMethod;
  /** Classifier-free guidance; without effect on an unconditional network. */
  readonly guidance: Guidance;
  /** What is done to each predicted image. */
  readonly limit: Clipping;
}
