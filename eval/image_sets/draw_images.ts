import { type Device, State } from "../../engine/mod.ts";
import type { Values } from "../../train/checkpoints/checkpoint.ts";
import type { Config } from "../../train/config/config.ts";
import type { NoiseSchedule } from "../../train/diffusion/noise_schedule.ts";
import { processOf } from "../../train/diffusion/process.ts";
import type { Clipping } from "../clipping.ts";
import type { BatchStart } from "../execution/device_machine.ts";
import { fittingSampler } from "../execution/sampler_memory.ts";
import { mustBeFinite } from "../not_finite_error.ts";
import { Sampler } from "../sampler.ts";
import type { SamplerMethod } from "../samplers/program.ts";
import { trainedNetwork } from "../trained_network.ts";

/** What is drawn, and how: options that are known to fit the network. */
export interface Drawing {
  readonly n: number;
  readonly seed: number;
  /** Images drawn at once, at most. */
  readonly batch_size: number;
  /** Strength of guidance. */
  readonly scale: number;
  /** The times between which guidance is applied. */
  readonly interval: readonly [number, number];
  readonly limit: Clipping;
  methodOf(schedule: NoiseSchedule): SamplerMethod;
  /** The conditions of images `first` to `first + n - 1`. */
  conditionsOf(first: number, n: number): Omit<BatchStart, "seed" | "first">;
  /** Takes some images, the first of them image `first`: `[n, C, H, W]`, about in [-1, 1]. */
  take(values: Float32Array, first: number): void;
  onProgress?(done: number, n: number): void;
}

/**
 * Draws images, batch by batch.
 *
 * @param open gives the weights, which are freed at the end
 * @throws {NotFiniteError} where an image has values that are not finite
 */
export async function drawImages(
  device: Device,
  config: Config,
  open: () => State | Promise<State>,
  drawing: Drawing,
): Promise<void> {
  const { nnet: { in_chans, img_size } } = config;
  const { n, seed, batch_size, scale, interval, limit, onProgress } = drawing;
  const { schedule } = processOf(config.process);
  const method = drawing.methodOf(schedule);
  using weights = await open();
  const machine = fittingSampler(device.capabilities, {
    shape: [Math.min(n, batch_size), in_chans, img_size, img_size],
    network: trainedNetwork(weights, config),
    schedule,
    method,
    guidance: { scale, interval },
    limit,
  });
  using sampler = new Sampler(device, machine);
  const [batch, ...shape] = machine.shape;
  const size = shape.reduce((a, b) => a * b);
  for (let first = 0; first < n; first += batch) {
    const now = Math.min(batch, n - first);
    const start = { seed, first, ...drawing.conditionsOf(first, batch) };
    const x = await sampler.sample(start, (part) => onProgress?.(first + part * now, n));
    for (let i = 0; i < now; i++) mustBeFinite(x.subarray(i * size, (i + 1) * size), first + i);
    drawing.take(x.subarray(0, now * size), first);
  }
}

/** Weights in memory, on a device. */
export function stateOf(device: Device, values: Values): State {
  const shapes = Object.entries(values).map(([name, { shape }]) => [name, shape]);
  const state = new State(device, Object.fromEntries(shapes), "weights");
  for (const [name, { data }] of Object.entries(values)) state.write(name, data);
  return state;
}
