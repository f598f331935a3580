import type { Config } from "../../train/config/config.ts";
import type { DatasetProgress } from "../../train/data/dataset.ts";
import { NpzError } from "../../train/formats/npz.ts";
import type { RunAutoencoder } from "../latents/run_autoencoder.ts";
import type { FeatureStatistics } from "../metrics/inception/feature_statistics.ts";
import { FEATURES } from "../metrics/inception/inception_features.ts";
import {
  findInceptionWeights,
  type InceptionWeights,
} from "../metrics/inception/inception_weights.ts";
import { readReferenceFile } from "../metrics/statistics_file.ts";
import { checkDrawings } from "./fid_drawing.ts";

/** What a run's FIDs take besides images: all that can fail before the data is loaded. */
export interface FidNeeds {
  /** The network that takes features. */
  readonly inception: InceptionWeights;
  /** The statistics that are compared with, where the configuration names a file of them. */
  readonly statistics: FeatureStatistics | null;
  /** Decodes what a network of latents draws; left out for one of images. */
  readonly autoencoder?: RunAutoencoder | null;
}

/**
 * Finds what the FIDs of a run take, and checks that the sampler can draw for them.
 *
 * @throws {InceptionWeightsError} where there are no weights of Inception
 * @throws {NpzError} where the file named has no statistics of its features
 * @throws {UsageError} where the sampler cannot take so many steps
 */
export async function fidNeeds(
  config: Config,
  onDownload: (progress: DatasetProgress) => void,
): Promise<FidNeeds> {
  checkDrawings(config);
  const { stats, inception: path } = config.eval.fid;
  const statistics = stats === null ? null : await statisticsIn(stats);
  const setting = "eval.fid.inception";
  const inception = await findInceptionWeights({ path, setting, onProgress: onDownload });
  return { statistics, inception };
}

/**
 * The statistics of Inception's features in a file.
 *
 * @throws {NpzError} where it has none
 */
export async function statisticsIn(file: string): Promise<FeatureStatistics> {
  const { statistics } = await readReferenceFile(file);
  if (!statistics) {
    throw new NpzError(
      `${file}: has images, and statistics of their features are needed: mu [d] and sigma [d, d]`,
    );
  }
  const { length } = statistics.mu;
  if (length === FEATURES) return statistics;
  throw new NpzError(
    `${file}: has statistics of ${length} features (mu [${length}], sigma [${length}, ${length}]), ` +
      `and FID's are ${FEATURES}`,
  );
}
