import type { Device } from "../../../engine/mod.ts";
import { median } from "../../../engine/testing/paired_times.ts";
import type { Collective } from "../../../train/collective/collective.ts";
import { Together } from "../../../train/collective/together.ts";
import type { Config } from "../../../train/config/config.ts";
import { isLatent } from "../../../train/config/latent_rules.ts";
import type { Batch } from "../../../train/data/batches.ts";
import { batchConditioning } from "../../../train/data/captions/batch_conditioning.ts";
import { microBatches } from "../../../train/data/micro_batches.ts";
import { shareOf } from "../../../train/data/rank_share.ts";
import { TrainStep } from "../../../train/train_step.ts";

/** Steps of a round. */
const STEPS = 8;

/**
 * Milliseconds of a training step of these ranks, which all do their share, for each configuration:
 * medians of rounds that they take in turn.
 */
export async function stepMs(
  device: Device,
  configs: readonly Config[],
  collective: Collective,
  rounds: number,
): Promise<number[]> {
  using resources = new DisposableStack();
  const together = collective.size > 1 ? new Together(collective) : null;
  const runs: ((steps: number) => Promise<void>)[] = [];
  for (const config of configs) {
    const options = { recordLength: STEPS, together };
    const step = resources.use(await TrainStep.create(device, config, options));
    const { n } = shareOf(config.train.batch_size, collective);
    const inputs = microBatches(config, zeros(config, n), 0, collective);
    const run = async (steps: number) => {
      for (let i = 0; i < steps; i++) await step.runTogether(i, inputs, false);
      await step.records();
    };
    await run(1);
    runs.push(run);
  }
  const times: number[][] = configs.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, run] of runs.entries()) {
      await collective.barrier();
      const start = performance.now();
      await run(STEPS);
      times[i].push((performance.now() - start) / STEPS);
    }
  }
  return times.map(median);
}

/** A batch of the right sizes: what is in it takes no time. */
function zeros(config: Config, n: number): Batch {
  const { in_chans, img_size } = config.nnet;
  const size = n * in_chans * img_size ** 2;
  const conditioning = batchConditioning(config);
  const batch: Batch = {
    images: isLatent(config) ? new Float32Array(2 * size) : new Uint8Array(size),
    labels: new Int32Array(n),
  };
  switch (conditioning.kind) {
    case "tokens": {
      const { tokens, width } = conditioning;
      const none = { context: new Float32Array(tokens * width) };
      return { ...batch, context: new Float32Array(n * tokens * width), none };
    }
    case "text": {
      const none = { text: new Int32Array(conditioning.ids) };
      return { ...batch, text: new Int32Array(n * conditioning.ids), none };
    }
    default:
      return batch;
  }
}
