import {
  deepStrictEqual as deepEqual,
  match,
  ok,
  rejects,
  strictEqual as equal,
} from "node:assert/strict";
import { join } from "node:path";
import {
  type Checkpoint,
  CHECKPOINT_FILES,
  checkpointFolder,
  latestCheckpoint,
  loadCheckpoint,
  saveCheckpoint,
  savedIn,
} from "../../../train/checkpoints/checkpoint.ts";
import { decodeSafetensors, encodeSafetensors } from "../../../train/formats/safetensors.ts";
import type { StoredTensor } from "../../../train/formats/stored_tensor.ts";
import { presets } from "../../../train/config/presets.ts";
import { checkpointOf } from "./checkpoint_of.ts";

type ValuesKey = "nnet" | "nnet_ema" | "exp_avg" | "exp_avg_sq";

const NNET = "nnet.safetensors";

async function withWorkdir(use: (workdir: string) => Promise<void>): Promise<void> {
  const workdir = await Deno.makeTempDir();
  try {
    await use(workdir);
  } finally {
    await Deno.remove(workdir, { recursive: true });
  }
}

function names(workdir: string): string[] {
  return [...Deno.readDirSync(join(workdir, "checkpoints"))].map(({ name }) => name).sort();
}

/** The step of the newest readable checkpoint, and what was said of those skipped. */
async function latest(workdir: string): Promise<{ step: number | null; skipped: string[] }> {
  const skipped: string[] = [];
  const found = await latestCheckpoint(workdir, { onSkip: (message) => skipped.push(message) });
  return { step: found?.step ?? null, skipped };
}

Deno.test("saveCheckpoint() and loadCheckpoint() round trip", async () => {
  await withWorkdir(async (workdir) => {
    const folder = await saveCheckpoint(workdir, checkpointOf(7), 3);
    equal(folder, checkpointFolder(workdir, 7));
    deepEqual(await loadCheckpoint(folder), checkpointOf(7));
    const { metadata } = decodeSafetensors(await Deno.readFile(join(folder, NNET)), NNET);
    deepEqual([metadata.format, metadata.step, metadata.seed], ["scalelong", "7", "0"]);
  });
});

Deno.test("saveCheckpoint() and loadCheckpoint() keep the loss average bit for bit", async () => {
  await withWorkdir(async (workdir) => {
    const loss_average = { sum: 0.1 + 0.2, weight: 1 - 0.96 ** 5 };
    const folder = await saveCheckpoint(workdir, { ...checkpointOf(7), loss_average }, 3);
    deepEqual((await loadCheckpoint(folder)).loss_average, loss_average);
    const file = join(folder, "optimizer.safetensors");
    const { tensors, metadata } = decodeSafetensors(await Deno.readFile(file), file);
    await Deno.writeFile(file, encodeSafetensors(tensors, { ...metadata, loss_average: "{}" }));
    await rejects(loadCheckpoint(folder), { name: "CheckpointError", message: /loss average/ });
  });
});

Deno.test("the data that a run was trained on is in each file of its checkpoints", async () => {
  await withWorkdir(async (workdir) => {
    const data = {
      class_names: ["cat", "ship"],
      class_counts: [2, 1],
      class_digests: ["0a", "1b"],
      digest: "2c",
    };
    const folder = await saveCheckpoint(workdir, { ...checkpointOf(7), data }, 3);
    deepEqual(await loadCheckpoint(folder), { ...checkpointOf(7), data });
    for (const name of CHECKPOINT_FILES) {
      const file = join(folder, name);
      const { tensors, metadata } = decodeSafetensors(await Deno.readFile(file), file);
      deepEqual(savedIn(file, metadata), { step: 7, config: checkpointOf(7).config, data });
      const fewer = JSON.stringify({ ...data, class_counts: [2] });
      await Deno.writeFile(file, encodeSafetensors(tensors, { ...metadata, data: fewer }));
    }
    await rejects(loadCheckpoint(folder), { name: "CheckpointError", message: /its data is unk/ });
  });
});

