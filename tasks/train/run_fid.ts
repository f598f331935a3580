import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Capabilities, Device, StateLayout } from "../../engine/mod.ts";
import type { DeviceMachineOptions } from "../../eval/execution/device_machine.ts";
import type { FeatureStatistics } from "../../eval/metrics/inception/feature_statistics.ts";
import { frechetDistance } from "../../eval/metrics/frechet_distance.ts";
import {
  findInceptionWeights,
  type InceptionWeights,
} from "../../eval/metrics/inception/inception_weights.ts";
import { measureImages } from "../../eval/metrics/measure_images.ts";
import { processOf } from "../../train/diffusion/process.ts";
import { NotFiniteError } from "../../eval/not_finite_error.ts";
import { datasetImages } from "../../eval/image_sets/dataset_images.ts";
import { sampledImages } from "../../eval/image_sets/sampled_images.ts";
import { fittingSampler } from "../../eval/execution/sampler_memory.ts";
import { samplerSettings } from "../../eval/sampler_settings.ts";
import { chooseMethod } from "../../eval/samplers/choose_method.ts";
import { readReferenceFile, saveStatistics } from "../../eval/metrics/statistics_file.ts";
import { trainedNetwork } from "../../eval/trained_network.ts";
import {
  type BestRecord,
  type FidScore,
  readBest,
  withScore,
  writeBest,
} from "../../train/checkpoints/best_checkpoint.ts";
import { checkpointFolder } from "../../train/checkpoints/checkpoint.ts";
import type { Config } from "../../train/config/config.ts";
import type { DatasetProgress } from "../../train/data/dataset.ts";
import type { ImageSource } from "../../train/data/image_source.ts";
import { exists } from "../../train/formats/durable.ts";
import { findWeights } from "../../train/checkpoints/find_weights.ts";
import { NpzError } from "../../train/formats/npz.ts";
import { loadWeights } from "../../train/checkpoints/load_weights.ts";
import type { LogEntry } from "../../train/log.ts";
import { inceptionExtract } from "../../eval/metrics/inception/inception_extract.ts";
import type { ProgressHooks } from "../cli/progress_hooks.ts";

/** How a run's FID tells what it does. */
export interface RunFidTools {
  readonly wait: ProgressHooks;
  readonly note: (message: string) => void;
  readonly onDownload: (progress: DatasetProgress) => void;
}

/** Where scores go, and what ends the work early. */
export interface ScoreTools {
  readonly log: (entry: LogEntry) => void;
  readonly signal?: AbortSignal;
}

/** How many images are drawn for an FID, and in how many steps. */
export interface Drawing {
  readonly n: number;
  readonly steps: number;
}

/** The images that each checkpoint's FID is of. */
export function usualDrawing({ eval: { fid: { n_samples, sample_steps } } }: Config): Drawing {
  return { n: n_samples, steps: sample_steps };
}

/** The images of the best checkpoint's FID at the end; null where it is not wanted. */
export function finalDrawing(config: Config): Drawing | null {
  const { final_n_samples, final_sample_steps } = config.eval.fid;
  if (final_n_samples === null && final_sample_steps === null) return null;
  const usual = usualDrawing(config);
  return { n: final_n_samples ?? usual.n, steps: final_sample_steps ?? usual.steps };
}

/** The sampler of a run's FIDs, of as many images at once as the adapter holds. */
export function fidSampler(
  capabilities: Capabilities,
  config: Config,
  weights: StateLayout,
  { n, steps }: Drawing,
): DeviceMachineOptions {
  const { nnet, sample, eval: { fid } } = config;
  const { schedule } = processOf(config.process);
  return fittingSampler(capabilities, {
    shape: [Math.min(n, fid.mini_batch_size), nnet.in_chans, nnet.img_size, nnet.img_size],
    network: trainedNetwork(weights, config),
    schedule,
    method: chooseMethod(schedule, samplerSettings(fid.algorithm, steps)),
    guidance: { scale: nnet.num_classes > 0 ? sample.scale : 0, interval: [0, 1] },
    limit: sample.clip_denoised ? "clip" : "none",
  });
}

