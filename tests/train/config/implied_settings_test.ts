import { deepStrictEqual as deepEqual, strictEqual as equal } from "node:assert/strict";
import { configSchema } from "../../../train/config/config_schema.ts";
import { fieldsOf, flatten, nest, type Settings } from "../../../train/config/fields.ts";
import {
  type DataFacts,
  followsData,
  impliedSettings,
  NO_FACTS,
} from "../../../train/config/implied_settings.ts";
import { type PresetName, presets } from "../../../train/config/presets.ts";

const NAMES = Object.keys(presets) as PresetName[];

const settingsOf = (preset: PresetName): Settings =>
  flatten(presets[preset], fieldsOf(configSchema));

const given = (settings: Record<string, unknown>): Settings => new Map(Object.entries(settings));

/** What is implied by settings on top of a preset; fails where the whole is not valid. */
function implied(
  preset: PresetName,
  settings: Record<string, unknown>,
  facts: number | DataFacts = NO_FACTS,
): Record<string, unknown> {
  const base = settingsOf(preset);
  const more = impliedSettings(
    given(settings),
    base,
    typeof facts === "number" ? { classes: facts, latents: null } : facts,
  );
  configSchema.parse(nest(new Map([...base, ...more, ...given(settings)])));
  return Object.fromEntries(more);
}

Deno.test("--mode=uncond alone makes every preset unconditional", () => {
  for (const name of NAMES) {
    const { nnet } = presets[name];
    const isText = nnet.name === "uvit" && nnet.clip_dim !== null;
    const expected = {
      ...isText ? { "nnet.clip_dim": null } : {},
      ...name === "quickstart_t2i" ? { "nnet.text_depth": 0 } : {},
      "nnet.num_classes": -1,
      "sample.scale": 0,
    };
    deepEqual(implied(name, { "train.mode": "uncond" }), expected, name);
  }
});

Deno.test("one image size is the other, and a number of classes tells the mode", () => {
  deepEqual(implied("folder", { "dataset.image_size": 32 }), { "nnet.img_size": 32 });
  deepEqual(implied("cifar10", { "nnet.img_size": 64 }), { "dataset.image_size": 64 });
  deepEqual(implied("cifar10", { "nnet.num_classes": 10 }), { "train.mode": "cond" });
  deepEqual(implied("quickstart", { "nnet.num_classes": -1 }), {
    "train.mode": "uncond",
    "sample.scale": 0,
  });
  deepEqual(implied("quickstart", { "train.batch_size": 3 }), {});
});

Deno.test("texts take the place of labels, and labels that of texts", () => {
  const text = { "train.mode": "cond", "nnet.num_classes": -1 };
  for (const name of ["quickstart", "cifar10", "folder"] as const) {
    deepEqual(implied(name, { "nnet.clip_dim": 768 }), text);
    deepEqual(implied(name, { "nnet.clip_dim": 768 }, 4), text);
  }
  const of_texts = new Map([...settingsOf("quickstart"), ["nnet.clip_dim", 768]]);
  const over = (settings: Record<string, unknown>, classes: number | null = null) =>
    Object.fromEntries(impliedSettings(given(settings), of_texts, { classes, latents: null }));
  deepEqual(over({ "train.batch_size": 2 }, 4), text);
  deepEqual(over({ "nnet.num_classes": 5 }), { "nnet.clip_dim": null, "train.mode": "cond" });
  deepEqual(over({ "train.mode": "uncond" }), {
    "nnet.clip_dim": null,
    "nnet.num_classes": -1,
    "sample.scale": 0,
  });
});

Deno.test("classes of the data decide the mode and the number of labels, unless they are given", () => {
  const cond = { "train.mode": "cond", "nnet.num_classes": 5 };
  deepEqual(implied("folder", {}, 4), cond);
  deepEqual(implied("folder", { "train.p_uncond": 0, "sample.scale": 0 }, 5), cond);
  deepEqual(implied("folder", {}, 1)["train.mode"], "uncond");
  deepEqual(implied("folder", { "train.mode": "cond" }, 1), { "nnet.num_classes": 2 });
  deepEqual(implied("folder", { "train.mode": "uncond" }, 4)["nnet.num_classes"], -1);
  deepEqual(implied("cifar10", { "train.mode": "cond" }, 10), { "nnet.num_classes": 10 });
});

Deno.test("latents tell image size, channels and factor, unless they are given", () => {
  const facts = { classes: 2, latents: { channels: 8, size: 16, scale_factor: 0.25 } };
  const all = {
    "dataset.image_size": 16,
    "nnet.img_size": 16,
    "nnet.in_chans": 8,
    "autoencoder.scale_factor": 0.25,
    "train.mode": "cond",
    "nnet.num_classes": 3,
  };
  deepEqual(implied("features", {}, facts), all);
  const { "nnet.in_chans": _, "autoencoder.scale_factor": __, ...rest } = all;
  const given = { "nnet.in_chans": 4, "autoencoder.scale_factor": 1 };
  deepEqual(implied("features", given, facts), rest);
  const { "sample.clip_denoised": clip } = implied("quickstart", {
    "dataset.name": "features",
    "sample.n_samples": 0,
  });
  equal(clip, false);
});

Deno.test("how a sampler works is not how another does, unless that is given too", () => {
  const open = { "sample.variant": null, "sample.order": null, "sample.t_end": null };
  const over = (settings: Record<string, unknown>) => implied("imagenet256_uvit_huge", settings);
  deepEqual(over({ "sample.algorithm": "ddim" }), { ...open, "sample.grid": null });
  deepEqual(over({ "sample.algorithm": "ddim", "sample.grid": "karras" }), open);
  deepEqual(over({ "sample.algorithm": "dpm_solver_pp" }), {});
  deepEqual(implied("folder", { "sample.algorithm": "ddim" }), {});
});

Deno.test("followsData() is true of latents, and where a folder, or labels that a preset lacks, leave classes open", () => {
  const follows = (preset: PresetName, settings: Record<string, unknown>) =>
    followsData(given(settings), settingsOf(preset));
  const folder = { "dataset.name": "folder" };
  equal(follows("folder", {}), true);
  equal(follows("quickstart", folder), true);
  equal(follows("cifar10", { "train.mode": "cond" }), true);
  equal(follows("cifar10", { "dataset.name": "features", "train.mode": "uncond" }), true);
  // The preset and the person have said what is trained.
  equal(follows("cifar10", folder), false);
  equal(follows("folder", { "train.mode": "uncond" }), false);
  equal(follows("folder", { "nnet.num_classes": 3 }), false);
  equal(follows("quickstart", {}), false);
  equal(follows("folder", { "nnet.clip_dim": 768 }), false);
});
