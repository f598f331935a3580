import { basename, dirname } from "node:path";
import type { Device } from "../../engine/mod.ts";
import type { FeatureStatistics } from "../../eval/metrics/inception/feature_statistics.ts";
import { processOf } from "../../train/diffusion/process.ts";
import { datasetImages } from "../../eval/image_sets/dataset_images.ts";
import { sharedSampler } from "../../eval/execution/shared_sampler.ts";
import { drawnConditions } from "../../eval/image_sets/drawn_conditions.ts";
import { folderImages } from "../../eval/image_sets/folder_images.ts";
import type { ImageSet } from "../../eval/image_sets/image_set.ts";
import { sampledImages } from "../../eval/image_sets/sampled_images.ts";
import { chooseMethod } from "../../eval/samplers/choose_method.ts";
import { autoencoderNotes, openRunAutoencoder } from "../../eval/latents/run_autoencoder.ts";
import { openRunTexts, textNotes } from "../../eval/text/run_texts.ts";
import type { EncodedTexts } from "../../eval/execution/encoded_texts.ts";
import { readReferenceFile } from "../../eval/metrics/statistics_file.ts";
import { trainedNetwork } from "../../eval/trained_network.ts";
import type { Collective } from "../../train/collective/collective.ts";
import { CheckpointError } from "../../train/checkpoints/checkpoint.ts";
import type { Config } from "../../train/config/config.ts";
import { isLatent } from "../../train/config/latent_rules.ts";
import { DATASET_SPLITS, datasetNamed } from "../../train/data/data_sets.ts";
import type { DatasetProgress } from "../../train/data/dataset.ts";
import type { ImageSource } from "../../train/data/image_source.ts";
import { findWeights, type Weights, weightsFiles } from "../../train/checkpoints/find_weights.ts";
import { loadDataset } from "../../train/data/load_dataset.ts";
import { loadWeights } from "../../train/checkpoints/open_checkpoint.ts";
import { tensorFileKind } from "../../train/checkpoints/tensor_file.ts";
import { presets } from "../../train/config/presets.ts";
import { UsageError } from "../../train/config/usage_error.ts";
import { type Recipe, sampleRecipe } from "../../eval/sample_recipe.ts";
import { promptsOf } from "../cli/text_flags.ts";
import { imagesCache } from "../cli/images_cache.ts";
import { NETWORK_REMEDIES } from "../cli/network_flags.ts";
import type { FidFlags } from "./fid_flags.ts";

/** One of the two image sets that are compared. */
export interface Side {
  /** What it is, for reports and messages. */
  readonly name: string;
  /** Statistics read from a file; null where the images are measured. */
  readonly statistics: FeatureStatistics | null;
  /** Opens the images, where there are any. */
  readonly images: ((device: Device, tools: OpenTools) => ImageSet) | null;
  /** How many images there are to measure. */
  readonly n: number;
  /** The weights that images are drawn from, and how; null where none are. */
  readonly drawn: { readonly weights: Weights; readonly recipe: Recipe } | null;
}

/** What drawing images needs. */
export interface OpenTools {
  /** Called with how many images are drawn, fractions included. */
  readonly onDrawn: (done: number) => void;
}

/** What opening a side needs besides the flags. */
export interface SideTools {
  /** Reports a line. */
  readonly note: (message: string) => void;
  /** Called as a data set is downloaded and decoded. */
  readonly onDataset: (progress: DatasetProgress) => void;
  /** The configuration for weights that come without one. */
  readonly config: Config | null;
  /** The processes that draw and measure a share each. */
  readonly collective: Collective;
  /** Closes what is open in the end. */
  readonly stack: DisposableStack;
}

/** "a, b and c" */
const LIST = new Intl.ListFormat("en-GB");

/**
 * Opens what an argument names: a split of a data set, a folder, an `.npz` file or a checkpoint.
 *
 * @throws {UsageError} where it names nothing; other errors where what it names cannot be read
 */
export async function openSide(text: string, flags: FidFlags, tools: SideTools): Promise<Side> {
  const colon = text.indexOf(":");
  const splits = DATASET_SPLITS.filter((split) => split.startsWith(text.slice(0, colon + 1)));
  if (colon > 0 && splits.length > 0) {
    if (splits.includes(text)) return ofDataset(await openSplit(text, flags, tools));
    throw new UsageError(
      `${text}: there is no such part of the data set, only ${LIST.format(splits)}`,
    );
  }
  const stat = await Deno.stat(text).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new UsageError(
      `${text}: there is no such file or folder, and the data sets are ` +
        LIST.format(DATASET_SPLITS),
    );
  });
  if (stat.isDirectory && !await holdsWeights(text, flags)) {
    return await ofFolder(text, flags, tools);
  }
  if (!stat.isDirectory && await tensorFileKind(text) === "npz") {
    const { statistics, images } = await readReferenceFile(text);
    return {
      name: statistics ? `statistics in ${text}` : `images in ${text}`,
      statistics,
      images: images && (() => images),
      n: images?.n ?? 0,
      drawn: null,
    };
  }
  return await ofCheckpoint(text, flags, tools);
}

