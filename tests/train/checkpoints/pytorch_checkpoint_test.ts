import {
  deepStrictEqual as deepEqual,
  ok,
  rejects,
  strictEqual as equal,
} from "node:assert/strict";
import { join } from "node:path";
import type { Checkpoint } from "../../../train/checkpoints/checkpoint.ts";
import { encodePth, type PthValue } from "../../../train/formats/pth.ts";
import { shapesOf } from "../../../train/checkpoints/network_shapes.ts";
import {
  readPytorchCheckpoint,
  savePytorchCheckpoint,
  writePytorchCheckpoint,
} from "../../../train/checkpoints/pytorch_checkpoint.ts";
import { TrainStep } from "../../../train/train_step.ts";
import { openDevice } from "../../device.ts";
import { distance, readGolden } from "../../golden.ts";
import { tinyConfig } from "../../tiny_config.ts";
import {
  givenBatch,
  GOLDEN_STEPS,
  goldenBatches,
  goldenConfig,
  goldenStart,
} from "../golden_training.ts";

const FOLDER = new URL("../../golden/12.ckpt", import.meta.url).pathname;
const golden = await readGolden("training_scalelong3");
const config = goldenConfig(golden, 1);
const shapes = shapesOf(config);

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function copyOf(folder: string): Promise<string> {
  const copy = join(folder, "12.ckpt");
  await Deno.mkdir(copy);
  for await (const { name } of Deno.readDir(FOLDER)) {
    await Deno.copyFile(join(FOLDER, name), join(copy, name));
  }
  return copy;
}

Deno.test("readPytorchCheckpoint() reads what the reference saved", async () => {
  const { step, nnet, nnet_ema, optimizer, ...moments } = await readPytorchCheckpoint(
    FOLDER,
    shapes,
  );
  equal(step, 12);
  deepEqual(nnet, golden.group("final."));
  deepEqual(nnet_ema, golden.group("ema."));
  const { name: _, ...settings } = config.optimizer;
  deepEqual({ ...optimizer }, settings);
  for (const values of [moments.exp_avg, moments.exp_avg_sq]) {
    deepEqual(Object.keys(values), Object.keys(shapes));
    ok(Object.values(values).every(({ data }) => data.some((v) => v !== 0)));
  }
});

Deno.test("training resumes from the reference's checkpoint, moments included", async () => {
  using device = await openDevice();
  const options = { source: givenBatch, recordLength: GOLDEN_STEPS };
  const trained = async (checkpoint: Checkpoint, first: number) => {
    using step = await TrainStep.create(device, config, { ...options, checkpoint });
    for (let i = 0; i < GOLDEN_STEPS; i++) step.run(first + i, goldenBatches(golden, i, 1));
    const records = await step.records();
    return { losses: records.map(({ loss }) => loss), left: await step.checkpoint(first + 12) };
  };
  const ours = (await trained(goldenStart(golden, config), 0)).left;
  const { optimizer: _, ...theirs } = await readPytorchCheckpoint(FOLDER, shapes);
  for (const key of ["exp_avg", "exp_avg_sq"] as const) {
    for (const name of Object.keys(shapes)) {
      const error = distance(ours[key][name].data, theirs[key][name].data);
      ok(error < 1e-4, `${key}.${name}: ${error}`);
    }
  }
  const [one, other] = [await trained(ours, 12), await trained({ ...theirs, config }, 12)];
  ok(distance(other.losses, one.losses) < 1e-5, `${other.losses} ${one.losses}`);
  for (const name of Object.keys(shapes)) {
    const error = distance(other.left.nnet[name].data, one.left.nnet[name].data);
    ok(error < 1e-4, `${name}: ${error}`);
  }
  const { exp_avg } = goldenStart(golden, config);
  const without = await trained({ ...theirs, exp_avg, exp_avg_sq: exp_avg, config }, 12);
  ok(distance(without.losses, one.losses) > 1e-2, "the moments make no difference");
});

