import { deepStrictEqual as deepEqual, ok, strictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { runDisk } from "../../../eval/training/run_disk.ts";
import { saveCheckpoint } from "../../../train/checkpoints/checkpoint.ts";
import { savePytorchCheckpoint } from "../../../train/checkpoints/pytorch_checkpoint.ts";
import type { Config } from "../../../train/config/config.ts";
import { evalSchema } from "../../../train/config/fid_schema.ts";
import { presets } from "../../../train/config/presets.ts";
import { TrainStep } from "../../../train/train_step.ts";
import { openDevice } from "../../device.ts";
import { tinyConfig, tinyUnet } from "../../tiny_config.ts";

function bytesIn(folder: string): number {
  return [...Deno.readDirSync(folder)].reduce((sum, { name, isDirectory }) => {
    const path = join(folder, name);
    return sum + (isDirectory ? bytesIn(path) : Deno.statSync(path).size);
  }, 0);
}

Deno.test("runDisk() knows the size of a checkpoint in both formats", async () => {
  using device = await openDevice();
  for (const config of [tinyConfig(), tinyUnet()]) {
    const workdir = await Deno.makeTempDir();
    using step = await TrainStep.create(device, config, { recordLength: 1 });
    const checkpoint = await step.checkpoint(1);
    const { checkpoint: expected } = runDisk(config, null);
    await saveCheckpoint(workdir, checkpoint, 1);
    const ours = bytesIn(join(workdir, "checkpoints"));
    ok(Math.abs(ours / expected - 1) < 0.02, `${config.nnet.name}: ${ours}, not ${expected}`);
    await savePytorchCheckpoint(workdir, checkpoint, 1);
    const theirs = bytesIn(join(workdir, "ckpts"));
    // PyTorch's files have a file's header for each of the tiny tensors.
    ok(theirs / expected > 0.98 && theirs / expected < 1.5, `${theirs}, not ${expected}`);
    await Deno.remove(workdir, { recursive: true });
  }
});

Deno.test("runDisk() counts the checkpoints that are there at the same time", () => {
  const counts = (train: Partial<Config["train"]>, fid = {}) => {
    const config = tinyConfig({
      train: { n_steps: 41, ...train },
      eval: evalSchema.parse({ fid }),
    });
    const { checkpoints, pytorch, checkpoint, samples, log, bytes } = runDisk(config, null);
    equal(bytes, (checkpoints + pytorch) * checkpoint + samples + log);
    return [checkpoints, pytorch];
  };
  // The last is whole before the first goes.
  deepEqual(counts({ save_interval: 4, keep: 3 }), [4, 0]);
  deepEqual(counts({ save_interval: 4, keep: 3, format: "pytorch" }), [4, 4]);
  deepEqual(counts({ save_interval: 4, keep: 3 }, { n_samples: 8 }), [5, 0]);
  deepEqual(counts({ save_interval: 40, keep: 3 }), [2, 0]);
  deepEqual(counts({ save_interval: 4, keep: 0 }), [2, 0]);
});

Deno.test("runDisk() bounds the decoded images of a folder", () => {
  const { folder } = presets;
  equal(runDisk(presets.cifar10, 50_000).cache, 0);
  equal(runDisk({ ...folder, dataset: { ...folder.dataset, cache: false } }, 10).cache, 0);
  equal(runDisk(folder, null).cache, null);
  const { cache, bytes } = runDisk(folder, 1000);
  ok(cache! >= 1000 * 3 * 64 * 64 && cache! < 1000 * 3 * 64 * 64 * 1.05);
  ok(bytes > cache!);
});
