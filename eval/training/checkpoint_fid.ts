import type { Device } from "../../engine/mod.ts";
import { checkpointFolder } from "../../train/checkpoints/checkpoint.ts";
import { findWeights } from "../../train/checkpoints/find_weights.ts";
import { loadWeights } from "../../train/checkpoints/open_checkpoint.ts";
import type { Config } from "../../train/config/config.ts";
import type { ImageSource } from "../../train/data/image_source.ts";
import { sampledImages } from "../image_sets/sampled_images.ts";
import type { RunAutoencoder } from "../latents/run_autoencoder.ts";
import { frechetDistance } from "../metrics/frechet_distance.ts";
import type { FeatureStatistics } from "../metrics/inception/feature_statistics.ts";
import { inceptionExtract } from "../metrics/inception/inception_extract.ts";
import type { InceptionWeights } from "../metrics/inception/inception_weights.ts";
import { measureImages } from "../metrics/measure_images.ts";
import { fidConditions } from "./fid_conditions.ts";
import { type FidDrawing, fidSampler } from "./fid_drawing.ts";

/** What a run's checkpoints are judged with. */
export interface FidSubject {
  /** Where images are drawn and measured. */
  readonly device: Device;
  /** Of the run. */
  readonly config: Config;
  /** The training data, whose classes are drawn as often, or whose captions. */
  readonly dataset: ImageSource;
  /** The network that takes features. */
  readonly inception: InceptionWeights;
  /** The statistics that are compared with. */
  readonly reference: FeatureStatistics;
  /** Decodes what a network of latents draws; left out for one of images. */
  readonly autoencoder?: RunAutoencoder | null;
}

/** What is called while an FID is measured. */
export interface CheckpointFidOptions {
  /** Called for a checkpoint that cannot be read. */
  readonly note: (message: string) => void;
  /** How many images are done, of `drawing.n`. */
  readonly onProgress: (done: number, total: number) => void;
  /** Ends the measurement early, which then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * The FID of images drawn from a checkpoint's averaged weights.
 *
 * @throws {NotFiniteError} where the images are not finite
 */
export async function checkpointFid(
  { device, config, dataset, inception, reference, autoencoder }: FidSubject,
  step: number,
  drawing: FidDrawing,
  { note, onProgress, signal }: CheckpointFidOptions,
): Promise<number> {
  const { seed, workdir } = config;
  const { n } = drawing;
  const folder = checkpointFolder(workdir, step);
  const weights = await findWeights(folder, { kind: "ema", onNote: note });
  using stack = new DisposableStack();
  const extract = inceptionExtract(device, inception, {
    logits: false,
    cache: null,
    most: n,
    stack,
  });
  let drawn = 0;
  let measured = 0;
  const report = () => {
    signal?.throwIfAborted();
    // Drawing and measuring are half the way each.
    onProgress((drawn + measured) / 2, n);
  };
  const images = sampledImages(device, folder, {
    open: async (resources) => {
      const state = resources.use(await loadWeights(device, weights));
      return fidSampler(device.capabilities, config, state, drawing);
    },
    n,
    seed,
    conditions: fidConditions(dataset, config),
    autoencoder,
    onProgress: (done) => {
      drawn = done;
      report();
    },
  });
  const { statistics } = await measureImages(device, images, { statistics: true }, {
    extract,
    onProgress: (done) => {
      measured = done;
      report();
    },
  });
  return frechetDistance(statistics!, reference);
}