/**
 * FIDs of a run's checkpoints: images from the averaged weights against the training data. The
 * lowest marks the best checkpoint, `checkpoints/best.json`. Everything is found again by a resumed
 * run; what was cut short is done again.
 */
export class RunFid {
  readonly #kind: string;
  #record: BestRecord | null = null;

  private constructor(
    readonly device: Device,
    readonly config: Config,
    readonly dataset: ImageSource,
    readonly inception: InceptionWeights,
    readonly reference: FeatureStatistics,
    readonly tools: RunFidTools,
  ) {
    this.#kind = this.#kindOf(this.#usual);
  }

  /**
   * Finds Inception's weights and the statistics of the data, which are kept in the workdir.
   *
   * @throws {InceptionWeightsError} where there are none
   * @throws {NpzError} where a file of statistics was named that is none
   * @throws {UsageError} where the sampler cannot take so many steps
   */
  static async open(
    device: Device,
    config: Config,
    dataset: ImageSource,
    tools: RunFidTools,
  ): Promise<RunFid> {
    const { stats, inception: path, algorithm, ...fid } = config.eval.fid;
    const { schedule } = processOf(config.process);
    for (const steps of [fid.sample_steps, fid.final_sample_steps ?? fid.sample_steps]) {
      chooseMethod(schedule, samplerSettings(algorithm, steps));
    }
    const inception = await findInceptionWeights({ path, onProgress: tools.onDownload });
    const reference = stats === null
      ? await statisticsOfData(device, config, dataset, inception, tools)
      : await statisticsIn(stats);
    return new RunFid(device, config, dataset, inception, reference, tools);
  }

  /** The best checkpoint so far, which must be kept. */
  get best(): FidScore | null {
    return this.#record?.best ?? null;
  }

  /** Takes up the scores of a run that has done `step` steps, and does that of its last checkpoint. */
  async takeUp(step: number, tools: ScoreTools): Promise<void> {
    const { workdir, train } = this.config;
    this.#record = await readBest(workdir, { step, kind: this.#kind });
    const due = step > 0 && (step % train.save_interval === 0 || step === train.n_steps);
    const known = this.#record?.scores.some((score) => score.step === step);
    if (due && !known && await exists(checkpointFolder(workdir, step))) {
      await this.score(step, tools);
    }
  }

