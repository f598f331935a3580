import {
  affine,
  input,
  randomNormal,
  randomUniform,
  type Shape,
  type Tensor,
  unpackBytes,
} from "../../engine/mod.ts";
import { type Conditioning, conditionInput } from "../../nets/conditioning.ts";
import { sampleLatents } from "../../nets/latent_moments.ts";
import type { DiffusedBatch, Process } from "./process.ts";

/**
 * Builds the part of the graph that makes a batch; its inputs are given to each step.
 * @category Training
 */
export type BatchSource = (
  shape: Shape,
  conditioning: Conditioning,
  process: Process,
) => DiffusedBatch;

/** Philox streams of training. */
const TIME = 1;
const NOISE = 2;
const LATENT = 3;

/**
 * A batch from bytes: inputs `images` (u32 words of four bytes each, `[n, C, H, W]`), the
 * condition (`labels`) of a conditional network, and `key`, from which times, noise and dropout are
 * drawn on the device.
 * @category Training
 */
export function drawnBatch(
  shape: Shape,
  conditioning: Conditioning,
  process: Process,
): DiffusedBatch {
  const words = Math.ceil(shape.reduce((n, d) => n * d, 1) / 4);
  const x0 = affine(unpackBytes(input("images", [words], "u32"), shape), 2 / 255, -1);
  return { x0, ...diffusion(shape, conditioning, process) };
}

/**
 * A batch of latents, from moments: inputs `moments` (`[n, 2 C, H, W]`), the condition and `key` as in
 * {@linkcode drawnBatch}. Latents are drawn anew at each visit, on the device.
 * @category Training
 */
export function drawnLatents({ scale_factor }: { readonly scale_factor: number }): BatchSource {
  return (shape, conditioning, process) => {
    const [n, channels, ...size] = shape;
    const rest = diffusion(shape, conditioning, process);
    const moments = input("moments", [n, 2 * channels, ...size]);
    const noise = randomNormal(rest.key, shape, LATENT);
    return { x0: sampleLatents(moments, noise, { scale_factor }), ...rest };
  };
}

/** What a batch is diffused with, whatever it is a batch of. */
function diffusion(
  shape: Shape,
  conditioning: Conditioning,
  { schedule }: Process,
): Omit<DiffusedBatch, "x0"> & { readonly key: Tensor } {
  const key = input("key", [4], "u32");
  return {
    t: schedule.times(randomUniform(key, [shape[0]], TIME)),
    noise: randomNormal(key, shape, NOISE),
    condition: conditionInput(conditioning, shape[0]),
    key,
  };
}