Deno.test("saveCheckpoint() keeps the best as well as the newest", async () => {
  await withWorkdir(async (workdir) => {
    for (const step of [1, 2, 3, 4, 5]) {
      await saveCheckpoint(workdir, checkpointOf(step), 2, { best: 2 });
    }
    deepEqual(names(workdir), ["2", "4", "5"]);
    await saveCheckpoint(workdir, checkpointOf(6), 2, { best: 4 });
    deepEqual(names(workdir), ["4", "5", "6"]);
  });
});

Deno.test("saveCheckpoint() keeps as many as the checkpoint's configuration says, where it is not told", async () => {
  await withWorkdir(async (workdir) => {
    const { keep } = presets.quickstart.train;
    const steps = Array.from({ length: keep + 2 }, (_, i) => i + 1);
    for (const step of steps) await saveCheckpoint(workdir, checkpointOf(step));
    deepEqual(names(workdir), steps.slice(2).map(String));
  });
});

Deno.test("saveCheckpoint() keeps no checkpoint that cannot be used in place of one that can", async () => {
  await withWorkdir(async (workdir) => {
    for (const step of [1, 2, 3, 4]) await saveCheckpoint(workdir, checkpointOf(step), 9);
    const unusable = new Set([3, 4]);
    await saveCheckpoint(workdir, checkpointOf(5), 3, { unusable });
    deepEqual(names(workdir), ["1", "2", "5"]);
  });
});

Deno.test("saveCheckpoint() keeps the newest and clears what killed saves left", async () => {
  await withWorkdir(async (workdir) => {
    for (const step of [9, 10, 100]) await saveCheckpoint(workdir, checkpointOf(step), 2);
    deepEqual(names(workdir), ["10", "100"]);
    await Deno.mkdir(join(workdir, "checkpoints", ".saving-5"));
    await Deno.mkdir(join(workdir, "checkpoints", ".removing-9"));
    await Deno.mkdir(join(workdir, "checkpoints", "mine"));
    await saveCheckpoint(workdir, checkpointOf(101), 1);
    deepEqual(names(workdir), ["101", "mine"]);
  });
});

Deno.test("saveCheckpoint() never prunes what it has just saved for a newer broken one", async () => {
  await withWorkdir(async (workdir) => {
    await Deno.mkdir(checkpointFolder(workdir, 300), { recursive: true });
    await saveCheckpoint(workdir, checkpointOf(200), 1);
    await saveCheckpoint(workdir, checkpointOf(250), 1);
    deepEqual(names(workdir), ["250", "300"]);
    equal((await latest(workdir)).step, 250);
  });
});

Deno.test("saveCheckpoint() replaces a checkpoint of the same step", async () => {
  await withWorkdir(async (workdir) => {
    const folder = await saveCheckpoint(workdir, checkpointOf(5), 3);
    await Deno.truncate(join(folder, NNET), 100);
    await saveCheckpoint(workdir, checkpointOf(5), 3);
    deepEqual(names(workdir), ["5"]);
    deepEqual(await loadCheckpoint(folder), checkpointOf(5));
  });
});

Deno.test("latestCheckpoint() reads one whose replacement was killed halfway", async () => {
  await withWorkdir(async (workdir) => {
    const folder = await saveCheckpoint(workdir, checkpointOf(5), 3);
    await Deno.rename(folder, `${folder}.replaced`);
    deepEqual(await latest(workdir), { step: 5, skipped: [] });
    await saveCheckpoint(workdir, checkpointOf(5), 3);
    deepEqual(names(workdir), ["5"]);
  });
});

Deno.test("saveCheckpoint() reports a disk error in one line", async () => {
  await withWorkdir(async (workdir) => {
    await Deno.writeTextFile(join(workdir, "checkpoints"), "a file in the way");
    await rejects(saveCheckpoint(workdir, checkpointOf(5), 3), {
      name: "CheckpointError",
      message: /checkpoints.5: cannot be saved/,
    });
  });
});

