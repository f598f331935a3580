import { deepStrictEqual as deepEqual, ok } from "node:assert/strict";
import { StateLayout } from "../../../engine/mod.ts";
import { samplerMemory } from "../../../eval/execution/sampler_memory.ts";
import { drawnConditions } from "../../../eval/image_sets/drawn_conditions.ts";
import { sampleRecipe } from "../../../eval/sample_recipe.ts";
import { samplerSettings } from "../../../eval/sampler_settings.ts";
import { chooseMethod } from "../../../eval/samplers/choose_method.ts";
import { trainedNetwork } from "../../../eval/trained_network.ts";
import { drawBatches } from "../../../tasks/sample/draw_batches.ts";
import { ONE_PROCESS } from "../../../train/collective/collective.ts";
import { findWeights } from "../../../train/checkpoints/find_weights.ts";
import { shapesOf } from "../../../train/checkpoints/network_shapes.ts";
import { processOf } from "../../../train/diffusion/process.ts";
import { openDevice } from "../../device.ts";
import { tinyConfig } from "../../tiny_config.ts";
import { writeRun } from "../latent_run.ts";

Deno.test("as many images are drawn at once as the adapter binds, and they are the same", async () => {
  const workdir = await Deno.makeTempDir();
  const config = tinyConfig({ workdir });
  await writeRun(config);
  const weights = await findWeights(workdir, { kind: "ema", onNote: () => {} });
  const { sampler, steps, ...solver } = samplerSettings("ddim", 2);
  const recipe = await sampleRecipe(
    {
      sampler,
      steps,
      seed: 0,
      solver: { ...solver, limit: null },
      guidance: { scale: 0, interval: [0, 1], labels: [0, 3] },
    },
    weights,
    { autoencoder: null, texts: null },
  );
  const drawn = async (maxBindingBytes?: number) => {
    using device = await openDevice(maxBindingBytes === undefined ? {} : { maxBindingBytes });
    const images = new Map<number, Float32Array>();
    const progress: number[] = [];
    await drawBatches(device, {
      weights,
      recipe,
      numbers: [0, 1, 2, 3, 4, 5],
      batch_size: 6,
      conditions: drawnConditions(recipe.labels),
      take: (i, values) => Promise.resolve(void images.set(i, values)),
      strip: null,
      onProgress: (done) => progress.push(done),
      collective: ONE_PROCESS,
    });
    return { images, progress };
  };
  using device = await openDevice();
  const { schedule } = processOf(config.process);
  const { largest } = samplerMemory(device.capabilities, {
    shape: [3, 3, 8, 8],
    network: trainedNetwork(new StateLayout(shapesOf(config), "weights"), config),
    schedule,
    method: chooseMethod(schedule, recipe.sampler),
    guidance: recipe.guidance,
    limit: recipe.limit,
  });
  const whole = await drawn();
  const parts = await drawn(largest.bytes);
  deepEqual([...parts.images.keys()], [0, 1, 2, 3, 4, 5]);
  deepEqual(parts.progress.at(-3), 3);
  for (const [i, image] of parts.images) {
    ok(whole.images.get(i)!.every((v, at) => Math.abs(v - image[at]) < 1e-4), `${i}`);
  }
  await Deno.remove(workdir, { recursive: true });
});
