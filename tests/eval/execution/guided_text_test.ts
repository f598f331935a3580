import {
  deepStrictEqual as deepEqual,
  notDeepStrictEqual as notDeepEqual,
  ok,
  rejects,
} from "node:assert/strict";
import { State } from "../../../engine/mod.ts";
import { DeviceMachine } from "../../../eval/execution/device_machine.ts";
import { chooseMethod } from "../../../eval/samplers/choose_method.ts";
import { gridTexts, SampleGrids } from "../../../eval/training/sample_grids.ts";
import { trainedNetwork } from "../../../eval/trained_network.ts";
import { DEFAULT_PROCESS, type ProcessConfig } from "../../../train/diffusion/process_config.ts";
import { processOf } from "../../../train/diffusion/process.ts";
import { sampleCheckpoint, type SampleOptions } from "../../../eval/sample_checkpoint.ts";
import { LatentDecoder } from "../../../eval/latents/latent_decoder.ts";
import { latentDecoding } from "../../../eval/latents/latent_decoding.ts";
import { shapesOf } from "../../../train/checkpoints/network_shapes.ts";
import { networkParameters } from "../../../nets/network.ts";
import { initialize } from "../../../nets/parameters.ts";
import { autoencoderOf } from "../../../train/checkpoints/autoencoder/autoencoder_weights.ts";
import { goldenAutoencoder } from "../../nets/golden_autoencoder.ts";
import { tinyConfig } from "../../tiny_config.ts";
import { openDevice } from "../../device.ts";
import { distance, goldenNnet, readGolden } from "../../golden.ts";

const process: ProcessConfig = {
  ...DEFAULT_PROCESS,
  schedule: "vp_discrete",
  beta_spacing: "scaled_linear",
  beta_first: 0.00085,
  beta_last: 0.012,
};

const device = await openDevice();
Deno.test.afterAll(() => device[Symbol.dispose]());

Deno.test("DeviceMachine draws the reference's latents of texts, guided by the empty text", async () => {
  const file = await readGolden("t2i_sample_scalelong3");
  const weights = await readGolden(file.metadata.nnet);
  const params = weights.group("param.");
  const shapes = Object.entries(params).map(([name, { shape }]) => [name, shape]);
  using state = new State(device, Object.fromEntries(shapes), "weights");
  for (const [name, { data }] of Object.entries(params)) state.write(name, data);
  const { schedule } = processOf(process);
  const method = chooseMethod(schedule, {
    sampler: "dpm_solver_pp",
    steps: Number(file.metadata.steps),
    variant: "fast",
    order: 3,
    grid: "uniform",
    eta: null,
    t_end: 1e-3,
  });
  using machine = new DeviceMachine(device, {
    shape: file.f32("z_init").shape,
    network: trainedNetwork(state, { nnet: goldenNnet(weights.metadata), process }),
    schedule,
    method,
    guidance: { scale: Number(file.metadata.scale), interval: [0, 1] },
    limit: "none",
  });
  const [x, context, empty] = ["z_init", "context", "empty_context"].map((n) => file.f32(n).data);
  await machine.begin({ seed: 0, first: 0, x, context, none: { context: empty } });
  await method.run(machine);
  const error = distance(await machine.read(), file.f32("latent").data);
  ok(error <= 2e-4, `${error}`);

  const { config, values } = await goldenAutoencoder(file.metadata.autoencoder);
  const scale_factor = Number(file.metadata.scale_factor);
  const autoencoder = autoencoderOf({ ...config, scale_factor }, values());
  using decoder = await LatentDecoder.open(device, autoencoder);
  const decoded = await decoder.decode(await machine.read(), { height: 8, width: 8 });
  for (
    const [name, image] of [
      ["decoded", decoded],
      ["picture", decoded.map((v) => Math.min(1, Math.max(0, (v + 1) / 2)))],
    ] as const
  ) {
    const error = distance(image, file.f32(name).data);
    ok(error <= 2e-4, `${name}: ${error}`);
  }

  await machine.begin({ seed: 0, first: 0, context });
  await rejects(method.run(machine), {
    name: "TypeError",
    message: /^a network of texts needs the context of the empty text/,
  });
});

