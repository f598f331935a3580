import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Device } from "../../engine/mod.ts";
import type { Config } from "../../train/config/config.ts";
import type { ImageSource } from "../../train/data/image_source.ts";
import { exists } from "../../train/files/durable.ts";
import { NpzError } from "../../train/formats/npz.ts";
import { datasetImages } from "../image_sets/dataset_images.ts";
import type { FeatureStatistics } from "../metrics/inception/feature_statistics.ts";
import { inceptionExtract } from "../metrics/inception/inception_extract.ts";
import type { InceptionWeights } from "../metrics/inception/inception_weights.ts";
import { measureImages } from "../metrics/measure_images.ts";
import { readReferenceFile, saveStatistics } from "../metrics/statistics_file.ts";

/** Reports how far a wait for `what` has come, in images. */
export type ImageProgress = (what: string, done: number, total: number) => void;

/**
 * The statistics that a run's FIDs compare with: those of the file that the configuration names, or
 * else of the training data, kept in the run's folder in a file named for what they depend on.
 *
 * @throws {NpzError} where the file named has no statistics
 */
export async function referenceStatistics(
  device: Device,
  config: Config,
  dataset: ImageSource,
  inception: InceptionWeights,
  onProgress: ImageProgress,
): Promise<FeatureStatistics> {
  const { stats } = config.eval.fid;
  return stats === null
    ? await statisticsOfData(device, config, dataset, inception, onProgress)
    : await statisticsIn(stats);
}

async function statisticsIn(file: string): Promise<FeatureStatistics> {
  const { statistics } = await readReferenceFile(file);
  if (statistics) return statistics;
  throw new NpzError(
    `${file}: has images and no statistics; the fid command makes them with --save_stats`,
  );
}

async function statisticsOfData(
  device: Device,
  { workdir }: Config,
  dataset: ImageSource,
  inception: InceptionWeights,
  onProgress: ImageProgress,
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
  const { statistics } = await measureImages(device, data, {
    statistics: true,
  }, { extract, onProgress: (done) => onProgress("measuring the data", done, most) });
  await saveStatistics(file, statistics!);
  await Deno.remove(cache, { recursive: true });
  return statistics!;
}
