import { deepStrictEqual as deepEqual, strictEqual as equal } from "node:assert/strict";
import { configSchema } from "../../../train/config/config_schema.ts";
import { fieldsOf, flatten, nest } from "../../../train/config/fields.ts";
import { presets } from "../../../train/config/presets.ts";
import { parseConfig } from "../../../train/config/parse_config.ts";
import { changedSettings, resumeConflicts } from "../../../train/config/resume_conflicts.ts";

Deno.test("resumeConflicts() names the fields that would make it another run", () => {
  const saved = presets.quickstart;
  const requested = structuredClone(saved);
  deepEqual(resumeConflicts(saved, requested), []);

  requested.seed = 9;
  requested.nnet.depth = 8;
  requested.nnet.qk_scale = 0.5;
  requested.train.batch_size = 32;
  requested.optimizer.name = "adam";
  requested.dataset.name = "folder";
  requested.dataset.background = "white";
  deepEqual(resumeConflicts(saved, requested).map((line) => line.split(":")[0]), [
    "seed",
    "train.batch_size",
    "optimizer.name",
    "nnet.depth",
    "nnet.qk_scale",
    "dataset.name",
    "dataset.background",
  ]);
  equal(
    resumeConflicts(saved, requested)[3],
    "nnet.depth: the checkpoint was trained with 4, this run asks for 8",
  );
});

Deno.test("resumeConflicts() names another network, not all its settings", () => {
  const { quickstart, quickstart_unet } = presets;
  const requested = { ...quickstart, nnet: quickstart_unet.nnet };
  deepEqual(resumeConflicts(quickstart, requested), [
    'nnet.name: the checkpoint was trained with "uvit", this run asks for "unet"',
  ]);
  const wider = { ...quickstart_unet, nnet: { ...quickstart_unet.nnet, ch_mult: [1, 1, 1] } };
  deepEqual(resumeConflicts(quickstart_unet, wider), [
    "nnet.ch_mult: the checkpoint was trained with [1,2,2], this run asks for [1,1,1]",
  ]);
});

Deno.test("resumeConflicts() names a change of the diffusion process", () => {
  const saved = presets.quickstart;
  const requested = {
    ...saved,
    process: { ...saved.process, beta_max: 12, target: "data" } as const,
  };
  deepEqual(resumeConflicts(saved, requested), [
    "process.beta_max: the checkpoint was trained with 20, this run asks for 12",
    'process.target: the checkpoint was trained with "noise", this run asks for "data"',
  ]);
});

Deno.test("resumeConflicts() allows a run to be prolonged, tuned and moved", () => {
  const requested = structuredClone(presets.quickstart);
  requested.workdir = "elsewhere";
  requested.train.n_steps = 9999;
  requested.train.save_interval = 7;
  requested.train.micro_batches = 2;
  requested.optimizer.lr = 1;
  requested.nnet.use_checkpoint = true;
  requested.dataset.path = "elsewhere";
  requested.sample.scale = 3;
  deepEqual(resumeConflicts(presets.quickstart, requested), []);
  deepEqual(changedSettings(presets.quickstart, requested), [
    `train.n_steps: ${presets.quickstart.train.n_steps} -> 9999`,
    "train.micro_batches: 1 -> 2",
    `train.save_interval: ${presets.quickstart.train.save_interval} -> 7`,
    `optimizer.lr: ${presets.quickstart.optimizer.lr} -> 1`,
    "nnet.use_checkpoint: false -> true",
    'dataset.path: null -> "elsewhere"',
    `sample.scale: ${presets.quickstart.sample.scale} -> 3`,
  ]);
});

Deno.test("every field that differs is a conflict or a change, but the run's folder", () => {
  for (const preset of [presets.quickstart, presets.quickstart_unet]) {
    const fields = fieldsOf(configSchema);
    for (const [path, value] of flatten(preset, fields)) {
      // Not valid, and not the same as any that is.
      const requested = nest(new Map([...flatten(preset, fields), [path, [value]]])) as never;
      const lines = [...resumeConflicts(preset, requested), ...changedSettings(preset, requested)];
      const named = lines.map((line) => line.split(":")[0]);
      deepEqual(named, path === "workdir" ? [] : [path], path);
    }
  }
});

Deno.test("changedSettings() takes what an older configuration lacks for its default", () => {
  const { process: _, eval: __, train, dataset, ...older } = structuredClone(presets.quickstart);
  const { format, mixed_precision, ...train_then } = train;
  const { background, skip_broken, ...dataset_then } = dataset;
  deepEqual(
    [format, mixed_precision, background, skip_broken],
    ["safetensors", "no", null, false],
  );
  const saved = parseConfig({ ...older, train: train_then, dataset: dataset_then });
  deepEqual(changedSettings(saved, presets.quickstart), []);
  deepEqual(resumeConflicts(saved, presets.quickstart), []);
});
