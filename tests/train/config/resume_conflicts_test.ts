import { deepStrictEqual as deepEqual, strictEqual as equal } from "node:assert/strict";
import { presets } from "../../../train/config/presets.ts";
import { resumeConflicts } from "../../../train/config/resume_conflicts.ts";

Deno.test("resumeConflicts() names what would make it another run", () => {
  const saved = presets.quickstart;
  const wanted = structuredClone(saved);
  deepEqual(resumeConflicts(saved, wanted), []);

  wanted.seed = 9;
  wanted.nnet.depth = 8;
  wanted.nnet.qk_scale = 0.5;
  wanted.train.batch_size = 32;
  wanted.optimizer.name = "adam";
  wanted.dataset.name = "folder";
  deepEqual(resumeConflicts(saved, wanted).map((line) => line.split(":")[0]), [
    "--seed",
    "--train.batch_size",
    "--optimizer.name",
    "--nnet.depth",
    "--nnet.qk_scale",
    "--dataset.name",
  ]);
  equal(
    resumeConflicts(saved, wanted)[3],
    "--nnet.depth: the checkpoint was trained with 4, this run asks for 8",
  );
});

Deno.test("resumeConflicts() names another network, not all its settings", () => {
  const { quickstart, quickstart_unet } = presets;
  const wanted = { ...quickstart, nnet: quickstart_unet.nnet };
  deepEqual(resumeConflicts(quickstart, wanted), [
    '--nnet.name: the checkpoint was trained with "uvit", this run asks for "unet"',
  ]);
  const wider = { ...quickstart_unet, nnet: { ...quickstart_unet.nnet, ch_mult: [1, 1, 1] } };
  deepEqual(resumeConflicts(quickstart_unet, wider), [
    "--nnet.ch_mult: the checkpoint was trained with [1,2,2], this run asks for [1,1,1]",
  ]);
});

Deno.test("resumeConflicts() names a change of the diffusion process", () => {
  const saved = presets.quickstart;
  const wanted = { ...saved, process: { ...saved.process, beta_max: 12, target: "data" } as const };
  deepEqual(resumeConflicts(saved, wanted), [
    "--process.beta_max: the checkpoint was trained with 20, this run asks for 12",
    '--process.target: the checkpoint was trained with "noise", this run asks for "data"',
  ]);
});

Deno.test("resumeConflicts() lets a run be prolonged, tuned and moved", () => {
  const wanted = structuredClone(presets.quickstart);
  wanted.workdir = "elsewhere";
  wanted.train.n_steps = 9999;
  wanted.train.save_interval = 7;
  wanted.train.micro_batches = 2;
  wanted.optimizer.lr = 1;
  wanted.nnet.use_checkpoint = true;
  wanted.dataset.path = "elsewhere";
  wanted.sample.scale = 3;
  deepEqual(resumeConflicts(presets.quickstart, wanted), []);
});
