import { deepStrictEqual as deepEqual, rejects, strictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { initialize } from "../../../nets/parameters.ts";
import { uvitParameters } from "../../../nets/uvit.ts";
import {
  type Checkpoint,
  checkpointFolder,
  saveCheckpoint,
  type Values,
} from "../../../train/checkpoints/checkpoint.ts";
import type { Config } from "../../../train/config/config.ts";
import { findWeights } from "../../../train/checkpoints/find_weights.ts";
import { openTensorFile } from "../../../train/checkpoints/tensor_file.ts";
import { encodeSafetensors } from "../../../train/formats/safetensors.ts";
import { tinyConfig } from "../../tiny_config.ts";

const config = tinyConfig();
const refuseSkips = (message: string) => {
  throw new Error(`skipped: ${message}`);
};
const EMA = { kind: "ema", onNote: refuseSkips } as const;

async function save(
  workdir: string,
  step: number,
  saved: Config = config,
  spoil: (checkpoint: Checkpoint) => void = () => {},
): Promise<string> {
  const values = (seed: number): Values => {
    const drawn: Values = {};
    uvitParameters(config.nnet, (name, shape) => {
      drawn[name] = { shape: [...shape], data: new Float32Array() };
    });
    const data = initialize((make) => uvitParameters(config.nnet, make), seed);
    for (const name of Object.keys(drawn)) drawn[name].data = data[name];
    return drawn;
  };
  const [nnet, nnet_ema] = [values(step), values(step + 0.5)];
  const checkpoint = { step, config: saved, nnet, nnet_ema, exp_avg: nnet, exp_avg_sq: nnet };
  spoil(checkpoint);
  return await saveCheckpoint(workdir, checkpoint, 9);
}

Deno.test("findWeights() takes a run's newest, a checkpoint's, or a file's", async () => {
  const run = await Deno.makeTempDir();
  try {
    const older = await save(run, 3);
    const newer = await save(run, 20);
    const found = await findWeights(run, EMA);
    deepEqual([found.step, found.file], [20, join(newer, "nnet_ema.safetensors")]);
    deepEqual(found.config, config);
    equal((await findWeights(older, EMA)).step, 3);
    const nnet = await findWeights(run, { ...EMA, kind: "nnet" });
    equal(nnet.file, join(newer, "nnet.safetensors"));
    deepEqual(await findWeights(nnet.file, { ...EMA, kind: "nnet" }), nnet);
  } finally {
    await Deno.remove(run, { recursive: true });
  }
});

Deno.test("findWeights() skips what it cannot read in a run, and names it", async () => {
  const run = await Deno.makeTempDir();
  try {
    await save(run, 3);
    const broken = join(await save(run, 20), "nnet_ema.safetensors");
    await Deno.truncate(broken, 100);
    const skipped: string[] = [];
    const found = await findWeights(run, { ...EMA, onNote: (message) => skipped.push(message) });
    equal(found.step, 3);
    equal(skipped.length, 1);
    equal(skipped[0].startsWith(broken) && skipped[0].endsWith("; skipped"), true, skipped[0]);
    await rejects(findWeights(checkpointFolder(run, 20), EMA), { name: "CheckpointError" });
  } finally {
    await Deno.remove(run, { recursive: true });
  }
});

Deno.test("findWeights() skips weights that are not finite, and names the value", async () => {
  const run = await Deno.makeTempDir();
  try {
    const spoil = (step: number) =>
      save(run, step, config, ({ nnet_ema }) => nnet_ema["pos_embed"].data[7] = NaN);
    const file = join(await spoil(20), "nnet_ema.safetensors");
    await rejects(findWeights(run, EMA), {
      name: "CheckpointError",
      message: `${file}: pos_embed[7] is NaN`,
    });
    await save(run, 3);
    const skipped: string[] = [];
    const found = await findWeights(run, { ...EMA, onNote: (message) => skipped.push(message) });
    deepEqual([found.step, skipped], [3, [`${file}: pos_embed[7] is NaN; skipped`]]);
    // The weights themselves are finite.
    equal((await findWeights(run, { ...EMA, kind: "nnet" })).step, 20);
    await spoil(3);
    await rejects(findWeights(run, { ...EMA, onNote: () => {} }), {
      message: `${run}: none of its 2 checkpoints can be read`,
    });
  } finally {
    await Deno.remove(run, { recursive: true });
  }
});

Deno.test("findWeights() says which it chose of a model and its average in one file", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(await save(folder, 3), "nnet_ema.safetensors");
    using one = await openTensorFile(path);
    const tensors = Object.fromEntries(
      ["online_model.", "ema_model."].flatMap((prefix) =>
        [...one.tensors.keys()].map((name) => [prefix + name, one.read(name)])
      ),
    );
    const both = join(folder, "both.safetensors");
    await Deno.writeFile(both, encodeSafetensors(tensors));
    const notes: string[] = [];
    await findWeights(both, { kind: "ema", config, onNote: (message) => notes.push(message) });
    deepEqual(notes, [`${both}: took its ema_model.*, not its online_model.*`]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("findWeights() refuses what is not a checkpoint, or is another network's", async () => {
  const run = await Deno.makeTempDir();
  try {
    const refuses = (path: string, message: RegExp) =>
      rejects(findWeights(path, EMA), { name: /^(Checkpoint|Weights)Error$/, message });
    await refuses(join(run, "none"), /none: there is no such file or folder$/);
    await refuses(run, /has no checkpoint; name a run's folder/);
    const wider = { ...config, nnet: { ...config.nnet, embed_dim: 64 } };
    await refuses(
      await save(run, 1, wider),
      /pos_embed is \[1,6,32\], the network's is \[1,6,64\]/,
    );
    const shallow = { ...config, nnet: { ...config.nnet, conv: false } };
    await refuses(
      await save(run, 2, shallow),
      /unexpected \(2\): final_layer\.weight \[3,3,3,3\], final_layer\.bias \[3\]$/m,
    );
    await refuses(
      join(checkpointFolder(run, 1), "optimizer.safetensors"),
      /missing \(\d+\): pos_embed/,
    );
  } finally {
    await Deno.remove(run, { recursive: true });
  }
});
