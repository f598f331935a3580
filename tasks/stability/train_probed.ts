import type { Device } from "../../engine/mod.ts";
import { Perturbation } from "../../eval/stability/perturbation.ts";
import { trainedNetwork } from "../../eval/trained_network.ts";
import type { Config } from "../../train/config/config.ts";
import { batches } from "../../train/data/batches.ts";
import type { Dataset } from "../../train/data/dataset.ts";
import { microBatches } from "../../train/train_loop.ts";
import { TrainStep } from "../../train/train_step.ts";

/** How the output changes under input noise of one level. */
export interface LevelRatio {
  /** Standard deviation of the noise; images are in [-1, 1]. */
  readonly level: number;
  /** `|f(x + d) - f(x)| / |d|`, the mean over images. */
  readonly ratio: number;
}

/** One training run, measured at every step. */
export interface ProbedRun {
  readonly method: string;
  readonly setting: string;
  readonly config: Config;
  readonly loss: readonly number[];
  readonly grad_norm: readonly number[];
  /** What `probeTensors` measured, by its names. */
  readonly probes: Readonly<Record<string, readonly number[]>>;
  /** The step at which loss or gradient were no longer numbers; null where they stayed so. */
  readonly diverged_at: number | null;
  /** At the end of training; empty where it diverged. */
  readonly robustness: readonly LevelRatio[];
  readonly seconds: number;
}

/** Steps between two reads. */
const AHEAD = 16;
/** Images whose output is watched under noise, and the time they are diffused to. */
const WATCHED = 16;
const WATCHED_TIME = 0.5;

/** Trains with a probe at every step, then perturbs the input; ends early where it diverges. */
export async function trainProbed(
  device: Device,
  { method, setting, config }: Pick<ProbedRun, "method" | "setting" | "config">,
  dataset: Dataset,
  { levels, signal, onStep }: {
    levels: readonly number[];
    signal: AbortSignal;
    onStep: (step: number) => void;
  },
): Promise<ProbedRun | null> {
  const start = performance.now();
  const { n_steps, batch_size } = config.train;
  const { random_flip } = config.dataset;
  using step = await TrainStep.create(device, config, { recordLength: AHEAD, probes: true });
  const data = batches(dataset, { seed: config.seed, random_flip });
  const loss: number[] = [];
  const grad_norm: number[] = [];
  const probes: Record<string, number[]> = {};
  let diverged_at: number | null = null;
  for (let done = 0; done < n_steps && diverged_at === null;) {
    const until = Math.min(n_steps, done + AHEAD);
    for (; done < until; done++) {
      step.run(done, microBatches(config, await data.at(done * batch_size, batch_size), done));
    }
    for (const record of await step.records()) {
      if (!Number.isFinite(record.loss) || !Number.isFinite(record.grad_norm)) {
        diverged_at = loss.length + 1;
        break;
      }
      loss.push(record.loss);
      grad_norm.push(record.grad_norm);
      for (const [name, value] of Object.entries(record.probes)) (probes[name] ??= []).push(value);
    }
    onStep(done);
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (signal.aborted) return null;
  }
  return {
    method,
    setting,
    config,
    loss,
    grad_norm,
    probes,
    diverged_at,
    robustness: diverged_at === null ? await robustness(device, step, dataset, levels) : [],
    seconds: (performance.now() - start) / 1000,
  };
}

async function robustness(
  device: Device,
  { state, config: { nnet, seed } }: TrainStep,
  dataset: Dataset,
  levels: readonly number[],
): Promise<LevelRatio[]> {
  const network = trainedNetwork(state.nnet, nnet);
  const shape = [WATCHED, nnet.in_chans, nnet.img_size, nnet.img_size];
  using perturbation = await Perturbation.create(device, network, shape);
  const { images, labels } = await batches(dataset, { seed, random_flip: false }).at(0, WATCHED);
  const inputs = {
    x0: Float32Array.from(images, (v) => v / 127.5 - 1),
    t: WATCHED_TIME,
    ...(nnet.num_classes > 0 ? { labels } : {}),
  };
  const rows: LevelRatio[] = [];
  for (const level of levels) {
    const ratios = await perturbation.ratios(inputs, { level, seed });
    rows.push({ level, ratio: ratios.reduce((sum, r) => sum + r, 0) / ratios.length });
  }
  return rows;
}