Deno.test("sampleCheckpoint() draws from texts in turn, whatever the batch, and asks for them", async () => {
  const file = await readGolden("t2i_sample_scalelong3");
  const weights = await readGolden(file.metadata.nnet);
  const config = tinyConfig({ nnet: goldenNnet(weights.metadata), process, sample: { scale: 1 } });
  const checkpoint = { config, nnet_ema: weights.group("param.") };
  const [context, empty] = ["context", "empty_context"].map((name) => file.f32(name).data);
  const images = async (context: Float32Array, n: number) => {
    const options: SampleOptions = {
      sampler: "dpm_solver_pp",
      variant: "fast",
      steps: 3,
      limit: "none",
      n,
      batch_size: 2,
      texts: { context, empty },
    };
    return (await sampleCheckpoint(device, checkpoint, options)).images;
  };
  const three = await images(context, 3);
  const [first, second] = [context.subarray(0, empty.length), context.subarray(empty.length)];
  const named = Float32Array.of(...first, ...second, ...first);
  deepEqual(await images(named, 3), three);
  notDeepEqual(await images(Float32Array.of(...second, ...first), 2), three.subarray(0, 512));

  const message =
    "texts: this network draws from texts: give contexts [texts, 21, 24] and that of the empty " +
    "text, [21, 24]";
  await rejects(sampleCheckpoint(device, checkpoint, {}), { name: "UsageError", message });
  await rejects(images(context.subarray(1), 2), { name: "UsageError", message });
  const labelled = { ...checkpoint, config: tinyConfig() };
  await rejects(sampleCheckpoint(device, labelled, { texts: { context, empty } }), {
    message: "texts: this network was trained without texts; leave them out",
  });
});

Deno.test("sampleCheckpoint() decodes what a network of latents draws, by the run's factor", async () => {
  const file = await readGolden("t2i_sample_scalelong3");
  const weights = await readGolden(file.metadata.nnet);
  const [context, empty] = ["context", "empty_context"].map((name) => file.f32(name).data);
  const { config, values } = await goldenAutoencoder(file.metadata.autoencoder);
  const autoencoder = autoencoderOf({ ...config, scale_factor: 1 }, values());
  const run = (scale_factor: number) => ({
    nnet_ema: weights.group("param."),
    config: {
      ...tinyConfig({ nnet: goldenNnet(weights.metadata), process }),
      dataset: { ...tinyConfig().dataset, name: "features" },
      autoencoder: { weights: null, scale_factor },
    },
  });
  const options: SampleOptions = {
    sampler: "dpm_solver_pp",
    variant: "fast",
    steps: 3,
    limit: "none",
    n: 2,
    texts: { context, empty },
  };
  const before = device.bufferBytes;
  const drawn = async (scale_factor: number) => {
    const { images, channels, image_size, n } = await sampleCheckpoint(
      device,
      run(scale_factor),
      { ...options, decoding: latentDecoding(autoencoder) },
    );
    deepEqual([channels, image_size, n, device.bufferBytes], [3, 16, 2, before]);
    return images;
  };
  const images = await drawn(0.2301);
  deepEqual(images.length, 2 * 3 * 16 * 16);
  notDeepEqual(await drawn(0.18215), images);
  await rejects(sampleCheckpoint(device, run(1), options), {
    name: "UsageError",
    message: "decoding: this network draws latents; give latentDecoding(autoencoder)",
  });
  const other = autoencoderOf({ ...config, embed_dim: 3 }, values());
  await rejects(sampleCheckpoint(device, run(1), { ...options, decoding: latentDecoding(other) }), {
    message: /^decoding: the autoencoder's latents have 3 channels, the network's 4;/,
  });
});

Deno.test("a run's grids of texts are of the first images' captions, the same as drawn apart", async () => {
  const file = await readGolden("t2i_sample_scalelong3");
  const weights = await readGolden(file.metadata.nnet);
  const nnet = { ...goldenNnet(weights.metadata), in_chans: 3 };
  const [context, empty] = ["context", "empty_context"].map((name) => file.f32(name).data);
  const sample = { n_samples: 2, algorithm: "dpm_solver_pp", sample_steps: 3, scale: 1 } as const;
  const config = tinyConfig({ nnet, process, sample });
  const read = (images: ArrayLike<number>, draws: ArrayLike<number>) => {
    deepEqual([Array.from(images), Array.from(draws)], [[0, 1], [0, 0]]);
    return Promise.resolve(Float32Array.from(context));
  };
  const captions = {
    kind: "contexts",
    shape: [21, 24],
    counts: [1, 1],
    read,
    empty: () => Promise.resolve(Float32Array.from(empty)),
  } as const;
  const texts = await gridTexts({ captions, length: 2 }, config);
  deepEqual(texts, { context, empty });
  deepEqual(await gridTexts({ captions, length: 2 }, tinyConfig({ sample })), null);

  const shapes = shapesOf(config);
  const first = initialize((make) => networkParameters(nnet, make), 3);
  const params = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, { shape: [...shape], data: first[name] }]),
  );
  using nnet_ema = new State(device, shapes, "weights");
  for (const name of nnet_ema.names) nnet_ema.write(name, first[name]);
  using grids = new SampleGrids(device, config, 1, texts);
  const state = { nnet: nnet_ema, nnet_ema, exp_avg: nnet_ema, exp_avg_sq: nnet_ema };
  const grid = await grids.grid({ state });
  const apart = await sampleCheckpoint(device, { config, nnet_ema: params }, {
    n: 2,
    seed: config.seed,
    texts: texts!,
  });
  deepEqual(grid.pixels, apart.grid({ columns: 2 }).pixels);
});
