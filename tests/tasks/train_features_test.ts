import { deepStrictEqual as deepEqual, match, ok, strictEqual as equal } from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { decodeImage } from "../../train/formats/image.ts";
import { openFeatures } from "../../train/data/features/open_features.ts";
import { writeReferenceFeatures } from "../../train/data/features/write_reference.ts";
import { FeatureWriter } from "../../train/data/features/feature_writer.ts";
import {
  CAPTIONED,
  captionOf,
  featuresOf,
  makeCaptioned,
  makeFeatures,
  RECIPE,
  temporaryFolder,
} from "../train/data/features/made_features.ts";
import { writeAutoencoder } from "./autoencoder_file.ts";
import { runScript } from "./run_script.ts";
import { logWithoutTimes, newest, noSignals, startTraining, train } from "./tiny_run.ts";

/** A network as small as can be; image size, channels and classes follow from the features. */
const TINY = [
  "--dataset.name=features",
  "--patch_size=4",
  "--embed_dim=32",
  "--depth=2",
  "--num_heads=2",
  "--batch_size=4",
  "--log_interval=1",
  "--warmup_steps=2",
];

Deno.test("train learns latents by class from a folder of features, and a resumed run is the same", async () => {
  await using folder = await temporaryFolder();
  const [features, a, b] = ["features", "a", "b"].map((name) => join(folder.path, name));
  await makeFeatures(features, 13);
  const train = (workdir: string, ...args: string[]) =>
    runScript(
      "train.ts",
      ...TINY,
      `--dataset.path=${features}`,
      `--workdir=${workdir}`,
      "--random_flip=false",
      ...args,
    );
  const whole = await train(a, "--n_steps=6");
  equal(whole.code, 0, whole.err);
  match(whole.err, /^U-ViT, .* on features of numbers in .*\n13 images, 3 classes: a \(5\)/m);
  const { config, data, nnet } = await newest(a);
  deepEqual(
    [config.nnet.in_chans, config.nnet.img_size, config.nnet.num_classes, config.train.mode],
    [4, 8, 4, "cond"],
  );
  deepEqual([config.autoencoder.scale_factor, data!.class_counts], [0.5, [5, 4, 4]]);
  deepEqual(data!.latents, { autoencoder: RECIPE.autoencoder.sha256, scale_factor: 0.5 });
  deepEqual([config.sample.clip_denoised, data!.text_encoder], [false, undefined]);

  // Three steps are less than an epoch, six are more.
  equal((await train(b, "--n_steps=3")).code, 0);
  const resumed = await train(b, "--n_steps=6", "--batch_size=4");
  equal(resumed.code, 0, resumed.err);
  match(resumed.err, /^going on from step 3/m);
  deepEqual(logWithoutTimes(b), logWithoutTimes(a));
  deepEqual((await newest(b)).nnet, nnet);

  // Other moments of the same images: the run goes on, and says so.
  await Deno.remove(features, { recursive: true });
  const writer = await FeatureWriter.open(features, RECIPE);
  for (let i = 0; i < 13; i++) {
    await writer.add({ ...featuresOf(i), moments: featuresOf(i === 1 ? 99 : i).moments });
  }
  await writer.finish();
  const other = await train(b, "--n_steps=7");
  equal(other.code, 0, other.err);
  match(other.err, /^the data has changed since step 6:\n {2}"b": other images among its 4, or/m);
});

Deno.test("train learns latents from captions, and refuses features without or with others", async () => {
  await using folder = await temporaryFolder();
  const [captioned, plain, run] = ["a", "b", "run"].map((name) => join(folder.path, name));
  const writer = await FeatureWriter.open(captioned, CAPTIONED);
  await writer.addCaption(captionOf(""));
  for (let i = 0; i < 6; i++) {
    const captions = [await writer.addCaption(captionOf(`caption ${i}`))];
    await writer.add({ ...featuresOf(i, 1), captions });
  }
  await writer.finish();
  await makeFeatures(plain, 6);
  const train = (path: string, ...args: string[]) =>
    runScript(
      "train.ts",
      "--preset=mscoco_uvit_small",
      ...TINY,
      `--dataset.path=${path}`,
      `--workdir=${run}`,
      "--n_steps=3",
      ...args,
    );
  const text = ["--clip_dim=3", "--num_clip_token=2"];
  const { code, err } = await train(captioned, ...text);
  equal(code, 0, err);
  const { config, nnet, data } = await newest(run);
  equal(data!.text_encoder, CAPTIONED.text_encoder!.sha256);
  deepEqual([config.process.schedule, config.autoencoder.scale_factor], ["vp_discrete", 0.5]);
  deepEqual(nnet["context_embed.weight"].shape, [32, 3]);
  ok(nnet["context_embed.bias"].data.every((v) => v !== 0 && Number.isFinite(v)));

  const other = await train(captioned);
  deepEqual([other.code, other.err.split("\n").length], [2, 2]);
  match(
    other.err,
    /^--nnet\.clip_dim: the captions of features are 2 tokens of 3 numbers, not 77 of/,
  );
  const without = await train(plain, ...text);
  deepEqual([without.code, without.err.split("\n").length], [2, 2]);
  match(
    without.err,
    /^--nnet\.clip_dim: the network takes texts, and features has no captions; set/,
  );
});

