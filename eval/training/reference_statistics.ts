import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Device } from "../../engine/mod.ts";
import type { Config } from "../../train/config/config.ts";
import type { ImageSource } from "../../train/data/image_source.ts";
import { exists } from "../../train/files/durable.ts";
import { datasetImages } from "../image_sets/dataset_images.ts";
import type { FeatureStatistics } from "../metrics/inception/feature_statistics.ts";
import { inceptionExtract } from "../metrics/inception/inception_extract.ts";
import { measureImages } from "../metrics/measure_images.ts";
import { saveStatistics } from "../metrics/statistics_file.ts";
import { type FidNeeds, statisticsIn } from "./fid_needs.ts";

/** Reports how far a wait for `what` has come, in images. */
export type ImageProgress = (what: string, done: number, total: number) => void;

/**
 * The statistics that a run's FIDs compare with: those of the file that the configuration names, or
 * else of the training data, kept in the run's folder in a file named for what they depend on.
 */
export async function referenceStatistics(
  device: Device,
  { workdir }: Config,
  dataset: ImageSource,
  { inception, statistics: given }: FidNeeds,
  onProgress: ImageProgress,
): Promise<FeatureStatistics> {
  if (given) return given;
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
