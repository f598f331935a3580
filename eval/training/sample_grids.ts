import type { Capabilities, Device, StateLayout } from "../../engine/mod.ts";
import { type EncodedTexts, textConditions } from "../execution/encoded_texts.ts";
import type { BatchStart } from "../execution/device_machine.ts";
import type { DeviceMachineOptions } from "../execution/machine_options.ts";
import { type ImageGrid, imageGrid } from "../image_sets/image_grid.ts";
import { processOf } from "../../train/diffusion/process.ts";
import { Sampler } from "../sampler.ts";
import { fittingSampler } from "../execution/sampler_memory.ts";
import { usualSampler } from "../sampler_settings.ts";
import { chooseMethod } from "../samplers/choose_method.ts";
import type { DecodedImages, LatentDecoding } from "../latents/latent_decoding.ts";
import { toBytes } from "../image_sets/to_bytes.ts";
import { trainedNetwork } from "../trained_network.ts";
import { checkpointFolder } from "../../train/checkpoints/checkpoint.ts";
import { consecutive, type ImageSource } from "../../train/data/image_source.ts";
import { conditioningOf } from "../../nets/conditioning.ts";
import { byteTexts } from "../text/byte_texts.ts";
import type { RunConfig } from "../../train/config/autoencoder_run_config.ts";
import type { Config } from "../../train/config/config.ts";
import { encodePng } from "../../train/formats/image.ts";
import type { TrainStep } from "../../train/train_step.ts";
import { exists, replaceFile } from "../../train/files/durable.ts";
import { promptsFile, sampleFile } from "../../train/files/sample_files.ts";

/**
 * The sampler of a run's grids, of a whole one at once where the adapter holds it; `n_samples` must
 * not be 0.
 */
export function gridSampler(
  capabilities: Capabilities,
  config: Pick<Config, "nnet" | "process" | "sample">,
  weights: StateLayout,
): DeviceMachineOptions {
  const { nnet, sample, sample: { n_samples, scale, clip_denoised } } = config;
  const { schedule } = processOf(config.process);
  return fittingSampler(capabilities, {
    shape: [n_samples, nnet.in_chans, nnet.img_size, nnet.img_size],
    network: trainedNetwork(weights, config),
    schedule,
    method: chooseMethod(schedule, usualSampler(sample)),
    guidance: { scale, interval: [0, 1] },
    limit: clip_denoised ? "clip" : "none",
  });
}

/** Texts that grids are drawn from. */
export interface GridTexts extends EncodedTexts {
  /** The same as they are written, where that is known. */
  readonly prompts?: readonly string[];
}

/**
 * The texts that the grids of a network of texts are drawn from: those that the data name for it, else
 * captions of the first images; null for other networks.
 */
export async function gridTexts(
  data: Pick<ImageSource, "captions" | "length">,
  { nnet, sample: { n_samples } }: Pick<Config, "nnet" | "sample">,
): Promise<GridTexts | null> {
  const conditioning = conditioningOf(nnet);
  if (!data.captions || n_samples === 0) return null;
  const images = consecutive(0, Math.min(n_samples, data.length));
  const draws = new Uint32Array(images.length);
  if (conditioning.kind === "text" && data.captions.kind === "texts") {
    const all = data.captions.prompts ?? await data.captions.read(images, draws);
    const prompts = all.slice(0, n_samples);
    return { ...byteTexts(prompts, conditioning), prompts };
  }
  if (conditioning.kind === "tokens" && data.captions.kind === "contexts") {
    const prompts = await data.captions.prompts?.(n_samples);
    const context = prompts?.context ?? await data.captions.read(images, draws);
    return {
      context: Float32Array.from(context),
      empty: Float32Array.from(await data.captions.empty()),
    };
  }
  return null;
}

/** Whether a run has saved the checkpoint of a step that a grid is due at, and not drawn the grid. */
export async function lacksGrid(
  { workdir, train: { n_steps, eval_interval }, sample: { n_samples } }: RunConfig,
  step: number,
): Promise<boolean> {
  const isDue = n_samples > 0 && step > 0 && (step % eval_interval === 0 || step === n_steps);
  return isDue && await exists(checkpointFolder(workdir, step)) &&
    !await exists(sampleFile(workdir, step));
}

/**
 * Grids of images from the averaged weights, `samples/<step>.png`; what was asked for is beside them, in
 * `prompts.txt`, a line for each image, row by row. The sampler is compiled with the
 * first and stays until the end.
 */
export class SampleGrids implements Disposable {
  #options: DeviceMachineOptions | null = null;
  #sampler: Sampler | null = null;

  /**
   * Draws nothing yet.
   *
   * @param classes of the data, that images are drawn of in turn
   * @param texts that images of a network of texts are drawn from in turn
   * @param decoding of what a network of latents draws
   */
  constructor(
    readonly device: Device,
    readonly config: Config,
    readonly classes: number,
    readonly texts: GridTexts | null = null,
    readonly decoding: LatentDecoding | null = null,
  ) {}

  /** Draws the grid of a run that has done `step` steps; none where `n_samples` is 0. */
  async draw(trainStep: TrainStep, step: number): Promise<void> {
    if (this.config.sample.n_samples === 0) return;
    const { pixels, width, height, channels } = await this.grid(trainStep);
    const { workdir, sample: { n_samples } } = this.config;
    const prompts = this.texts?.prompts;
    if (prompts) await replaceFile(promptsFile(workdir), linesOf(prompts, n_samples));
    await replaceFile(sampleFile(workdir, step), encodePng(pixels, width, height, channels));
  }

  /** Draws the grid of the weights as they are now; `n_samples` must not be 0. */
  async grid({ state }: Pick<TrainStep, "state">): Promise<ImageGrid> {
    const { sample: { n_samples: n }, seed } = this.config;
    this.#options ??= gridSampler(this.device.capabilities, this.config, state.nnet_ema);
    this.#sampler ??= new Sampler(this.device, this.#options);
    const [batch, ...image] = this.#options.shape;
    const size = image.reduce((a, b) => a * b);
    const x = new Float32Array(n * size);
    for (let first = 0; first < n; first += batch) {
      const part = await this.#sampler.sample({ seed, first, ...this.#conditions(first, batch) });
      x.set(part.subarray(0, (n - first) * size), first * size);
    }
    const { values, channels, image_size } = await this.#decoded(x);
    return imageGrid(toBytes(values), { channels, image_size, columns: Math.min(8, n) });
  }

  /** What was drawn as images: of latents, what they decode to. */
  async #decoded(x: Float32Array): Promise<DecodedImages> {
    const { nnet: { in_chans, img_size }, autoencoder: { scale_factor } } = this.config;
    if (!this.decoding) return { values: x, channels: in_chans, image_size: img_size };
    return await this.decoding.decode(this.device, x, { size: img_size, scale_factor });
  }

  #conditions(first: number, n: number): Partial<BatchStart> {
    if (this.texts) return textConditions(this.texts, first, n);
    return { labels: Int32Array.from({ length: n }, (_, i) => (first + i) % this.classes) };
  }

  /** Frees the sampler. */
  [Symbol.dispose](): void {
    this.#sampler?.[Symbol.dispose]();
  }
}

/** A line for each of `n` images that are drawn from texts in turn. */
function linesOf(texts: readonly string[], n: number): Uint8Array<ArrayBuffer> {
  const lines = Array.from(
    { length: n },
    (_, i) => texts[i % texts.length].replaceAll(/\s+/g, " "),
  );
  return new TextEncoder().encode(`${lines.join("\n")}\n`);
}