Deno.test("latestCheckpoint() finds nothing in an empty run", async () => {
  await withWorkdir(async (workdir) => {
    deepEqual(await latest(workdir), { step: null, skipped: [] });
  });
});

Deno.test("latestCheckpoint() names what it skips, takes the one before, deletes nothing", async () => {
  await withWorkdir(async (workdir) => {
    for (const step of [10, 20, 30, 40, 50, 60]) {
      await saveCheckpoint(workdir, checkpointOf(step), 10);
    }
    const file = (step: number, name: string) => join(checkpointFolder(workdir, step), name);
    const foreign: StoredTensor = { dtype: "F32", shape: [1], data: Float32Array.of(1) };
    await Deno.truncate(file(60, "optimizer.safetensors"), 5000);
    await Deno.remove(file(50, "nnet_ema.safetensors"));
    await Deno.writeFile(file(40, NNET), encodeSafetensors({ foreign }));
    await Deno.writeFile(file(30, NNET), crypto.getRandomValues(new Uint8Array(4096)));
    await Deno.copyFile(file(10, NNET), file(20, NNET));
    const before = names(workdir);

    const { step, skipped } = await latest(workdir);
    equal(step, 10);
    equal(skipped.length, 5);
    const reasons = [
      /60.optimizer\.safetensors/,
      /50.nnet_ema\.safetensors: is missing/,
      /40.nnet\.safetensors: is not a checkpoint of this program/,
      /30.nnet\.safetensors/,
      /20.nnet_ema\.safetensors: was not saved together/,
    ];
    reasons.forEach((reason, i) => match(skipped[i], reason));
    ok(skipped.every((message) => !message.includes("\n") && message.endsWith("; skipped")));
    deepEqual(names(workdir), before);
  });
});

Deno.test("latestCheckpoint() skips a folder renamed to another step", async () => {
  await withWorkdir(async (workdir) => {
    const folder = await saveCheckpoint(workdir, checkpointOf(5), 3);
    await Deno.rename(folder, checkpointFolder(workdir, 9));
    await saveCheckpoint(workdir, checkpointOf(2), 3);
    const { step, skipped } = await latest(workdir);
    equal(step, 2);
    match(skipped[0], /9: holds step 5, not 9/);
  });
});

/** A checkpoint with one value that is not finite. */
function spoiltCheckpoint(step: number, part: ValuesKey, value: number): Checkpoint {
  const checkpoint = checkpointOf(step);
  checkpoint[part]["blocks.0.bias"].data[1] = value;
  return checkpoint;
}

Deno.test("latestCheckpoint() skips values that are not finite, in any part, and names them", async () => {
  await withWorkdir(async (workdir) => {
    await saveCheckpoint(workdir, checkpointOf(1), 10);
    await saveCheckpoint(workdir, spoiltCheckpoint(2, "exp_avg_sq", Infinity), 10);
    await saveCheckpoint(workdir, spoiltCheckpoint(3, "exp_avg", NaN), 10);
    await saveCheckpoint(workdir, spoiltCheckpoint(4, "nnet_ema", -Infinity), 10);
    await saveCheckpoint(workdir, spoiltCheckpoint(5, "nnet", NaN), 10);
    const { step, skipped } = await latest(workdir);
    equal(step, 1);
    deepEqual(
      skipped,
      [
        "5/nnet.safetensors: blocks.0.bias[1] is NaN; skipped",
        "4/nnet_ema.safetensors: blocks.0.bias[1] is -Infinity; skipped",
        "3/optimizer.safetensors: exp_avg.blocks.0.bias[1] is NaN; skipped",
        "2/optimizer.safetensors: exp_avg_sq.blocks.0.bias[1] is Infinity; skipped",
      ].map((line) => join(workdir, "checkpoints", line)),
    );
  });
});

