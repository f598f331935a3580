import { deepStrictEqual as deepEqual, rejects } from "node:assert/strict";
import { join } from "node:path";
import { CheckpointError, saveCheckpoint } from "../../../train/checkpoints/checkpoint.ts";
import { findCheckpoint } from "../../../train/checkpoints/find_checkpoint.ts";
import { savePytorchCheckpoint } from "../../../train/checkpoints/pytorch_checkpoint.ts";
import { UsageError } from "../../../train/config/usage_error.ts";
import { checkpointOf } from "./checkpoint_of.ts";

Deno.test("findCheckpoint() takes a folder or a run's newest, ours or PyTorch's", async () => {
  const run = await Deno.makeTempDir();
  try {
    const finds = async (path: string, folder: string, pytorch: boolean) =>
      deepEqual(await findCheckpoint(path), { folder, pytorch });
    await rejects(findCheckpoint(run), CheckpointError);
    await rejects(findCheckpoint(join(run, "none")), CheckpointError);
    for (const step of [1, 2]) await savePytorchCheckpoint(run, checkpointOf(step), 9);
    await finds(run, join(run, "ckpts", "2.ckpt"), true);
    await finds(join(run, "ckpts", "1.ckpt"), join(run, "ckpts", "1.ckpt"), true);
    for (const step of [1, 2]) await saveCheckpoint(run, checkpointOf(step), 9);
    await finds(run, join(run, "checkpoints", "2"), false);
    await finds(join(run, "checkpoints", "1"), join(run, "checkpoints", "1"), false);
    await rejects(findCheckpoint(join(run, "ckpts", "1.ckpt", "nnet.pth")), UsageError);
  } finally {
    await Deno.remove(run, { recursive: true });
  }
});