  /** Scores the checkpoint of `step`; not where the signal is aborted. */
  async score(step: number, { log, signal }: ScoreTools): Promise<void> {
    const fid = await this.#fidOf(step, this.#usual, signal);
    if (fid === null) return;
    this.#record = withScore(this.#record, { step, fid }, this.#kind);
    await writeBest(this.config.workdir, this.#record);
    log({ step, fid, fid_n_samples: this.#usual.n });
    const { best } = this.#record;
    this.tools.note(
      `FID at step ${step}: ${fid.toFixed(4)} (${this.#kind})` +
        (best.step === step
          ? ", the best so far"
          : `; best: ${best.fid.toFixed(4)} at ${best.step}`),
    );
  }

  /** At the end of a run: the FID of its best checkpoint as `final_n_samples` and so on ask for. */
  async finish(done: number, { log, signal }: ScoreTools): Promise<void> {
    const record = this.#record;
    const drawing = finalDrawing(this.config);
    if (!record || !drawing) return;
    const kind = this.#kindOf(drawing);
    if (record.final?.kind === kind) return;
    const { step } = record.best;
    const fid = await this.#fidOf(step, drawing, signal);
    if (fid === null) return;
    this.#record = { ...record, final: { step, fid, kind } };
    await writeBest(this.config.workdir, this.#record);
    log({ step: done, best_step: step, final_fid: fid, fid_n_samples: drawing.n });
    this.tools.note(
      `final FID, of the best checkpoint (step ${step}): ${fid.toFixed(4)} (${kind})`,
    );
  }

  get #usual(): Drawing {
    return usualDrawing(this.config);
  }

  /** What a score depends on besides the weights. */
  #kindOf({ n, steps }: Drawing): string {
    const { sample, nnet, seed, eval: { fid: { algorithm } } } = this.config;
    const { mu, sigma } = this.reference;
    return [
      `${n} images`,
      `${algorithm}, ${steps} steps`,
      ...nnet.num_classes > 0 ? [`guidance ${sample.scale}`] : [],
      ...sample.clip_denoised ? ["clipped"] : [],
      `seed ${seed}`,
      `Inception ${this.inception.sha256.slice(0, 8)}`,
      `data ${sha256(mu, sigma).slice(0, 8)}`,
    ].join(", ");
  }

  /** Null where it was cut short, or the images are no numbers. */
  async #fidOf(step: number, drawing: Drawing, signal?: AbortSignal): Promise<number | null> {
    try {
      return await this.#draw(step, drawing, signal);
    } catch (error) {
      if (signal?.aborted) return null;
      if (!(error instanceof NotFiniteError)) throw error;
      this.tools.note(`no FID at step ${step}: ${error.message}`);
      return null;
    }
  }

  async #draw(step: number, drawing: Drawing, signal?: AbortSignal): Promise<number> {
    const { device, dataset, config: { nnet, seed, workdir } } = this;
    const { n } = drawing;
    const folder = checkpointFolder(workdir, step);
    const weights = await findWeights(folder, { kind: "ema", onSkip: this.tools.note });
    using state = await loadWeights(device, weights);
    using stack = new DisposableStack();
    const extract = inceptionExtract(device, this.inception, {
      logits: false,
      cache: null,
      most: n,
      stack,
    });
    const show = this.tools.wait(`FID at step ${step}`, "images");
    let drawn = 0;
    let measured = 0;
    const tell = () => {
      signal?.throwIfAborted();
      // Drawing and measuring are half the way each.
      show((drawn + measured) / 2, n);
    };
    const images = sampledImages(device, folder, {
      sampler: fidSampler(device.capabilities, this.config, state, drawing),
      n,
      seed,
      labels: nnet.num_classes > 0 ? { kind: "drawn", counts: dataset.class_counts, seed } : null,
      onProgress: (done) => {
        drawn = done;
        tell();
      },
    });
    const { statistics } = await measureImages(device, images, { statistics: true }, {
      extract,
      onProgress: (done) => {
        measured = done;
        tell();
      },
    });
    return frechetDistance(statistics!, this.reference);
  }
}

async function statisticsIn(file: string): Promise<FeatureStatistics> {
  const { statistics } = await readReferenceFile(file);
  if (statistics) return statistics;
  throw new NpzError(
    `${file}: has images and no statistics; deno task fid --save_stats makes them`,
  );
}

/** Statistics of the training data, kept in a file that is named for what they depend on. */
async function statisticsOfData(
  device: Device,
  { workdir }: Config,
  dataset: ImageSource,
  inception: InceptionWeights,
  { wait }: RunFidTools,
): Promise<FeatureStatistics> {
  const data = datasetImages(dataset);
  const hash = createHash("sha256");
  for await (const { images } of data.batches()) hash.update(images);
  const key = hash.update(inception.sha256).digest("hex").slice(0, 16);
  const file = join(workdir, `fid_stats_${key}.npz`);
  if (await exists(file)) return await statisticsIn(file);
  await Deno.mkdir(workdir, { recursive: true });
  // Kept until all is done, as this may take hours.
  const cache = join(workdir, "fid_features");
  using stack = new DisposableStack();
  const most = dataset.length;
  const extract = inceptionExtract(device, inception, { logits: false, cache, most, stack });
  const show = wait("measuring the data", "images");
  const { statistics } = await measureImages(device, data, {
    statistics: true,
  }, { extract, onProgress: (done) => show(done, most) });
  await saveStatistics(file, statistics!);
  await Deno.remove(cache, { recursive: true });
  return statistics!;
}

function sha256(...parts: Float64Array[]): string {
  const hash = createHash("sha256");
  for (const { buffer, byteOffset, byteLength } of parts) {
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest("hex");
}