Deno.test("latestCheckpoint() refuses a run whose checkpoints are all unusable", async () => {
  await withWorkdir(async (workdir) => {
    for (const step of [1, 2]) {
      await saveCheckpoint(workdir, spoiltCheckpoint(step, "nnet", NaN), 10);
    }
    await rejects(latest(workdir), {
      name: "CheckpointError",
      message: /checkpoints: none of its checkpoints can be used; choose another workdir, or rem/,
    });
    deepEqual(names(workdir), ["1", "2"]);
  });
});

Deno.test("loadCheckpoint() refuses incomplete files of this program", async () => {
  await withWorkdir(async (workdir) => {
    const folder = await saveCheckpoint(workdir, checkpointOf(5), 3);
    const file = join(folder, NNET);
    const whole = await Deno.readFile(file);
    const { tensors, metadata } = decodeSafetensors(whole, file);
    const { scalar, ...fewer } = tensors;
    const cases: [Uint8Array, RegExp][] = [
      [encodeSafetensors(tensors, { ...metadata, version: "2" }), /version 2/],
      [encodeSafetensors(tensors, { ...metadata, step: "x" }), /which step/],
      [encodeSafetensors(tensors, { ...metadata, config: "{}" }), /saved together/],
      [encodeSafetensors(fewer, metadata), /nnet_ema\.safetensors: holds scalar/],
      [encodeSafetensors({ ...tensors, more: scalar }, metadata), /lacks more with shape \[\]/],
      [
        encodeSafetensors({
          ...tensors,
          scalar: { dtype: "F64", shape: [], data: Float64Array.of(1) },
        }, metadata),
        /scalar is F64/,
      ],
    ];
    for (const [bytes, reason] of cases) {
      await Deno.writeFile(file, bytes);
      await rejects(loadCheckpoint(folder), { name: "CheckpointError", message: reason });
    }
    for (let part = 0; part < 1; part += 0.04) {
      await Deno.writeFile(file, whole.subarray(0, Math.floor(part * whole.length)));
      await rejects(loadCheckpoint(folder), { name: "CheckpointError" });
    }
  });
});

Deno.test("loadCheckpoint() refuses a configuration that it does not know", async () => {
  await withWorkdir(async (workdir) => {
    const folder = await saveCheckpoint(workdir, checkpointOf(5), 3);
    for (const { name } of Deno.readDirSync(folder)) {
      const file = join(folder, name);
      const { tensors, metadata } = decodeSafetensors(await Deno.readFile(file), file);
      await Deno.writeFile(file, encodeSafetensors(tensors, { ...metadata, config: "{}" }));
    }
    await rejects(loadCheckpoint(folder), { name: "CheckpointError", message: /configuration/ });
  });
});

Deno.test("saveCheckpoint() killed at any time leaves the last checkpoint intact", async () => {
  await withWorkdir(async (workdir) => {
    const script = import.meta.resolve("./save_forever.ts");
    let saved = 0;
    for (let kill = 0; kill < 10; kill++) {
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", script, workdir, String(saved + 1)],
        stdout: "piped",
      }).spawn();
      const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
      let said = (await lines.read()).value ?? "";
      await new Promise((resolve) => setTimeout(resolve, 60 * Math.random()));
      child.kill("SIGKILL");
      for (let more = await lines.read(); !more.done; more = await lines.read()) said += more.value;
      await child.status;
      saved = Number(said.trim().split("\n").pop());

      const found = await latestCheckpoint(workdir, {
        onSkip: (message) => {
          throw new Error(message);
        },
      });
      ok(found !== null && found.step >= saved, `step ${found?.step} after ${saved} was saved`);
      deepEqual(found, checkpointOf(found.step));
      saved = found.step;
    }
    const steps = names(workdir).filter((name) => !name.startsWith("."));
    ok(steps.length <= 3, `kept ${steps}`);
  });
});
