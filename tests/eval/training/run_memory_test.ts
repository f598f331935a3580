import { ok, strictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import type { Capabilities, Device } from "../../../engine/mod.ts";
import { latentDecoding } from "../../../eval/latents/latent_decoding.ts";
import { decoderMemory } from "../../../eval/latents/latent_decoder.ts";
import { inceptionMemory } from "../../../eval/metrics/inception/inception_features.ts";
import { fidNeeds } from "../../../eval/training/fid_needs.ts";
import { RunFid, type ScoreOptions } from "../../../eval/training/run_fid.ts";
import { runMemory } from "../../../eval/training/run_memory.ts";
import { SampleGrids } from "../../../eval/training/sample_grids.ts";
import { STABLE_DIFFUSION_AUTOENCODER } from "../../../nets/autoencoder_parameters.ts";
import { autoencoderOf } from "../../../train/checkpoints/autoencoder/autoencoder_weights.ts";
import { saveCheckpoint } from "../../../train/checkpoints/checkpoint.ts";
import { shapes } from "../../../train/data/shapes.ts";
import { evalSchema } from "../../../train/config/fid_schema.ts";
import { MAX_AHEAD } from "../../../train/read_ahead.ts";
import { TrainStep } from "../../../train/train_step.ts";
import { goldenAutoencoder } from "../../nets/golden_autoencoder.ts";
import { openDevice } from "../../device.ts";
import { randomInceptionFile } from "../metrics/inception/random_inception.ts";
import { tinyConfig } from "../../tiny_config.ts";
import { finallyJudged } from "./finally_judged.ts";

/** Bytes that are there at the same time, at most, from now on. */
function mostBytes(device: Device): () => number {
  const before = device.bufferBytes;
  let most = 0;
  const { createBuffer } = device;
  device.createBuffer = function (...args) {
    const buffer = createBuffer.apply(this, args);
    most = Math.max(most, this.bufferBytes - before);
    return buffer;
  };
  return () => most;
}

Deno.test("runMemory() is what a run allocates, to the byte at its most", async () => {
  using device = await openDevice();
  const workdir = await Deno.makeTempDir();
  await Deno.mkdir(join(workdir, "samples"));
  const { sample } = tinyConfig();
  const config = tinyConfig({ workdir, sample: { ...sample, n_samples: 3, sample_steps: 3 } });
  const memory = runMemory(device.capabilities, config, true);
  const most = mostBytes(device);
  using step = await TrainStep.create(device, config, { recordLength: MAX_AHEAD, probes: true });
  using grids = new SampleGrids(device, config, 16);
  await grids.draw(step, 1);
  await grids.draw(step, 2);
  await step.checkpoint(2);
  equal(most(), memory.bytes);
  await Deno.remove(workdir, { recursive: true });
});

Deno.test("runMemory() is what a run without grids allocates", async () => {
  using device = await openDevice();
  const { sample } = tinyConfig();
  const config = tinyConfig({ sample: { ...sample, n_samples: 0 } });
  const memory = runMemory(device.capabilities, config, false);
  equal(memory.grid, null);
  const most = mostBytes(device);
  using step = await TrainStep.create(device, config, { recordLength: MAX_AHEAD });
  using grids = new SampleGrids(device, config, 16);
  await grids.draw(step, 1);
  await step.checkpoint(1);
  equal(most(), memory.bytes);
});

Deno.test("runMemory() counts the images of a grid where they are the most that is read", async () => {
  using device = await openDevice();
  const workdir = await Deno.makeTempDir();
  await Deno.mkdir(join(workdir, "samples"));
  const { sample } = tinyConfig();
  const config = tinyConfig({ workdir, sample: { ...sample, n_samples: 256, sample_steps: 1 } });
  const memory = runMemory(device.capabilities, config, false);
  ok(memory.step.read_bytes < 256 * 3 * 8 * 8 * 4);
  const most = mostBytes(device);
  using step = await TrainStep.create(device, config, { recordLength: MAX_AHEAD });
  using grids = new SampleGrids(device, config, 16);
  await grids.draw(step, 1);
  equal(most(), memory.bytes);
  await Deno.remove(workdir, { recursive: true });
});

Deno.test("runMemory() counts the decoder of a grid of latents, while the sampler stays", async () => {
  using device = await openDevice();
  // What is allocated is the same where nothing is computed.
  device.submit = () => {};
  const workdir = await Deno.makeTempDir();
  await Deno.mkdir(join(workdir, "samples"));
  const golden = await goldenAutoencoder("autoencoder_kl_tiny");
  const config = tinyConfig({
    workdir,
    nnet: { in_chans: 4 },
    sample: { ...tinyConfig().sample, n_samples: 3, sample_steps: 1 },
  });
  const { decoding, ...memory } = runMemory(device.capabilities, config, false, golden.config);
  ok(decoding!.bytes > memory.step.read_bytes && !decoding!.in_bands);
  const most = mostBytes(device);
  using step = await TrainStep.create(device, config, { recordLength: MAX_AHEAD });
  const decoder = latentDecoding(autoencoderOf(golden.config, golden.values()));
  using grids = new SampleGrids(device, config, 16, null, decoder);
  await grids.draw(step, 1);
  await grids.draw(step, 2);
  equal(most(), memory.bytes);
  const narrow = { ...device.capabilities, maxBindingBytes: 2 ** 15 };
  equal(runMemory(narrow, config, false, golden.config).decoding!.in_bands, true);
  await Deno.remove(workdir, { recursive: true });
});

Deno.test("runMemory() counts what decodes latents for FID in place of the network", async () => {
  using device = await openDevice();
  const config = { ...finallyJudged({ stats: "data.npz" }) };
  const latents = { ...config, nnet: { ...config.nnet, in_chans: 4 } };
  const decoder = STABLE_DIFFUSION_AUTOENCODER;
  const { fid, final_fid } = runMemory(device.capabilities, latents, false, decoder);
  const size = { channels: 3, height: 64, width: 64 };
  const inception = inceptionMemory(device.capabilities, size, { batch_size: 2 });
  const one = decoderMemory(device.capabilities, decoder, { height: 8, width: 8 }, { batch: 1 });
  const read = 3 * 64 * 64 * 4;
  equal(fid!.bytes, inception.bytes + 2 * 2048 * 4 + one.bytes + read);
  ok(final_fid!.bytes > fid!.bytes);
});

Deno.test("runMemory() is what measuring the data and an FID during training allocate", async () => {
  using device = await openDevice();
  // What is allocated is the same where nothing is computed, which takes Inception long.
  device.submit = () => {};
  const workdir = await Deno.makeTempDir();
  await Deno.mkdir(join(workdir, "samples"));
  const inception = join(workdir, "inception.safetensors");
  await Deno.writeFile(inception, randomInceptionFile());
  // The sampler is still there when images are measured where there are more than 256.
  const fid = {
    n_samples: 257,
    mini_batch_size: 64,
    sample_steps: 2,
    algorithm: "ddim",
    inception,
  };
  const { sample } = tinyConfig();
  const config = tinyConfig({
    workdir,
    sample: { ...sample, n_samples: 1, sample_steps: 1 },
    eval: evalSchema.parse({ fid }),
  });
  const memory = runMemory(device.capabilities, config, false);
  const most = mostBytes(device);
  const dataset = shapes({ image_size: 8, n: 8, seed: 1 });
  const enough = new AbortController();
  const needs = await fidNeeds(config, () => {});
  const judge = await RunFid.open(device, config, dataset, needs, {
    // Half of an image and more: one was measured.
    onProgress: (_what, done) => done > 257 / 2 && enough.abort(),
    note: (message) => ok(false, message),
  });
  equal(most(), memory.data!.bytes);

  using step = await TrainStep.create(device, config, { recordLength: MAX_AHEAD });
  using grids = new SampleGrids(device, config, 16);
  await grids.draw(step, 1);
  await saveCheckpoint(workdir, await step.checkpoint(1), 1);
  const tools: ScoreOptions = { log: () => {}, signal: enough.signal };
  await judge.score(1, tools);
  equal(most(), memory.bytes);
  await Deno.remove(workdir, { recursive: true });
});

Deno.test("runMemory() is the most of measuring the data, training and the final FID", async () => {
  using device = await openDevice();
  const capabilities: Capabilities = { ...device.capabilities, adapterClass: "discrete" };
  const { step, grid, data, fid, final_fid, bytes } = runMemory(
    capabilities,
    finallyJudged({ stats: "data.npz" }),
    false,
  );
  equal(data, null);
  ok(step.state_bytes + step.plan_bytes + fid!.bytes < final_fid!.bytes);
  equal(bytes, grid!.bytes + final_fid!.bytes);
  const measured = runMemory(capabilities, finallyJudged({ final_n_samples: null }), false);
  equal(measured.final_fid, null);
  equal(measured.bytes, measured.data!.bytes);
});
