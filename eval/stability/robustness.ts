import type { Device } from "../../engine/mod.ts";
import { batches } from "../../train/data/batches.ts";
import { byteSource } from "../../train/data/byte_source.ts";
import type { ImageSource } from "../../train/data/image_source.ts";
import { processOf } from "../../train/diffusion/process.ts";
import type { TrainStep } from "../../train/train_step.ts";
import { trainedNetwork } from "../trained_network.ts";
import { Perturbation } from "./perturbation.ts";

/** How much the output changes under input noise of one level. */
export interface LevelRatio {
  /** Standard deviation of the noise; images are in [-1, 1]. */
  readonly level: number;
  /** `|f(x + d) - f(x)| / |d|`, the mean over images. */
  readonly ratio: number;
}

/** Images whose output is measured under noise, and the time in [0, 1] that they are diffused to. */
const IMAGES = 16;
const TIME = 0.5;

/** The robustness of a network to noise on its input, at each noise level. */
export async function robustness(
  device: Device,
  { state, config }: Pick<TrainStep, "state" | "config">,
  dataset: ImageSource,
  levels: readonly number[],
): Promise<LevelRatio[]> {
  const { nnet, seed } = config;
  const network = trainedNetwork(state.nnet, config);
  const process = processOf(config.process);
  const shape = [IMAGES, nnet.in_chans, nnet.img_size, nnet.img_size];
  using perturbation = await Perturbation.create(device, { network, process, shape });
  const { conditioning } = network;
  const walk = batches(byteSource(dataset), { seed, random_flip: false, conditioning });
  const { images, ...conditions } = await walk.at(0, IMAGES);
  const inputs = {
    x0: Float32Array.from(images, (v) => v / 127.5 - 1),
    t: TIME,
    ...conditions,
  };
  const rows: LevelRatio[] = [];
  for (const level of levels) {
    const ratios = await perturbation.ratios(inputs, { level, seed });
    rows.push({ level, ratio: ratios.reduce((sum, r) => sum + r, 0) / ratios.length });
  }
  return rows;
}
