import { deepStrictEqual as deepEqual, ok, strictEqual as equal } from "node:assert/strict";
import {
  constant,
  evaluateReference,
  grad,
  randomNormal,
  sumOfSquares,
  type Tensor,
} from "../../../engine/mod.ts";
import {
  autoencoderParameters,
  STABLE_DIFFUSION_AUTOENCODER,
} from "../../../nets/autoencoder_parameters.ts";
import { latentDivergence } from "../../../nets/latent_moments.ts";
import { initialize, type MakeParameter, parameterShapes } from "../../../nets/parameters.ts";
import { autoencoderLoss } from "../../../train/autoencoder/autoencoder_loss.ts";
import {
  type AutoencoderStep,
  AutoencoderTraining,
} from "../../../train/autoencoder/autoencoder_training.ts";
import { presets } from "../../../train/config/presets.ts";
import { batches } from "../../../train/data/batches.ts";
import { batchKey } from "../../../train/data/micro_batches.ts";
import { inMemorySource } from "../../../train/data/in_memory_source.ts";
import { hash32 } from "../../../train/data/hash32.ts";
import { openDevice } from "../../device.ts";

const autoencoder = {
  ...STABLE_DIFFUSION_AUTOENCODER,
  ch: 32,
  ch_mult: [1],
  num_res_blocks: 0,
};
const { optimizer, lr_scheduler } = presets.quickstart;
const settings = {
  autoencoder,
  kl_weight: 1e-2,
  seed: 3,
  optimizer: { ...optimizer, lr: 2e-3 },
  lr_scheduler: { ...lr_scheduler, warmup_steps: 4 },
  train: { n_steps: 48, batch_size: 4, grad_clip: 1, ema_rate: 0.5 },
};
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

/** Loss and norm of the gradient of the first step, in float64. */
async function firstStep(): Promise<{ loss: number; reconstruction: number; grad_norm: number }> {
  const { seed, kl_weight, train: { batch_size } } = settings;
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
  const [[loss], [reconstruction], ...squares] = evaluateReference([
    losses.loss,
    losses.reconstruction,
    ...grads.map(sumOfSquares),
  ]);
  const grad_norm = Math.sqrt(squares.reduce((sum, [v]) => sum + v, 0));
  return { loss, reconstruction, grad_norm };
}

Deno.test("an autoencoder learns images, its first step as float64 has it", async () => {
  using device = await openDevice();
  const expected = await firstStep();
  using training = await AutoencoderTraining.create(device, settings, SHAPE);
  const steps: AutoencoderStep[] = [];
  for await (const step of training.steps(flatImages())) steps.push(step);
  deepEqual(steps.map(({ step }) => step), Array.from({ length: 48 }, (_, i) => i + 1));
  equal(steps[0].lr, 0);
  for (const [name, value] of Object.entries(expected)) {
    const found = steps[0][name as keyof typeof expected];
    ok(Math.abs(found / value - 1) < 1e-4, `${name} ${found}, not ${value}`);
  }
  const last = steps[steps.length - 1];
  ok(last.reconstruction < 0.65 * steps[0].reconstruction, JSON.stringify([steps[0], last]));
  const weights = await training.weights();
  deepEqual(
    Object.keys(weights),
    Object.keys(parameterShapes((make) => autoencoderParameters(autoencoder, make))),
  );
});
