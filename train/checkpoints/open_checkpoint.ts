import { type Device, State } from "../../engine/mod.ts";
import type { Config } from "../config/config.ts";
import { findWeights, type Weights } from "./find_weights.ts";
import { fitWeights, mustFit } from "./fit_weights.ts";
import { shapesOf } from "./network_shapes.ts";
import { openWeights, type WeightsKind } from "./weights_file.ts";

/**
 * Which weights {@linkcode openCheckpoint} opens.
 * @category Checkpoints
 */
export interface OpenOptions {
  /** The configuration of weights that come without one, such as PyTorch's. */
  readonly config?: Config;
  /** The moving average of the weights, or the weights; default `ema`. */
  readonly kind?: WeightsKind;
  /** Called with a line for each checkpoint that is skipped, and for each choice made. */
  readonly onNote?: (message: string) => void;
}

/**
 * Weights on disk, and their network.
 * @category Checkpoints
 */
export interface OpenedCheckpoint extends Weights {
  /** Uploads them, in float32; the state is the caller's to dispose. */
  load(device: Device): Promise<State>;
}

/**
 * Opens trained weights: the newest readable checkpoint of a run's folder, a checkpoint's folder, of this
 * program or of the PyTorch implementation, or a file (`.safetensors`, `.pth`, `.npz`). They are checked,
 * and read again by `load`.
 *
 * @example
 * ```ts no-eval
 * import { openCheckpoint } from "@scalelong/scalelong";
 *
 * const { step, config } = await openCheckpoint("runs/quickstart_scalelong3");
 * console.log(step, config.nnet.scalelong);
 * ```
 *
 * @throws {CheckpointError} where there are none, they are damaged or not finite, or do not fit the
 * network
 * @throws {UsageError} where neither `config` nor the files have a configuration, or both do
 * @category Checkpoints
 */
export async function openCheckpoint(
  path: string,
  { config, kind = "ema", onNote = () => {} }: OpenOptions = {},
): Promise<OpenedCheckpoint> {
  const found = await findWeights(path, { config, kind, onNote });
  return { ...found, load: (device) => loadWeights(device, found) };
}

/**
 * Uploads weights to a device, in float32. A safetensors file is streamed: the host holds a few
 * megabytes of it at a time.
 *
 * @throws {CheckpointError} where the file has changed since it was found
 * @category Checkpoints
 */
export async function loadWeights(device: Device, found: Weights): Promise<State> {
  const { file, kind, config } = found;
  using weights = await openWeights(file, kind);
  const shapes = shapesOf(config);
  const fit = fitWeights(weights.shapes, shapes);
  mustFit(fit, file);
  using resources = new DisposableStack();
  const state = resources.use(new State(device, shapes, file));
  await weights.load(state, fit.names);
  resources.move();
  return state;
}
