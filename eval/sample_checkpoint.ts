import { counted } from "../engine/counted.ts";
import { type Device, State } from "../engine/mod.ts";
import { conditioningOf } from "../nets/conditioning.ts";
import type { Checkpoint } from "../train/checkpoints/checkpoint.ts";
import type { Config } from "../train/config/config.ts";
import { isLatent } from "../train/config/latent_rules.ts";
import { UsageError } from "../train/config/usage_error.ts";
import type { NoiseSchedule } from "../train/diffusion/noise_schedule.ts";
import { processOf } from "../train/diffusion/process.ts";
import { type Clipping, CLIPPINGS } from "./clipping.ts";
import { type EncodedTexts, textConditions, textsProblem } from "./execution/encoded_texts.ts";
import { fittingSampler } from "./execution/sampler_memory.ts";
import { Samples } from "./image_sets/samples.ts";
import { toBytes } from "./image_sets/to_bytes.ts";
import type { LatentDecoding } from "./latents/latent_decoding.ts";
import { networkClasses } from "./network_classes.ts";
import { mustBeFinite } from "./not_finite_error.ts";
import { type LabelChoice, sampledConditions, sampledLabel } from "./sampled_labels.ts";
import { Sampler } from "./sampler.ts";
import { samplerSettings, usualSampler } from "./sampler_settings.ts";
import { chooseMethod } from "./samplers/choose_method.ts";
import type { SamplerMethod } from "./samplers/program.ts";
import type { SamplerSettings } from "./samplers/sampler_entry.ts";
import { trainedNetwork } from "./trained_network.ts";

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

/**
 * Draws images as {@linkcode sampleCheckpoint} does, by a method that is in no table.
 *
 * @throws {UsageError} with a line for each option that the network cannot take
 * @throws {NotFiniteError} where an image has values that are not finite
 */
export async function sampleByMethod(
  device: Device,
  checkpoint: SampledCheckpoint,
  methodOf: (schedule: NoiseSchedule) => SamplerMethod,
  options: DrawOptions,
): Promise<Samples> {
  const { config } = checkpoint;
  const { nnet, sample: usual } = config;
  const { n = 16, seed = 0, batch_size = 64, interval = [0, 1] as const, onProgress } = options;
  const classes = networkClasses(config);
  const {
    labels: chosen,
    texts,
    decoding,
    scale,
    limit = usual.clip_denoised && !isLatent(config) ? "clip" : "none",
  } = options;
  mustFit(config, { ...options, n, batch_size, limit });
  const { schedule } = processOf(config.process);
  const method = methodOf(schedule);
  using drawing = new DisposableStack();
  const state = drawing.use(await weightsOf(device, checkpoint));
  const machine = fittingSampler(device.capabilities, {
    shape: [Math.min(n, batch_size), nnet.in_chans, nnet.img_size, nnet.img_size],
    network: trainedNetwork(state, config),
    schedule,
    method,
    guidance: { scale: scale ?? usual.scale, interval },
    limit,
  });
  const sampler = drawing.use(new Sampler(device, machine));
  const [batch, ...shape] = machine.shape;
  const size = shape.reduce((a, b) => a * b);
  const choice: LabelChoice | null = classes === 0
    ? null
    : { kind: "list", labels: chosen ?? [...Array(classes).keys()] };
  const conditionsOf = (first: number, n: number) =>
    texts ? textConditions(texts, first, n) : sampledConditions(choice, first, n);
  const latents = decoding && new Float32Array(n * size);
  const images = new Uint8Array(latents ? 0 : n * size);
  for (let first = 0; first < n; first += batch) {
    const now = Math.min(batch, n - first);
    const start = { seed, first, ...conditionsOf(first, batch) };
    const x = await sampler.sample(start, (part) => onProgress?.(first + part * now, n));
    for (let i = 0; i < now; i++) mustBeFinite(x.subarray(i * size, (i + 1) * size), first + i);
    const values = x.subarray(0, now * size);
    if (latents) latents.set(values, first * size);
    else images.set(toBytes(values), first * size);
  }
  drawing.dispose();
  const labels = choice && Int32Array.from({ length: n }, (_, i) => sampledLabel(choice, i));
  if (latents) {
    const { img_size: size } = nnet;
    const { scale_factor } = config.autoencoder;
    const { values, ...image } = await decoding.decode(device, latents, { size, scale_factor });
    return new Samples({ images: toBytes(values), labels, n, ...image });
  }
  const [channels, image_size] = shape;
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

async function weightsOf(device: Device, checkpoint: SampledCheckpoint): Promise<State> {
  if ("load" in checkpoint) return await checkpoint.load(device);
  const { nnet_ema } = checkpoint;
  const shapes = Object.entries(nnet_ema).map(([name, { shape }]) => [name, shape]);
  const state = new State(device, Object.fromEntries(shapes), "weights");
  for (const [name, { data }] of Object.entries(nnet_ema)) state.write(name, data);
  return state;
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
