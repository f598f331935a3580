import { deepStrictEqual as deepEqual, match, ok, strictEqual as equal } from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { bestFile, type BestRecord, writeBest } from "../../train/checkpoints/best_checkpoint.ts";
import { checkpointFolder } from "../../train/checkpoints/checkpoint.ts";
import { randomInceptionFile } from "../eval/metrics/inception/random_inception.ts";
import { saveStatistics } from "../../eval/metrics/statistics_file.ts";
import { makeFeatures } from "../train/data/features/made_features.ts";
import { writeAutoencoder } from "./autoencoder_file.ts";
import { runScript } from "./run_script.ts";
import { command, newest, noSignals, Training, withWorkdir } from "./tiny_run.ts";

/** A network, data and FIDs as small as can be. */
const TINY = [
  "--img_size=8",
  "--image_size=8",
  "--patch_size=4",
  "--embed_dim=32",
  "--depth=2",
  "--num_heads=2",
  "--batch_size=2",
  "--dataset.n=2",
  "--n_samples=1",
  "--sample_steps=2",
  "--n_steps=4",
  "--save_interval=2",
  "--keep=1",
  "--log_interval=4",
  "--eval_interval=4",
  "--fid.n_samples=2",
  "--fid.sample_steps=2",
  "--fid.algorithm=ddim",
];

async function lines(workdir: string): Promise<Record<string, number>[]> {
  const text = await Deno.readTextFile(join(workdir, "log.jsonl"));
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

Deno.test("deno task train scores checkpoints by FID, keeps the best, and takes scores up again", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const workdir = join(folder, "run");
    const inception = join(folder, "inception.safetensors");
    await Deno.writeFile(inception, randomInceptionFile());
    const train = (...args: string[]) =>
      runScript(
        "train.ts",
        ...TINY,
        `--workdir=${workdir}`,
        `--fid.inception=${inception}`,
        ...args,
      );
    const record = async (): Promise<BestRecord> =>
      JSON.parse(await Deno.readTextFile(bestFile(workdir)));

    const first = await train();
    equal(first.code, 0, first.err);
    match(first.err, /FID at step 2: \d+\.\d+ \(2 images, ddim, 2 steps, guidance 1/);
    const { scores, best, final } = await record();
    deepEqual(scores.map(({ step }) => step), [2, 4]);
    equal(best.fid, Math.min(...scores.map(({ fid }) => fid)));
    equal(final, null);
    const logged = (await lines(workdir)).filter(({ fid }) => fid !== undefined);
    deepEqual(logged.map(({ step, fid }) => ({ step, fid })), scores);
    ok([...Deno.readDirSync(join(workdir, "checkpoints"))].some(({ name }) => name === "4"));

    // As if killed while it scored the last checkpoint; and one more FID of the best is asked for.
    const [before] = scores;
    await writeBest(workdir, { ...await record(), scores: [before], best: before });
    const second = await train("--fid.final_sample_steps=3");
    equal(second.code, 0, second.err);
    match(second.err, /final FID, of the best checkpoint \(step [24]\)/);
    const after = await record();
    deepEqual(after.scores, scores);
    match(after.final!.kind, /ddim, 3 steps/);
    equal((await lines(workdir)).at(-1)?.final_fid, after.final!.fid);

    const third = await train("--fid.final_sample_steps=3");
    equal(third.code, 0, third.err);
    deepEqual(await record(), after);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("deno task train scores latents by what they decode to, against statistics", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const [features, vae, stats, inception, workdir] = [
      "features",
      "vae.safetensors",
      "stats.npz",
      "inception.safetensors",
      "run",
    ].map((name) => join(folder, name));
    await makeFeatures(features, 4);
    await writeAutoencoder(vae);
    await Deno.writeFile(inception, randomInceptionFile());
    const sigma = new Float64Array(2048 ** 2);
    for (let i = 0; i < 2048; i++) sigma[i * 2049] = 1;
    await saveStatistics(stats, { mu: new Float64Array(2048), sigma, n: 5000 });
    const { code, err } = await runScript(
      "train.ts",
      ...TINY.filter((flag) => !/image_size|img_size|dataset\.n/.test(flag)),
      "--dataset.name=features",
      `--dataset.path=${features}`,
      `--workdir=${workdir}`,
      "--n_steps=2",
      "--sample.n_samples=0",
      `--autoencoder.weights=${vae}`,
      `--fid.inception=${inception}`,
      `--fid.stats=${stats}`,
    );
    equal(code, 0, err);
    match(err, /^FID at step 2: \d+\.\d+ \(2 images, .*, decoder [0-9a-f]{8}, factor 0\.5\), the/m);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test(
  "a signal while the last FID is measured ends it, saved, and says how to go on",
  { ignore: noSignals },
  async () => {
    await withWorkdir(async (workdir) => {
      const inception = `${workdir}_inception.safetensors`;
      await Deno.writeFile(inception, randomInceptionFile());
      const args = [...TINY, "--n_steps=2", `--workdir=${workdir}`, `--fid.inception=${inception}`];
      const training = new Training(command(args));
      await training.until(() => existsSync(checkpointFolder(workdir, 2)));
      training.kill("SIGTERM");
      const { code, said } = await training.end();
      equal(code, 130, said);
      match(said, /^to go on: /m);
      equal((await newest(workdir)).step, 2);
      ok(existsSync(join(workdir, "samples", "2.png")));
      ok(!existsSync(bestFile(workdir)));
    });
  },
);

Deno.test("deno task train refuses FID without Inception's weights, and of one image", async () => {
  const refuses = async (code: number, message: RegExp, ...args: string[]) => {
    const workdir = await Deno.makeTempDir();
    const ended = await runScript("train.ts", ...TINY, `--workdir=${workdir}`, ...args);
    await Deno.remove(workdir, { recursive: true });
    equal(ended.code, code, ended.err);
    match(ended.err, message);
  };
  await refuses(1, /^cannot read Inception's weights from nowhere/m, "--fid.inception=nowhere");
  await refuses(2, /^--eval\.fid\.n_samples: one image has no covariance/m, "--fid.n_samples=1");
});
