import { counted } from "../engine/counted.ts";
import type { Device, State } from "../engine/mod.ts";
import { conditioningOf } from "../nets/conditioning.ts";
import type { Checkpoint } from "../train/checkpoints/checkpoint.ts";
import type { Config } from "../train/config/config.ts";
import { isLatent } from "../train/config/latent_rules.ts";
import { UsageError } from "../train/config/usage_error.ts";
import type { NoiseSchedule } from "../train/diffusion/noise_schedule.ts";
import { type Clipping, CLIPPINGS } from "./clipping.ts";
import { type EncodedTexts, textConditions, textsProblem } from "./execution/encoded_texts.ts";
import { drawImages, stateOf } from "./image_sets/draw_images.ts";
import { Samples } from "./image_sets/samples.ts";
import { toBytes } from "./image_sets/to_bytes.ts";
import type { LatentDecoding } from "./latents/latent_decoding.ts";
import { networkClasses } from "./network_classes.ts";
import { type LabelChoice, sampledConditions, sampledLabel } from "./sampled_labels.ts";
import { samplerSettings, usualSampler } from "./sampler_settings.ts";
import { chooseMethod } from "./samplers/choose_method.ts";
import type { SamplerMethod } from "./samplers/program.ts";
import type { SamplerSettings } from "./samplers/sampler_entry.ts";

/**
 * Trained weights and the configuration of their network: in memory, or to be loaded.
 * @category Samplers
 */
export type SampledCheckpoint =
  | Pick<Checkpoint, "config" | "nnet_ema">
  | { readonly config: Config; load(device: Device): Promise<State> };

/**
 * What is drawn, by any method; what is left out is as the run's grids are.
 * @category Samplers
 */
export interface DrawOptions {
  /** How many images; default 16. */
  readonly n?: number;
  /** Classes, in turn; default all of them. */
  readonly labels?: readonly number[];
  /** Texts, in turn, for a network of texts. */
  readonly texts?: EncodedTexts;
  /**
   * Makes images of what a network of latents draws, with the scale factor that it was trained with. It is
   * on the device when all are drawn, in place of the network.
   */
  readonly decoding?: LatentDecoding;
  /** Seed of the noise; image i of a seed is the same whatever `n` is. Default 0. */
  readonly seed?: number;
  /** Strength s of guidance, `cond + s (cond - uncond)`. */
  readonly scale?: number;
  /** The times between which guidance is applied; default `[0, 1]`. */
  readonly interval?: readonly [number, number];
  /** What is done to each predicted image. */
  readonly limit?: Clipping;
  /** Images drawn at once, at most: memory and speed only. Default 64. */
  readonly batch_size?: number;
  /** Called with how many images are drawn, fractions included. */
  readonly onProgress?: (done: number, n: number) => void;
}

/**
 * What {@linkcode sampleCheckpoint} draws, and how; what is left out is as the run's grids are.
 * @category Samplers
 */
export interface SampleOptions extends DrawOptions, Partial<SamplerSettings> {}

/**
 * Draws images with the averaged weights of a checkpoint: one in memory, as `trainLoop` hands it to
 * its hook, or one that `openCheckpoint` found.
 *
 * @example
 * ```ts no-eval
 * import { Device, encodePng, openCheckpoint, sampleCheckpoint } from "@scalelong/scalelong";
 *
 * using device = await Device.open();
 * const checkpoint = await openCheckpoint("runs/quickstart_scalelong3");
 * const samples = await sampleCheckpoint(device, checkpoint, { sampler: "dpm_solver", steps: 20 });
 * const { pixels, width, height, channels } = samples.grid();
 * await Deno.writeFile("samples.png", encodePng(pixels, width, height, channels));
 * ```
 *
 * @throws {UsageError} with a line for each option that the network or the sampler cannot take
 * @throws {NotFiniteError} where an image has values that are not finite
 * @category Samplers
 */
export async function sampleCheckpoint(
  device: Device,
  checkpoint: SampledCheckpoint,
  options: SampleOptions = {},
): Promise<Samples> {
  const usual = usualSampler(checkpoint.config.sample);
  const { sampler = usual.sampler, steps = usual.steps } = options;
  const settings = {
    // How the run's sampler works says nothing of another.
    ...sampler === usual.sampler ? { ...usual, steps } : samplerSettings(sampler, steps),
    ...given(options, ["variant", "order", "grid", "eta", "t_end"]),
  };
  const methodOf = (schedule: NoiseSchedule) => chooseMethod(schedule, settings);
  return await sampleByMethod(device, checkpoint, methodOf, options);
}

