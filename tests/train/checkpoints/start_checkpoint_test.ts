import { deepStrictEqual as deepEqual, rejects, strictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { initialize } from "../../../nets/parameters.ts";
import { networkParameters } from "../../../nets/network.ts";
import {
  type Checkpoint,
  checkpointFolder,
  saveCheckpoint,
  type Values,
} from "../../../train/checkpoints/checkpoint.ts";
import { shapesOf } from "../../../train/checkpoints/network_shapes.ts";
import { savePytorchCheckpoint } from "../../../train/checkpoints/pytorch_checkpoint.ts";
import {
  checkpointFromWeights,
  checkpointToResumeFrom,
} from "../../../train/checkpoints/start_checkpoint.ts";
import { tinyConfig } from "../../tiny_config.ts";

const config = tinyConfig();
const first = initialize((make) => networkParameters(config.nnet, make), 0);

/** A checkpoint with first weights everywhere, one value of the averaged ones replaced. */
function checkpointOf(step: number, value = 0.5): Checkpoint {
  const values = (): Values =>
    Object.fromEntries(
      Object.entries(shapesOf(config)).map((
        [name, shape],
      ) => [name, { shape: [...shape], data: first[name].slice() }]),
    );
  const nnet_ema = values();
  nnet_ema.pos_embed.data[3] = value;
  return { step, config, nnet: values(), nnet_ema, exp_avg: values(), exp_avg_sq: values() };
}

async function inRun(
  use: (run: string, noted: string[], note: (message: string) => void) => Promise<void>,
): Promise<void> {
  const run = await Deno.makeTempDir();
  const noted: string[] = [];
  try {
    await use(run, noted, (message) => void noted.push(message));
  } finally {
    await Deno.remove(run, { recursive: true });
  }
}

for (const pytorch of [false, true]) {
  const name = pytorch ? "PyTorch's" : "ours";
  Deno.test(`checkpointToResumeFrom() takes no checkpoint that is not finite, ${name}`, async () => {
    await inRun(async (run, noted, note) => {
      const save = pytorch ? savePytorchCheckpoint : saveCheckpoint;
      const folder = (step: number) =>
        pytorch ? join(run, "ckpts", `${step}.ckpt`) : checkpointFolder(run, step);
      const said = (step: number) =>
        `${join(folder(step), pytorch ? "nnet_ema.pth" : "nnet_ema.safetensors")}: ` +
        "pos_embed[3] is NaN";
      await save(run, checkpointOf(1), 9);
      for (const step of [2, 3]) await save(run, checkpointOf(step, NaN), 9);
      await rejects(checkpointToResumeFrom(folder(3), config, { otherwise: "", note }), {
        name: "CheckpointError",
        message: said(3),
      });
      equal((await checkpointToResumeFrom(run, config, { otherwise: "", note })).step, 1);
      deepEqual(noted.slice(0, 2), [3, 2].map((step) => `${said(step)}; skipped`));

      await save(run, checkpointOf(1, NaN), 9);
      await rejects(checkpointToResumeFrom(run, config, { otherwise: "", note }), {
        message: `${run}: none of its 3 checkpoints can be read`,
      });
    });
  });
}

Deno.test("checkpointFromWeights() takes no weights that are not finite", async () => {
  await inRun(async (run, noted, note) => {
    await saveCheckpoint(run, checkpointOf(1, 0.25), 9);
    const spoilt = await saveCheckpoint(run, checkpointOf(2, -Infinity), 9);
    const said = `${join(spoilt, "nnet_ema.safetensors")}: pos_embed[3] is -Infinity`;
    await rejects(checkpointFromWeights(spoilt, config, { partial: true, note }), {
      name: "CheckpointError",
      message: said,
    });
    noted.length = 0;
    const { nnet } = await checkpointFromWeights(run, config, { partial: false, note });
    equal(nnet.pos_embed.data[3], 0.25);
    equal(
      noted.at(-1),
      `weights from ${
        join(checkpointFolder(run, 1), "nnet_ema.safetensors")
      }: 45 of 45 tensors taken`,
    );
    equal(noted.includes(`${said}; skipped`), true, noted.join("\n"));
  });
});
