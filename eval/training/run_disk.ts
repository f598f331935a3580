import { isAutoencoderRun, type RunConfig } from "../../train/config/autoencoder_run_config.ts";
import { shapesOf } from "../../train/checkpoints/network_shapes.ts";
import { requestedChannels } from "../../train/data/channels.ts";

/** What a run leaves on disk at most, in bytes; small files are estimated. */
export interface RunDisk {
  /** A checkpoint: weights, their average and two moments. */
  readonly checkpoint: number;
  /** How many there are at the same time, one that is being written and the best one counted. */
  readonly checkpoints: number;
  /** Folders in the PyTorch implementation's format that there are besides, as large. */
  readonly pytorch: number;
  /** All sample grids. */
  readonly samples: number;
  /** The log. */
  readonly log: number;
  /** Decoded images that are kept for the next start; null where their number is not known. */
  readonly cache: number | null;
  /** The sum. */
  readonly bytes: number;
}

/** A line of the log, and what a tensor takes in the header of a file. */
const LINE_BYTES = 190;
const HEADER_BYTES = 80;

/**
 * The disk that a run takes.
 *
 * @param images of the data set; null where that is not known
 */
export function runDisk(config: RunConfig, images: number | null): RunDisk {
  const { train: { n_steps, keep, format, ...train }, nnet, sample, dataset } = config;
  const checkpoint = checkpointBytes(config);
  const saves = Math.ceil(n_steps / train.save_interval);
  const isScored = !isAutoencoderRun(config) && config.eval.fid.n_samples > 0;
  // A checkpoint is whole before an older one goes.
  const checkpoints = Math.min(
    saves,
    Math.max(1, keep) + 1 + (isScored ? 1 : 0),
  );
  const pytorch = format === "pytorch" ? checkpoints : 0;
  const pixels = nnet.in_chans * nnet.img_size ** 2;
  // An autoencoder's are of images and of what they become.
  const drawn = sample.n_samples * (isAutoencoderRun(config) ? 2 : 1);
  const samples = Math.ceil(n_steps / train.eval_interval) * drawn * pixels * 1.5;
  const log = Math.ceil(n_steps / train.log_interval) * LINE_BYTES;
  const isDecoded = dataset.name === "folder" && dataset.cache;
  const each = requestedChannels(nnet) * dataset.image_size ** 2 + HEADER_BYTES;
  const cache = isDecoded ? images && images * each : 0;
  return {
    checkpoint,
    checkpoints,
    pytorch,
    samples,
    log,
    cache,
    bytes: (checkpoints + pytorch) * checkpoint + samples + log + (cache ?? 0),
  };
}

/** Bytes of the files in a checkpoint's folder. */
function checkpointBytes(config: RunConfig): number {
  const shapes = Object.entries(shapesOf(config));
  const values = shapes.reduce((sum, [, shape]) => sum + shape.reduce((a, b) => a * b, 1), 0);
  const names = shapes.reduce((sum, [name]) => sum + name.length + HEADER_BYTES, 0);
  // Of the settings, which each of the three files has, every quote is escaped.
  const settings = 1.2 * JSON.stringify(config).length;
  return Math.ceil(4 * (4 * values + names) + 3 * settings);
}