/** Draws images by a method, whose options are checked. */
async function sampleByMethod(
  device: Device,
  checkpoint: SampledCheckpoint,
  methodOf: (schedule: NoiseSchedule) => SamplerMethod,
  options: DrawOptions,
): Promise<Samples> {
  const { config } = checkpoint;
  const { nnet: { in_chans: channels, img_size: image_size }, sample: usual } = config;
  const classes = networkClasses(config);
  const {
    n = 16,
    seed = 0,
    batch_size = 64,
    interval = [0, 1] as const,
    labels: chosen,
    texts,
    decoding,
    scale = usual.scale,
    limit = usual.clip_denoised && !isLatent(config) ? "clip" : "none",
    onProgress,
  } = options;
  mustFit(config, { ...options, n, batch_size, limit });
  const size = channels * image_size ** 2;
  const choice: LabelChoice | null = classes === 0
    ? null
    : { kind: "list", labels: chosen ?? [...Array(classes).keys()] };
  const latents = decoding && new Float32Array(n * size);
  const images = new Uint8Array(latents ? 0 : n * size);
  const open = () =>
    "load" in checkpoint ? checkpoint.load(device) : stateOf(device, checkpoint.nnet_ema);
  await drawImages(device, config, open, {
    ...{ n, seed, batch_size, scale, interval, limit, methodOf, onProgress },
    conditionsOf: (first, n) =>
      texts ? textConditions(texts, first, n) : sampledConditions(choice, first, n),
    take(values, first) {
      if (latents) latents.set(values, first * size);
      else images.set(toBytes(values), first * size);
    },
  });
  const labels = choice && Int32Array.from({ length: n }, (_, i) => sampledLabel(choice, i));
  if (latents) {
    const { scale_factor } = config.autoencoder;
    const sizes = { size: image_size, scale_factor };
    const { values, ...image } = await decoding.decode(device, latents, sizes);
    return new Samples({ images: toBytes(values), labels, n, ...image });
  }
  return new Samples({ images, labels, n, channels, image_size });
}

/** The chosen ones of some options that are there. */
function given<K extends keyof SampleOptions>(
  options: SampleOptions,
  names: readonly K[],
): Pick<SampleOptions, K> {
  return Object.fromEntries(
    names.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  ) as Pick<SampleOptions, K>;
}

/** @throws {UsageError} with a line for each option that the network cannot take */
function mustFit(
  config: Config,
  { n, batch_size, labels, texts, decoding, scale, limit }: DrawOptions & { limit: Clipping },
): void {
  const classes = networkClasses(config);
  const problems: string[] = [];
  for (const [name, value] of Object.entries({ n, batch_size })) {
    if (!Number.isInteger(value) || value! < 1) {
      problems.push(`${name}: expected a whole number of at least 1, got ${value}`);
    }
  }
  if (!CLIPPINGS.includes(limit)) {
    problems.push(`limit: expected one of ${CLIPPINGS.join(", ")}, got ${limit}`);
  }
  if (isLatent(config) && CLIPPINGS.includes(limit) && limit !== "none") {
    problems.push(`limit: latents have no range of pixels to ${limit}; leave it out`);
  }
  if (classes === 0 && labels) {
    problems.push("labels: this network was trained without labels; leave them out");
  }
  const conditioning = conditioningOf(config.nnet);
  const problem = textsProblem(conditioning, texts ?? null);
  if (problem) problems.push(`texts: ${problem}`);
  if (isLatent(config) && !decoding) {
    problems.push("decoding: this network draws latents; give latentDecoding(autoencoder)");
  }
  if (!isLatent(config) && decoding) {
    problems.push("decoding: this network draws images; leave it out");
  }
  const { in_chans } = config.nnet;
  if (decoding && decoding.latent_channels !== in_chans) {
    problems.push(
      `decoding: the autoencoder's latents have ${
        counted(decoding.latent_channels, "channel")
      }, the network's ` +
        `${in_chans}; take the autoencoder that it was trained with`,
    );
  }
  if (labels?.length === 0) problems.push("labels: name one at least, or leave them out");
  const wrong = labels?.find((label) => !Number.isInteger(label) || label < 0 || label >= classes);
  if (classes > 0 && wrong !== undefined) {
    problems.push(`labels: there is no class ${wrong}; this network knows 0 to ${classes - 1}`);
  }
  if (scale && (conditioning.kind === "none" || config.train.p_uncond === 0)) {
    problems.push(
      "scale: guidance needs a network that has learned with labels or texts and, for a part, without " +
        "(train.p_uncond above 0); this one has not",
    );
  }
  if (problems.length > 0) throw new UsageError(problems);
}
