import { deepStrictEqual as deepEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Device } from "../engine/mod.ts";
import { drawnConditions } from "../eval/image_sets/drawn_conditions.ts";
import { sampledImages } from "../eval/image_sets/sampled_images.ts";
import { sampleRecipe, type SamplingChoices } from "../eval/sample_recipe.ts";
import { samplerSettings } from "../eval/sampler_settings.ts";
import { chooseMethod } from "../eval/samplers/choose_method.ts";
import { trainedNetwork } from "../eval/trained_network.ts";
import { type Checkpoint, saveCheckpoint, type Values } from "../train/checkpoints/checkpoint.ts";
import { findWeights } from "../train/checkpoints/find_weights.ts";
import { loadWeights } from "../train/checkpoints/open_checkpoint.ts";
import type { Config } from "../train/config/config.ts";
import { type PresetName, presets } from "../train/config/presets.ts";
import { loadDataset } from "../train/data/load_dataset.ts";
import { processOf } from "../train/diffusion/process.ts";
import { trainLoop } from "../train/train_loop.ts";
import { openDevice } from "./device.ts";
import recorded from "./golden/recorded_bits.json" with { type: "json" };

const STEPS = 10;
/** Fewer than the presets have: each kernel runs all the same, in less time. */
const BATCH_SIZE = 16;
const IMAGES = 8;

function configOf({ preset, scalelong, mixed_precision }: typeof recorded.training[0]): Config {
  const { train, nnet, ...rest } = presets[preset as PresetName];
  return {
    ...rest,
    nnet: { ...nnet, scalelong },
    train: { ...train, mixed_precision, n_steps: STEPS, batch_size: BATCH_SIZE },
  } as Config;
}

async function trained(device: Device, config: Config): Promise<Checkpoint> {
  let last: Checkpoint | null = null;
  await trainLoop(device, config, await loadDataset(config), {
    hooks: { onCheckpoint: (checkpoint) => void (last = checkpoint) },
  });
  return last!;
}

/** SHA-256 over names and values, in the order of the names. */
function sha256(values: Values): string {
  const hash = createHash("sha256");
  for (const name of Object.keys(values).sort()) {
    const { buffer, byteOffset, byteLength } = values[name].data;
    hash.update(name).update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest("hex");
}

function withPrefix(prefix: string, values: Values): Values {
  return Object.fromEntries(Object.entries(values).map(([name, v]) => [prefix + name, v]));
}

async function sampleHash(device: Device, folder: string, choices: SamplingChoices) {
  const weights = await findWeights(folder, { kind: "ema", onNote: () => {}, config: null });
  const recipe = await sampleRecipe(choices, weights, { autoencoder: null, texts: null });
  const { nnet, process } = weights.config;
  const { schedule } = processOf(process);
  const set = sampledImages(device, "recorded", {
    open: async (resources) => ({
      shape: [IMAGES, nnet.in_chans, nnet.img_size, nnet.img_size],
      network: trainedNetwork(resources.use(await loadWeights(device, weights)), weights.config),
      schedule,
      method: chooseMethod(schedule, recipe.sampler),
      guidance: recipe.guidance,
      limit: recipe.limit,
    }),
    n: IMAGES,
    seed: recipe.seed,
    conditions: drawnConditions(recipe.labels),
  });
  const hash = createHash("sha256");
  for await (const { images } of set.batches()) hash.update(images);
  return hash.digest("hex");
}

using device = await openDevice();
// Rounding is the driver's: other adapters, and other versions of this one, have other bits.
const ignore = device.info.description !== recorded.adapter;

Deno.test({
  name: `training for ${STEPS} steps, and samples of every sampler, are bit for bit those recorded`,
  ignore,
  async fn(t) {
    using device = await openDevice();
    const folder = await Deno.makeTempDir();
    try {
      for (const { nnet, nnet_ema, optimizer, ...run } of recorded.training) {
        await t.step(Object.values(run).join(" "), async () => {
          const checkpoint = await trained(device, configOf({ ...run, nnet, nnet_ema, optimizer }));
          const moments = {
            ...withPrefix("exp_avg.", checkpoint.exp_avg),
            ...withPrefix("exp_avg_sq.", checkpoint.exp_avg_sq),
          };
          deepEqual(
            [checkpoint.nnet, checkpoint.nnet_ema, moments].map(sha256),
            [nnet, nnet_ema, optimizer],
          );
          const sampled = run.scalelong === 3 && run.mixed_precision === "no";
          if (sampled && run.preset === "quickstart") await saveCheckpoint(folder, checkpoint, 1);
        });
      }
      for (const { sha256, ...options } of recorded.samples) {
        await t.step(Object.values(options).join(" "), async () => {
          const { sampler, steps, ...solver } = samplerSettings(options.sampler, 10);
          const { sampler: _, ...given } = options;
          const choices = {
            sampler,
            steps,
            seed: 0,
            solver: { ...solver, limit: null, ...given },
            guidance: { scale: null, interval: [0, 1], labels: null },
          } as SamplingChoices;
          deepEqual(await sampleHash(device, folder, choices), sha256);
        });
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
