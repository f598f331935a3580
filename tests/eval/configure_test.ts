import { deepStrictEqual as deepEqual, throws } from "node:assert/strict";
import { type ConfigOverrides, configure } from "../../eval/configure.ts";
import type { Config } from "../../train/config/config.ts";
import { type PresetName, presets } from "../../train/config/presets.ts";
import { DIFFUSION, loadConfig } from "../../tasks/cli/load_config.ts";
import { z } from "zod";

/** The configuration of a command line without flags of its own. */
async function byCommand(...args: string[]): Promise<Config> {
  return (await loadConfig(args, { schema: z.strictObject({}), defaults: {} }, DIFFUSION)).config;
}

/** What a program without types, as in a notebook, may pass. */
const loose = configure as (preset: unknown, overrides?: unknown) => Config;

Deno.test("configure() changes what is named at any depth, and leaves the preset as it is", () => {
  const before = structuredClone(presets.quickstart);
  const { quickstart } = presets;
  deepEqual(configure("quickstart"), quickstart);
  const betas = [0.8, 0.9] as const;
  deepEqual(
    configure("quickstart", { nnet: { scalelong: 3 }, optimizer: { betas }, seed: undefined }),
    {
      ...quickstart,
      nnet: { ...quickstart.nnet, scalelong: 3 },
      optimizer: { ...quickstart.optimizer, betas: [0.8, 0.9] },
    },
  );
  deepEqual(presets.quickstart, before);
});

Deno.test("configure() and the command line make the same configuration of the same settings", async () => {
  const pairs: [PresetName, ConfigOverrides, string[]][] = [
    ["quickstart", { nnet: { img_size: 24 } }, ["--img_size=24"]],
    ["quickstart", { train: { mode: "uncond" } }, ["--mode=uncond"]],
    ["cifar10", { nnet: { name: "unet", ch: 64 } }, [
      "--preset=cifar10",
      "--nnet.name=unet",
      "--ch=64",
    ]],
    ["cifar10", { nnet: { num_classes: 11 }, train: { p_uncond: 0.1 } }, [
      "--preset=cifar10",
      "--num_classes=11",
      "--p_uncond=0.1",
    ]],
    ["folder_unet", { dataset: { path: "photos" }, train: { mode: "uncond" } }, [
      "--preset=folder_unet",
      "--dataset.path=photos",
      "--mode=uncond",
    ]],
  ];
  for (const [preset, overrides, args] of pairs) {
    deepEqual(configure(preset, overrides), await byCommand(...args), args.join(" "));
  }
});

Deno.test("configure() takes shape and number of classes from the images where they are left out", () => {
  const data = { shape: [1, 24, 24], class_names: ["a", "b", "c"] } as const;
  const { nnet, dataset, train } = configure("quickstart", {}, data);
  deepEqual([nnet.in_chans, nnet.img_size, dataset.image_size], [1, 24, 24]);
  deepEqual([nnet.num_classes, train.mode], [4, "cond"]);
  deepEqual(configure("folder", {}, data).nnet.num_classes, 4);
  deepEqual(
    configure("folder", { train: { p_uncond: 0 }, sample: { scale: 0 } }, data).nnet.num_classes,
    3,
  );
  deepEqual(configure("folder", { train: { mode: "uncond" } }, data).nnet.num_classes, -1);
  deepEqual(configure("quickstart", { nnet: { num_classes: 9 } }, data).nnet.num_classes, 9);
  // The paper's setting stays without labels.
  deepEqual(configure("cifar10", {}, data).nnet.num_classes, -1);
});

Deno.test("configure() names each mistake, in words of settings", () => {
  const refused: [unknown, unknown, string | RegExp][] = [
    ["quikstart", {}, 'preset: there is none called "quikstart"; did you mean quickstart?'],
    ["mnist", {}, /^preset: there is none called "mnist"; there are quickstart, cifar10, .*$/],
    ["quickstart", 3, "overrides: expected an object like { train: { batch_size: 64 } }"],
    ["quickstart", { nnet: { scalelong: 9 } }, "nnet.scalelong: expected 0, 1, 2, 3 or 4, got 9"],
    ["quickstart", { optimizer: { lr: NaN } }, "optimizer.lr: expected a number above 0, got NaN"],
    [
      "quickstart",
      { train: { batchsize: 1 }, zzyzx: 1 },
      [
        "train.batchsize: there is no such setting; did you mean train.batch_size?",
        "zzyzx: there is no such setting; the type Config has them all",
      ].join("\n"),
    ],
    [
      "quickstart",
      { sample: { algorithm: "dpm_solvr" } },
      /^sample\.algorithm: expected .* or .*, got "dpm_solvr"; did you mean dpm_solver\?$/,
    ],
    [
      "quickstart",
      { sample: { grid: "even" } },
      'sample.grid: expected log_snr, uniform, quadratic, karras or null, got "even"',
    ],
    [
      "quickstart",
      { nnet: { ch: 64 } },
      "nnet.ch: is a setting of unet, not of uvit; leave it out, or set nnet.name=unet",
    ],
    [
      "mscoco_uvit_small",
      { nnet: { name: "unet" } },
      /^nnet\.name: the preset mscoco_uvit_small is of another network, and has no counterpart for unet;/,
    ],
    [
      "quickstart",
      { nnet: { depth: 3, num_heads: 7 } },
      "nnet.embed_dim: 128 cannot be divided among 7 heads; take 133, or other nnet.num_heads\n" +
      "nnet.depth: 3 is odd, but half of the blocks come before the middle one, half after it; take 4",
    ],
  ];
  for (const [preset, overrides, message] of refused) {
    throws(() => loose(preset, overrides), { name: "UsageError", message });
  }
});

Deno.test("configure() has the settings of the preset's network, and of another by name, as types", () => {
  configure("quickstart_unet", { nnet: { ch: 64, kappa_index: "resolution" } });
  configure("quickstart", { nnet: { name: "unet", ch: 64 } });
  const refused: (() => void)[] = [
    // @ts-expect-error: a setting of the UNet
    () => configure("quickstart", { nnet: { ch: 64 } }),
    // @ts-expect-error: no method of ScaleLong
    () => configure("quickstart", { nnet: { scalelong: 9 } }),
    // @ts-expect-error: a typo
    () => configure("quickstart", { train: { batchsize: 1 } }),
    // @ts-expect-error: a setting of U-ViT
    () => configure("quickstart_unet", { nnet: { patch_size: 1 } }),
    // @ts-expect-error: no preset
    () => configure("quikstart"),
  ];
  for (const refuse of refused) throws(refuse, { name: "UsageError" });
});
