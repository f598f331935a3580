import {
  deepStrictEqual as deepEqual,
  ok,
  rejects,
  strictEqual as equal,
} from "node:assert/strict";
import {
  constant,
  evaluateReference,
  grad,
  randomNormal,
  sumOfSquares,
  type Tensor,
} from "../../../engine/mod.ts";
import { autoencoderParameters } from "../../../nets/autoencoder_parameters.ts";
import { latentDivergence } from "../../../nets/latent_moments.ts";
import { initialize, type MakeParameter, parameterShapes } from "../../../nets/parameters.ts";
import { autoencoderLoss } from "../../../train/autoencoder/autoencoder_loss.ts";
import { autoencoderPresets } from "../../../train/config/autoencoder_presets.ts";
import {
  autoencoderOfRun,
  type AutoencoderRunConfig,
} from "../../../train/config/autoencoder_run_config.ts";
import { batches } from "../../../train/data/batches.ts";
import { batchKey } from "../../../train/data/micro_batches.ts";
import { inMemorySource } from "../../../train/data/in_memory_source.ts";
import { hash32 } from "../../../train/data/hash32.ts";
import type { Checkpoint } from "../../../train/checkpoints/checkpoint.ts";
import type { LogEntry } from "../../../train/files/log.ts";
import { trainLoop } from "../../../train/checked/train_loop_by_schema.ts";
import { openDevice } from "../../device.ts";

const { train, nnet, dataset, lr_scheduler, ...rest } = autoencoderPresets.quickstart_autoencoder;
const config: AutoencoderRunConfig = {
  ...rest,
  seed: 3,
  train: { ...train, n_steps: 48, batch_size: 4, ema_rate: 0.5, kl_weight: 1e-2 },
  lr_scheduler: { ...lr_scheduler, warmup_steps: 4 },
  nnet: { ...nnet, img_size: 4, ch: 32, ch_mult: [1] },
  dataset: { ...dataset, image_size: 4 },
};
const autoencoder = autoencoderOfRun(config.nnet);
const SHAPE = [3, 4, 4] as const;

/** Images of one colour each. */
function flatImages() {
  const n = 16;
  const images = Uint8Array.from({ length: n * 48 }, (_, i) => hash32(1, Math.floor(i / 16)) % 256);
  return inMemorySource({
    name: "flat images",
    shape: SHAPE,
    class_names: ["all"],
    images,
    labels: new Int32Array(n),
  });
}

Deno.test("latentDivergence() is that of a normal distribution from the standard one", () => {
  const [mean, log_variance] = [[0.5, -2], [0.3, -1]];
  const [found] = evaluateReference([
    latentDivergence(constant([...mean, ...log_variance, 0, 0, 0, 0], [2, 2, 2, 1])),
  ]);
  const expected = mean.reduce(
    (sum, m, i) => sum + (m * m + Math.exp(log_variance[i]) - 1 - log_variance[i]) / 2,
    0,
  );
  ok(Math.abs(found[0] - expected) < 1e-6, `${found[0]}`);
  equal(found[1], 0);
});

/** What is recorded of the first step, in float64. */
async function firstStep(): Promise<Record<string, number>> {
  const { seed, train: { batch_size, kl_weight } } = config;
  const describe = (make: MakeParameter<void>) => autoencoderParameters(autoencoder, make);
  const shapes = parameterShapes(describe);
  const values = initialize(describe, seed);
  const leaves: Record<string, Tensor> = {};
  const params = autoencoderParameters(
    autoencoder,
    (name) => leaves[name] = constant(values[name], shapes[name]),
  );
  const data = batches(flatImages(), { seed, random_flip: false });
  const bytes = (await data.at(0, batch_size)).images;
  const shape = [batch_size, ...SHAPE];
  const images = constant(Float32Array.from(bytes, (v) => v / 127.5 - 1), shape);
  const noise = randomNormal(constant(batchKey(seed, 0, 0)), [batch_size, 4, 4, 4], 5);
  const losses = autoencoderLoss(params, { images, noise }, autoencoder, kl_weight);
  const grads = grad(losses.loss, Object.values(leaves));
  const [[loss], [reconstruction], [kl], latents, ...squares] = evaluateReference([
    losses.loss,
    losses.reconstruction,
    losses.divergence,
    losses.latents,
    ...grads.map(sumOfSquares),
  ]);
  const grad_norm = Math.sqrt(squares.reduce((sum, [v]) => sum + v, 0));
  const mean = latents.reduce((sum, v) => sum + v, 0) / latents.length;
  const variance = latents.reduce((sum, v) => sum + (v - mean) ** 2, 0) / latents.length;
  return { loss, reconstruction, kl, latent_std: Math.sqrt(variance), grad_norm };
}

Deno.test("an autoencoder learns images, its first step as float64 has it; resumed, it is the same", async () => {
  using device = await openDevice();
  const expected = await firstStep();
  const trained = async (
    config: AutoencoderRunConfig,
    from: Checkpoint<AutoencoderRunConfig> | null,
  ) => {
    const entries: LogEntry[] = [];
    let last: Checkpoint<AutoencoderRunConfig> | null = null;
    await trainLoop(device, config, flatImages(), {
      checkpoint: from,
      hooks: {
        onLog: (entry) => entries.push(entry),
        onCheckpoint: (checkpoint) => void (last = checkpoint),
      },
    });
    return { entries, last: last! as Checkpoint<AutoencoderRunConfig> };
  };
  const every = { ...config, train: { ...config.train, log_interval: 1 } };
  const { entries, last } = await trained(every, null);
  deepEqual(entries.map(({ step }) => step), Array.from({ length: 48 }, (_, i) => i + 1));
  equal(entries[0].lr, 0);
  for (const [name, value] of Object.entries(expected)) {
    const found = Number(entries[0][name]);
    ok(Math.abs(found / value - 1) < 1e-4, `${name} ${found}, not ${value}`);
  }
  const [first, end] = [entries[0], entries[47]].map(({ reconstruction }) =>
    Number(reconstruction)
  );
  ok(end < 0.65 * first, `${first} ${end}`);
  deepEqual(
    Object.keys(last.nnet),
    Object.keys(parameterShapes((make) => autoencoderParameters(autoencoder, make))),
  );

  const short = { ...every, lr_scheduler: { ...every.lr_scheduler, name: "customized" as const } };
  const of = (n_steps: number) => ({ ...short, train: { ...short.train, n_steps } });
  const whole = await trained(of(6), null);
  const resumed = await trained(of(6), (await trained(of(3), null)).last);
  deepEqual(resumed.last, whole.last);
  await rejects(
    trainLoop(device, { ...every, nnet: { ...every.nnet, ch: 40 } }, flatImages()),
    { name: "UsageError", message: /^nnet\.ch: 40 channels do not form the 32 groups/ },
  );
});