Deno.test("writePytorchCheckpoint() and readPytorchCheckpoint() round trip bit for bit", async () => {
  await withFolder(async (folder) => {
    const { optimizer, ...values } = await readPytorchCheckpoint(FOLDER, shapes);
    const written = join(folder, "12.ckpt");
    await writePytorchCheckpoint(written, { ...values, config });
    const { optimizer: again, ...read } = await readPytorchCheckpoint(written, shapes);
    deepEqual(read, values);
    deepEqual(again, optimizer);
    const start = goldenStart(golden, config);
    await writePytorchCheckpoint(written, start);
    const { optimizer: _, ...first } = await readPytorchCheckpoint(written, shapes);
    deepEqual({ ...first, config }, start);
  });
});

Deno.test("savePytorchCheckpoint() keeps the newest", async () => {
  await withFolder(async (run) => {
    for (const step of [2, 4, 10]) {
      await savePytorchCheckpoint(run, { ...goldenStart(golden, config), step }, 2);
    }
    const names = [...Deno.readDirSync(join(run, "ckpts"))].map(({ name }) => name).sort();
    deepEqual(names, ["10.ckpt", "4.ckpt"]);
  });
});

Deno.test("readPytorchCheckpoint() refuses values that are not finite", async () => {
  await withFolder(async (folder) => {
    for (const part of ["nnet", "nnet_ema", "exp_avg", "exp_avg_sq"] as const) {
      const start = { ...goldenStart(golden, config), step: 12 };
      const data = start[part].pos_embed.data.slice();
      data[5] = -Infinity;
      const values = { ...start[part], pos_embed: { ...start[part].pos_embed, data } };
      const written = join(folder, "bad.ckpt");
      await writePytorchCheckpoint(written, { ...start, [part]: values });
      const file = part.startsWith("nnet") ? `${part}.pth` : `optimizer.pth: ${part}`;
      await rejects(readPytorchCheckpoint(written, shapes), {
        name: "CheckpointError",
        message: `${join(written, file)}: pos_embed[5] is -Infinity`,
      });
    }
  });
});

Deno.test("readPytorchCheckpoint() names the file and the problem", async () => {
  await withFolder(async (folder) => {
    const copy = await copyOf(folder);
    const refuses = (message: RegExp, expected = shapes) =>
      rejects(readPytorchCheckpoint(copy, expected), (error: Error) => {
        ok(error.name === "CheckpointError" || error.name === "WeightsError", error.name);
        ok(message.test(error.message), error.message);
        return true;
      });
    const put = (name: string, value: PthValue) =>
      Deno.writeFile(join(copy, name), encodePth(value));

    await refuses(/nnet\.pth: does not hold this network's weights/, shapesOf(tinyConfig()));
    await put("step.pth", 11);
    await refuses(/optimizer\.pth: pos_embed has had 12 steps, and step\.pth says 11$/);
    await put("step.pth", "12");
    await refuses(/step\.pth: does not hold a number of steps$/);
    await put("step.pth", 12);
    await put("optimizer.pth", new Map([["state", new Map()]]));
    await refuses(/optimizer\.pth: does not have one group of parameters$/);
    const exp_avg: PthValue = { dtype: "F32", shape: [3], data: new Float32Array(3) };
    const moments = new Map<string, PthValue>([["step", 12], ["exp_avg", exp_avg]]);
    const params = Object.keys(shapes).map((_, i) => i).reverse();
    const optimizer: PthValue = new Map<string, PthValue>([
      ["state", new Map([[0, moments]])],
      ["param_groups", [new Map([["params", params]])]],
    ]);
    await put("optimizer.pth", optimizer);
    await refuses(/exp_avg of parameter 0 is \[3\], and se\.layer2\.bias is \[17\]$/);
    await Deno.truncate(join(copy, "optimizer.pth"), 100);
    await refuses(/optimizer\.pth/);
    await Deno.remove(join(copy, "optimizer.pth"));
    await refuses(/optimizer\.pth: is missing$/);
  });
});
