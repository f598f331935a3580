import { deepStrictEqual as deepEqual, match, ok, strictEqual as equal } from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { saveCheckpoint } from "../../train/checkpoints/checkpoint.ts";
import { firstValues, shapesOf } from "../../train/checkpoints/network_shapes.ts";
import { autoencoderPresets } from "../../train/config/autoencoder_presets.ts";
import type { AutoencoderRunConfig } from "../../train/config/autoencoder_run_config.ts";
import { openFeatures } from "../../train/data/features/open_features.ts";
import { temporaryFolder } from "../train/data/features/made_features.ts";
import { runScript } from "./run_script.ts";
import { newest, noSignals, scriptCommand, Training } from "./tiny_run.ts";

const { nnet, dataset, ...rest } = autoencoderPresets.quickstart_autoencoder;
/** An autoencoder of shapes of 8 pixels, whose latents are as large. */
const config: AutoencoderRunConfig = {
  ...rest,
  seed: 5,
  nnet: { ...nnet, img_size: 8, ch_mult: [1], z_channels: 2, embed_dim: 2 },
  dataset: { ...dataset, image_size: 8, n: 20 },
};

/** Leaves the folder of a run whose weights are the first ones. */
async function makeRun(workdir: string): Promise<void> {
  const first = firstValues(config);
  const values = Object.fromEntries(
    Object.entries(shapesOf(config)).map((
      [name, shape],
    ) => [name, { shape: [...shape], data: first[name] }]),
  );
  const weights = { nnet: values, nnet_ema: values, exp_avg: values, exp_avg_sq: values };
  await saveCheckpoint(workdir, { step: 3, config, ...weights, scale_factor: 0.75 });
}

Deno.test(
  "features encodes what an autoencoder was trained on, stopped and killed or not, and latents train",
  { ignore: noSignals },
  async () => {
    await using folder = await temporaryFolder();
    const [run, out, latents] = ["run", "out", "latents"].map((name) => join(folder.path, name));
    await makeRun(run);
    const whole = await runScript("features.ts", `--autoencoder=${run}`, "--batch_size=8");
    equal(whole.code, 0, whole.err);
    match(whole.err, /^20 images, .* Left .*run.features.features\.json$/m);
    using source = await openFeatures(join(run, "features"));
    deepEqual([source.length, source.shape], [20, [2, 8, 8]]);
    equal(source.latents!.scale_factor, 0.75);
    deepEqual([source.class_names.length, source.class_counts[0]], [16, 2]);

    // The same images by their name; stopped first, then killed.
    const args = ["shapes", `--autoencoder=${run}`, `--out=${out}`, "--batch_size=8"];
    const stopped = new Training(scriptCommand("features.ts", args));
    await stopped.until(() => existsSync(join(out, "run.lock")));
    stopped.kill("SIGINT");
    const { code, said } = await stopped.end();
    equal(code, 130, said);
    match(said, /^stopping; writing what is done first$/m);
    match(said, /^\d+ of 20 images are done, /m);
    match(said, /^to go on: .*features shapes --autoencoder=/m);
    const killed = new Training(scriptCommand("features.ts", args));
    await killed.until(() => existsSync(join(out, "run.lock")));
    killed.kill("SIGKILL");
    await killed.end();
    const resumed = await runScript("features.ts", ...args);
    equal(resumed.code, 0, resumed.err);
    match(resumed.err, /^going on after \d+ of 20 images$/m);
    using again = await openFeatures(out);
    equal(await again.digest(), await source.digest());

    const { code: trained, err } = await runScript(
      "train.ts",
      "--dataset.name=features",
      `--dataset.path=${out}`,
      `--autoencoder.weights=${run}`,
      `--workdir=${latents}`,
      ...["--patch_size=4", "--embed_dim=32", "--depth=2", "--num_heads=2", "--batch_size=4"],
      ...["--n_steps=2", "--sample.n_samples=2", "--sample.sample_steps=2"],
    );
    equal(trained, 0, err);
    ok(!/is not the autoencoder/.test(err), err);
    ok(existsSync(join(latents, "samples", "2.png")));
    const { config: { autoencoder, nnet } } = await newest(latents);
    deepEqual([autoencoder.scale_factor, nnet.in_chans, nnet.img_size], [0.75, 2, 8]);
  },
);

Deno.test("features says in a line which images it lacks, or which flags do not fit them", async () => {
  await using folder = await temporaryFolder();
  const run = join(folder.path, "run");
  await makeRun(run);
  const refuses = async (says: RegExp, ...args: string[]) => {
    const { code, err } = await runScript("features.ts", `--autoencoder=${run}`, ...args);
    equal(code, 2, err);
    match(err, says);
    equal(err.trim().split("\n").length, 1, err);
  };
  await refuses(
    /^shapes:test: there is no such part of the data set, only shapes:train$/m,
    "shapes:test",
  );
  await refuses(/^--crop: is for a folder of images; leave it out, or name one$/m, "--crop=adm");
  await refuses(
    /^--n: says which shapes are drawn, and .* is a folder; leave it out$/m,
    run,
    "--n=4",
  );
});
