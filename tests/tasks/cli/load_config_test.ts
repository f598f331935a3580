import {
  deepStrictEqual as deepEqual,
  doesNotMatch,
  match,
  rejects,
  strictEqual as equal,
} from "node:assert/strict";
import { join } from "node:path";
import { z } from "zod";
import { configSchema } from "../../../train/config/config_schema.ts";
import { fieldsOf } from "../../../train/config/fields.ts";
import {
  ALL_NETWORKS,
  configHelp,
  DIFFUSION,
  loadConfig as loadConfigOf,
  type OwnFlags,
} from "../../../tasks/cli/load_config.ts";
import { type PresetName, presets } from "../../../train/config/presets.ts";

const OWN: OwnFlags<{ dry_run: boolean }> = {
  schema: z.strictObject({ dry_run: z.boolean().describe("only look") }),
  defaults: { dry_run: false },
};

const shownPreset = (preset: PresetName) => ({ preset, config: presets[preset] });

const loadConfig = (args: readonly string[]) => loadConfigOf(args, OWN, DIFFUSION);

async function withFile(text: string, use: (file: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const file = join(folder, "mine.json");
    await Deno.writeTextFile(file, text);
    await use(file);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("loadConfig() gives the quickstart by default", async () => {
  deepEqual(await loadConfig([]), {
    config: presets.quickstart,
    own: { dry_run: false },
    preset: "quickstart",
    help: false,
    outline: null,
    given: [],
  });
  deepEqual((await loadConfig(["--preset=cifar10"])).config, presets.cifar10);
});

Deno.test("loadConfig() lays the file over the preset and flags over both", async () => {
  const text = `{"train": {"batch_size": 32, "keep": 2}, "optimizer.lr": 0.5, "nnet": {}}`;
  await withFile(text, async (file) => {
    const { config, given } = await loadConfig([
      `--config=${file}`,
      "--preset",
      "cifar10",
      "--batch_size=16",
    ]);
    equal(config.train.batch_size, 16);
    equal(config.train.keep, 2);
    equal(config.optimizer.lr, 0.5);
    deepEqual(config.nnet, presets.cifar10.nnet);
    deepEqual(given.sort(), ["optimizer.lr", "train.batch_size", "train.keep"]);
  });
});

Deno.test("loadConfig() keeps the command's own flags apart from the configuration", async () => {
  const { own, given } = await loadConfig(["--dry-run", "--batch_size=16"]);
  deepEqual(own, { dry_run: true });
  deepEqual(given, ["train.batch_size"]);
});

Deno.test("loadConfig() lets flags stand for settings, which those given win over", async () => {
  const own: OwnFlags<{ dry_run: boolean }> = {
    ...OWN,
    implies: ({ dry_run }) => dry_run ? { "train.batch_size": 2, "train.keep": 1 } : {},
  };
  const { train } = (await loadConfigOf(["--batch_size=3", "--dry-run"], own, DIFFUSION)).config;
  deepEqual([train.batch_size, train.keep], [3, 1]);
});

Deno.test("loadConfig() takes a whole configuration as it was saved", async () => {
  await withFile(JSON.stringify(presets.cifar10), async (file) => {
    deepEqual((await loadConfig(["--config", file])).config, presets.cifar10);
  });
});

Deno.test("loadConfig() names the file and the field of each mistake in a file", async () => {
  const text = `{"train": {"batchsize": 1, "keep": "2"}, "nnet": 3, "__proto__": {"x": 1}}`;
  await withFile(text, async (file) => {
    await rejects(loadConfig([`--config=${file}`]), {
      name: "UsageError",
      message: [
        `${file}: train.batchsize: there is no such setting; did you mean train.batch_size?`,
        `${file}: train.keep: expected a whole number of at least 1, got "2"`,
        `${file}: nnet: expected an object of settings`,
        `${file}: __proto__: there is no such setting; --help lists them all`,
      ].join("\n"),
    });
  });
});

Deno.test("loadConfig() refuses a file that is missing, not JSON, or not an object", async () => {
  await rejects(loadConfig(["--config=no/such.json"]), {
    message: "no/such.json: there is no such file",
  });
  for (const text of ["{", "[1]", "3", ""]) {
    await withFile(text, async (file) => {
      await rejects(loadConfig([`--config=${file}`]), (error: Error) => {
        equal(error.name, "UsageError");
        match(error.message, /mine\.json: (is not JSON|expected an object)/);
        return !error.message.includes("\n");
      });
    });
  }
});

Deno.test("loadConfig() takes the preset like the one named for another network", async () => {
  const { config, preset } = await loadConfig(["--nnet.name=unet", "--ch=64"]);
  equal(preset, "quickstart_unet");
  deepEqual(config, {
    ...presets.quickstart_unet,
    nnet: { ...presets.quickstart_unet.nnet, ch: 64 },
  });
  const found = async (...args: string[]) => (await loadConfig(args)).preset;
  equal(await found("--preset=cifar10", "--nnet.name=unet"), "cifar10_unet");
  equal(await found("--preset=cifar10_unet", "--nnet.name=uvit"), "cifar10");
  equal(await found("--preset=cifar10_unet"), "cifar10_unet");
  await withFile(JSON.stringify(presets.cifar10_unet), async (file) => {
    deepEqual((await loadConfig(["--config", file])).config, presets.cifar10_unet);
  });
});

Deno.test("loadConfig() refuses settings of another network", async () => {
  await rejects(loadConfig(["--ch=64"]), {
    name: "UsageError",
    message: "nnet.ch: is a setting of unet, not of uvit; leave it out, or set nnet.name=unet",
  });
  await rejects(loadConfig(["--preset=cifar10_unet", "--depth=4", "--conv"]), (error: Error) => {
    const lines = error.message.split("\n");
    return lines.length === 2 &&
      lines.every((line) => line.includes("setting of uvit, not of unet"));
  });
});

Deno.test("configHelp() shows the values of the file, and flags are no defaults", async () => {
  await withFile(`{"train": {"batch_size": 7}, "nnet": {"name": "unet"}}`, async (file) => {
    const loaded = await loadConfig([`--config=${file}`, "--n_steps=9", "--help"]);
    const help = configHelp({ about: "", examples: [] }, loaded, OWN, DIFFUSION);
    match(help, /^ {2}--preset=quickstart_unet /m);
    match(help, /^ {2}--train\.batch_size=7 /m);
    match(help, /^ {2}--train\.n_steps=1500 /m);
    match(help, /^ {2}--nnet\.ch_mult=1,2,2 /m);
  });
  const folder = await loadConfig(["--dataset.name=folder", "--dataset.path=nowhere", "--help"]);
  match(
    configHelp({ about: "", examples: [] }, folder, OWN, DIFFUSION),
    /^ {2}--dataset\.image_size=64 /m,
  );
});

Deno.test("configHelp() shows the settings of the preset's network alone", () => {
  const help = configHelp({ about: "", examples: [] }, shownPreset("cifar10_unet"), OWN, DIFFUSION);
  match(help, /^ {2}--nnet\.ch_mult=1,2,2,2 +channels/m);
  match(help, /^ {2}--nnet\.name=unet +the network; its settings follow \(uvit, unet\)$/m);
  doesNotMatch(help, /patch_size/);
  const nowhere = configHelp(
    { about: "", examples: [] },
    shownPreset("quickstart_unet"),
    OWN,
    DIFFUSION,
  );
  match(nowhere, /^ {2}--nnet\.attn_resolutions=6 /m);
});

Deno.test("loadConfig() reports every contradiction on a line of its own", async () => {
  await rejects(loadConfig(["--depth=3", "--num_heads=7"]), (error: Error) => {
    const lines = error.message.split("\n");
    return error.name === "UsageError" && lines.length === 2 &&
      lines.every((line) => line.startsWith("nnet."));
  });
});

Deno.test("configHelp() shows examples, then every flag with the preset's default", async () => {
  equal((await loadConfig(["--help"])).help, true);
  const page = { about: "Trains.", examples: [{ command: "train", does: "all of it" }] };
  const help = configHelp(page, shownPreset("cifar10"), OWN, DIFFUSION);
  match(help, /^Trains\.\n\nExamples\n {2}.*task train\n {6}all of it\n/);
  for (const field of fieldsOf(configSchema)) {
    const { path, only } = field;
    equal(new RegExp(`^  --${path}=`, "m").test(help), only?.is.includes("uvit") ?? true, path);
  }
  match(help, /^ {2}--optimizer\.betas=0\.99,0\.999 +decays/m);
  match(
    help,
    /^ {2}--preset=cifar10 +settings to start from; [^]*?\(quickstart,\s+cifar10,/m,
  );
  match(help, /^ {2}--help +show/m);
  match(help, /^ {2}--dry_run=false +only look$/m);
  match(help, /^optimizer: how a gradient updates the weights$/m);
  equal(help.split("\n").every((line) => line.length <= 100), true);
});

Deno.test("loadConfig() takes an autoencoder where it may be trained, and refuses settings without a meaning", async () => {
  const load = (...args: string[]) => loadConfigOf(args, OWN, ALL_NETWORKS);
  const { config, preset } = await load("--nnet.name=autoencoder", "--img_size=16");
  equal(preset, "quickstart_autoencoder");
  deepEqual([config.nnet.name, config.dataset.image_size], ["autoencoder", 16]);
  deepEqual(Object.keys(config), [
    ...["seed", "workdir", "train", "optimizer", "lr_scheduler", "nnet", "dataset", "sample"],
  ]);
  equal((await load("--preset=folder", "--nnet.name=autoencoder")).preset, "folder_autoencoder");
  equal((await load("--preset=cifar10_autoencoder", "--nnet.name=uvit")).preset, "cifar10");
  const refuses = async (line: string, ...args: string[]) =>
    await rejects(load(...args), { message: line });
  const autoencoder = "--preset=quickstart_autoencoder";
  const leave = "leave it out, or set nnet.name=";
  await refuses(
    `nnet.scalelong: is a setting of uvit and unet, not of autoencoder; ${leave}uvit`,
    ...[autoencoder, "--scalelong=3"],
  );
  await refuses(
    `process.schedule: is a setting of uvit and unet, not of autoencoder; ${leave}uvit`,
    ...[autoencoder, "--process.schedule=vp_cosine"],
  );
  await refuses(
    `train.kl_weight: is a setting of autoencoder, not of uvit; ${leave}autoencoder`,
    "--kl_weight=1",
  );
  await refuses(
    "dataset.name: features are latents already, and an autoencoder learns images; take the " +
      "images that they were made of",
    ...[autoencoder, "--dataset.name=features"],
  );
  await refuses(
    "nnet.ch_mult: 3 levels halve images 2 times, which 18 pixels do not allow; give fewer levels, " +
      "or take nnet.img_size=20",
    ...[autoencoder, "--img_size=18"],
  );
  // Other commands know diffusion models alone.
  await rejects(loadConfig(["--nnet.name=autoencoder"]), /nnet\.name: expected uvit or unet/);

  const help = configHelp(
    { about: "", examples: [] },
    await load("--nnet.name=autoencoder", "--help"),
    OWN,
    ALL_NETWORKS,
  );
  match(help, /^ {2}--nnet\.embed_dim=4 +channels of the latents$/m);
  match(help, /^ {2}--train\.kl_weight=/m);
  equal(
    /scalelong|process\.|sample\.scale/.test(help.replaceAll(/runs\/<preset>_scalelong/g, "")),
    false,
  );
});