Deno.test("train learns latents by caption, from contexts of the features' size alone", async () => {
  await using folder = await temporaryFolder();
  const [features, workdir] = ["features", "run"].map((name) => join(folder.path, name));
  await makeCaptioned(features, 9);
  const train = (...args: string[]) =>
    runScript("train.ts", ...TINY, `--dataset.path=${features}`, `--workdir=${workdir}`, ...args);
  const { code, err } = await train("--n_steps=3", "--clip_dim=3", "--num_clip_token=2");
  equal(code, 0, err);
  const { config: { nnet }, nnet: weights } = await newest(workdir);
  ok(nnet.name === "uvit" && nnet.clip_dim === 3 && nnet.num_classes === -1);
  deepEqual(weights["context_embed.weight"].shape, [32, 3]);
  const other = await train("--n_steps=3", "--clip_dim=768");
  equal(other.code, 2, other.err);
  match(
    other.err,
    /nnet\.clip_dim: the captions of features are 2 tokens of 3 numbers, not 77 of /,
  );
});

Deno.test(
  "train learns U-ViT's files as ours of the same numbers, and killed and resumed the same",
  {
    ignore: noSignals,
  },
  async () => {
    await using folder = await temporaryFolder();
    const [ours, theirs, a, b] = ["ours", "theirs", "a", "b"].map((name) =>
      join(folder.path, name)
    );
    const autoencoder = { sha256: null, scale_factor: 0.18215 };
    await makeCaptioned(ours, 9, { ...CAPTIONED, autoencoder });
    {
      using source = await openFeatures(ours);
      await writeReferenceFeatures(source, theirs);
    }
    const args = (path: string) => [
      ...["--dataset.name=features", `--dataset.path=${path}`, "--n_samples=0"],
      ...["--clip_dim=3", "--num_clip_token=2", "--log_interval=1", "--save_interval=3"],
    ];
    const training = startTraining(b, ...args(theirs), "--n_steps=100000");
    await training.until(() => existsSync(join(b, "checkpoints", "3")));
    training.kill("SIGKILL");
    const { signal, said } = await training.end();
    equal(signal, "SIGKILL", said);
    match(said, /^.*theirs does not say what its latents are multiplied by: 0\.18215 is taken; /m);
    match(said, /^reading .*9 images/m);

    const n_steps = `--n_steps=${(await newest(b)).step + 4}`;
    const resumed = await train(b, ...args(theirs), n_steps);
    equal(resumed.code, 0, resumed.said);
    match(resumed.said, /^going on from step /m);
    ok(!/^reading/m.test(resumed.said), resumed.said);
    const whole = await train(a, ...args(ours), n_steps);
    equal(whole.code, 0, whole.said);
    deepEqual(logWithoutTimes(b), logWithoutTimes(a));
    deepEqual((await newest(b)).nnet, (await newest(a)).nnet);
  },
);

Deno.test("train decodes the grids of latents, and says where another autoencoder made the features", async () => {
  await using folder = await temporaryFolder();
  const [features, vae, run] = ["features", "vae.safetensors", "run"]
    .map((name) => join(folder.path, name));
  await makeFeatures(features, 6);
  await writeAutoencoder(vae);
  const train = (...args: string[]) =>
    runScript(
      "train.ts",
      ...TINY,
      `--dataset.path=${features}`,
      `--workdir=${run}`,
      "--n_steps=2",
      "--sample.n_samples=2",
      "--sample.sample_steps=2",
      ...args,
    );
  const { code, err } = await train(`--autoencoder.weights=${vae}`);
  equal(code, 0, err);
  match(err, /vae\.safetensors is not the autoencoder that the features were made with: grids /);
  const file = join(run, "samples", "2.png");
  const { width, height } = await decodeImage(await Deno.readFile(file), file);
  // Two colour images beside each other, four times as large.
  deepEqual([width, height], [134, 68]);
  const missing = await train("--autoencoder.weights=nowhere", "--n_steps=3");
  equal(missing.code, 1, missing.err);
  match(missing.err, /^nowhere: there is no such autoencoder; /m);
});

Deno.test("train says in a line what is wrong with features or with what is asked of them", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  await makeFeatures(path, 6);
  const refuses = async (code: number, says: RegExp, ...args: string[]) => {
    const flags = [...TINY, `--dataset.path=${path}`, `--workdir=${join(path, "run")}`, ...args];
    const outcome = await runScript("train.ts", ...flags);
    equal(outcome.code, code, outcome.err);
    match(outcome.err, says);
    ok(!/\n./.test(outcome.err), outcome.err);
  };
  await refuses(2, /dataset\.random_flip: latents cannot be mirrored; /, "--random_flip");
  await refuses(2, /sample\.clip_denoised: latents have no range/, "--clip_denoised=true");
  await refuses(2, /sample\.n_samples: grids of latents take the autoencoder/, "--n_samples=4");
  const scored = ["--fid.n_samples=2", "--sample.n_samples=0"];
  const stats = "--fid.stats=data.npz";
  await refuses(2, /eval\.fid\.n_samples: FID of latents takes the autoenc/, ...scored, stats);
  const vae = "--autoencoder.weights=vae";
  await refuses(2, /eval\.fid\.stats: latents are no images to compare with; /, ...scored, vae);
  await refuses(
    2,
    /autoencoder\.scale_factor: the latents of features were made for 0\.5, not 0\.2; /,
    "--scale_factor=0.2",
  );
  await Deno.truncate(join(path, "moments_00001.safetensors"), 500);
  await refuses(1, /moments_00001\.safetensors is torn or was changed: it has 500 bytes, not /);
});
