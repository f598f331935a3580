import { deepStrictEqual as deepEqual, rejects } from "node:assert/strict";
import { join } from "node:path";
import { CheckpointError, saveCheckpoint } from "../../../train/checkpoints/checkpoint.ts";
import { findCheckpoints } from "../../../train/checkpoints/find_checkpoint.ts";
import { savePytorchCheckpoint } from "../../../train/checkpoints/pytorch_checkpoint.ts";
import { checkpointOf } from "./checkpoint_of.ts";

const OTHERWISE = "take its weights";

Deno.test("findCheckpoints() takes a folder or a run's, newest first, ours or PyTorch's", async () => {
  const run = await Deno.makeTempDir();
  try {
    const finds = async (path: string, folders: readonly string[], pytorch: boolean) =>
      deepEqual(
        await findCheckpoints(path, OTHERWISE),
        folders.map((folder) => ({ folder, pytorch })),
      );
    const ckpt = (step: number) => join(run, "ckpts", `${step}.ckpt`);
    const own = (step: number) => join(run, "checkpoints", `${step}`);
    await rejects(findCheckpoints(run, OTHERWISE), CheckpointError);
    await rejects(findCheckpoints(join(run, "none"), OTHERWISE), CheckpointError);
    for (const step of [1, 2]) await savePytorchCheckpoint(run, checkpointOf(step), 9);
    await finds(run, [ckpt(2), ckpt(1)], true);
    await finds(ckpt(1), [ckpt(1)], true);
    for (const step of [1, 2]) await saveCheckpoint(run, checkpointOf(step), 9);
    await finds(run, [own(2), own(1)], false);
    await finds(own(1), [own(1)], false);
    await rejects(
      findCheckpoints(join(run, "ckpts", "1.ckpt", "nnet.pth"), OTHERWISE),
      /^UsageError: .*nnet\.pth: is a file, .*; take its weights$/,
    );
  } finally {
    await Deno.remove(run, { recursive: true });
  }
});
