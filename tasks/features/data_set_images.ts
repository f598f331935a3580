import { counted } from "../../engine/counted.ts";
import type { AutoencoderRunConfig } from "../../train/config/autoencoder_run_config.ts";
import { UsageError } from "../../train/config/usage_error.ts";
import { byteSource } from "../../train/data/byte_source.ts";
import { DATASET_SPLITS, datasetNamed } from "../../train/data/data_sets.ts";
import type { DatasetRequest } from "../../train/data/dataset.ts";
import type { ImageSource } from "../../train/data/image_source.ts";
import { loadDataset, type LoadDatasetOptions } from "../../train/data/load_dataset.ts";
import { exists } from "../../train/files/durable.ts";
import type { FeaturesFlags } from "./features_flags.ts";
import type { ListedImages, ReadImage } from "./listed_images.ts";

/** Images that are read at once. */
const PIECE = 256;

/**
 * `NAME:SPLIT` of the data set that an argument names, its training split where it names none; null
 * where it is a folder's.
 *
 * @throws {UsageError} where the data set has no such split
 */
export async function splitNamed(text: string): Promise<string | null> {
  if (DATASET_SPLITS.includes(text)) return text;
  if (await exists(text)) return null;
  if (DATASET_SPLITS.includes(`${text}:train`)) return `${text}:train`;
  const splits = DATASET_SPLITS.filter((split) => split.startsWith(`${text.split(":")[0]}:`));
  if (splits.length === 0) return null;
  throw new UsageError(`${text}: there is no such part of the data set, only ${splits.join(", ")}`);
}

/** What of the flags says which images of a data set are encoded. */
export interface DataSetRequest extends Pick<FeaturesFlags, "n" | "seed" | "image_size"> {
  readonly channels: 1 | 3;
  /** The run that trained the autoencoder, whose settings are the defaults; null where unknown. */
  readonly run: AutoencoderRunConfig | null;
}

/**
 * The images of a split that `splitNamed` found.
 *
 * @throws {DatasetError} where they cannot be had
 */
export async function splitImages(
  split: string,
  { n, seed, image_size, channels, run }: DataSetRequest,
  options: LoadDatasetOptions,
): Promise<ListedImages> {
  const [name, part] = split.split(":");
  const request: DatasetRequest = {
    ...{ split: part, path: null, background: null, channels },
    image_size: image_size ?? run?.dataset.image_size ?? 256,
    n: n ?? run?.dataset.n ?? 8192,
    seed: seed ?? run?.seed ?? 0,
    ...options,
  };
  return await listed(await datasetNamed({ name, path: null }).open(request));
}

/** The images that a run's autoencoder was trained on, in its size or another. */
export async function runImages(
  run: AutoencoderRunConfig,
  { n, seed, image_size }: Pick<FeaturesFlags, "n" | "seed" | "image_size">,
  options: LoadDatasetOptions,
): Promise<ListedImages> {
  const dataset = {
    ...run.dataset,
    ...image_size === null ? {} : { image_size },
    ...n === null ? {} : { n },
  };
  return await listed(await loadDataset({ ...run, dataset, seed: seed ?? run.seed }, options));
}

async function listed(any: ImageSource): Promise<ListedImages> {
  const source = byteSource(any);
  const { length, shape: [, image_size], class_names, name } = source;
  return {
    length,
    image_size,
    class_names,
    captions: null,
    description: `${counted(length, "image")} of ${name}, ${image_size} x ${image_size}`,
    notes: [],
    sha256: await source.digest(),
    async *read(images): AsyncGenerator<ReadImage> {
      for (let at = 0; at < images.length; at += PIECE) {
        const some = images.slice(at, at + PIECE);
        const { data, labels } = await source.read(some);
        const each = data.length / some.length;
        for (const i of some.keys()) {
          yield { image: data.subarray(i * each, (i + 1) * each), label: labels[i] };
        }
      }
    },
  };
}