/** The training data of a checkpoint. @throws {UsageError} where the side is not a checkpoint */
export async function trainingData({ name, drawn }: Side, tools: SideTools): Promise<Side> {
  if (drawn && isLatent(drawn.weights.config)) {
    throw new UsageError(
      `${name} has learned latents, which are no images to be compared with: name the images, or ` +
        "their statistics",
    );
  }
  if (drawn) {
    return ofDataset(
      await loadDataset(drawn.weights.config, {
        cache_folder: cacheOf(drawn.weights),
        onProgress: tools.onDataset,
        onNote: tools.note,
      }),
    );
  }
  throw new UsageError(
    `${name} has no training data to be compared with: name what to compare it with, or keep its ` +
      "statistics with --save_stats=FILE.npz",
  );
}

/** The decoded images that the run of a checkpoint keeps; null for weights without a run. */
function cacheOf({ file, config }: Weights): string | null {
  const checkpoints = dirname(dirname(file));
  return basename(checkpoints) === "checkpoints" ? imagesCache(dirname(checkpoints), config) : null;
}

async function ofFolder(
  folder: string,
  { image_size, skip_broken }: FidFlags,
  { note }: SideTools,
): Promise<Side> {
  const set = await folderImages(folder, { image_size, skip_broken, onNote: note });
  return {
    name: set.name,
    statistics: null,
    images: () => set,
    n: set.n,
    drawn: null,
  };
}

function ofDataset(dataset: ImageSource): Side {
  const set = datasetImages(dataset);
  return {
    name: set.name,
    statistics: null,
    images: () => set,
    n: set.n,
    drawn: null,
  };
}

async function ofCheckpoint(
  path: string,
  flags: FidFlags,
  { note, config, stack, collective }: SideTools,
): Promise<Side> {
  const { n, seed, batch_size, weights: kind } = flags.sample;
  const weights = await findWeights(path, {
    kind,
    onNote: note,
    config,
    remedies: NETWORK_REMEDIES,
  });
  const autoencoder = stack.use(await openRunAutoencoder(weights.config, flags.autoencoder));
  if (autoencoder) autoencoderNotes(autoencoder, weights.data?.latents, "images").forEach(note);
  const texts = await openRunTexts(weights.config, {
    prompts: await promptsOf(flags.texts),
    negative: flags.texts.negative,
    encoder: flags.text_encoder.weights,
  });
  if (texts) textNotes(texts, weights.data).forEach(note);
  const choices = { ...flags, ...flags.sample };
  const recipe = await sampleRecipe(choices, weights, { autoencoder, texts });
  const { nnet, process } = weights.config;
  const { schedule } = processOf(process);
  const name = `drawn from ${weights.file}`;
  return {
    name,
    statistics: null,
    n,
    drawn: { weights, recipe },
    images: (device, { onDrawn }) => {
      let encoded: EncodedTexts | null = null;
      return sampledImages(device, name, {
        open: async (resources) => {
          // The text encoder is gone before the network is there.
          if (texts) encoded ??= await texts.encode(device, n, note);
          return await sharedSampler(device.capabilities, {
            shape: [Math.min(n, batch_size), nnet.in_chans, nnet.img_size, nnet.img_size],
            network: trainedNetwork(
              resources.use(await loadWeights(device, weights)),
              weights.config,
            ),
            schedule,
            method: chooseMethod(schedule, recipe.sampler),
            guidance: recipe.guidance,
            limit: recipe.limit,
          }, collective);
        },
        n,
        seed,
        conditions: (first, n) => drawnConditions(recipe.labels, encoded)(first, n),
        autoencoder,
        collective,
        onProgress: onDrawn,
      });
    },
  };
}

/** Opens a split; generated images are the quickstart's, in the size that the flags give. */
async function openSplit(
  text: string,
  { path, image_size }: FidFlags,
  { onDataset }: SideTools,
): Promise<ImageSource> {
  const [name, split] = text.split(":");
  const { dataset, seed } = presets.quickstart;
  return await datasetNamed({ name, path }).open({
    ...dataset,
    path,
    image_size: image_size ?? dataset.image_size,
    channels: 3,
    seed,
    split,
    onProgress: onDataset,
  });
}

/** Whether a folder is that of a run or a checkpoint. */
async function holdsWeights(folder: string, { sample }: FidFlags): Promise<boolean> {
  try {
    await weightsFiles(folder, sample.weights);
    return true;
  } catch (error) {
    if (error instanceof CheckpointError) return false;
    throw error;
  }
}
