import { deepStrictEqual as deepEqual, match, ok, strictEqual as equal } from "node:assert/strict";
import { basename, join } from "node:path";
import { encodePng } from "../../../train/formats/image.ts";
import { eventFiles, lastStep } from "../../../train/tensorboard/event_files.ts";
import { RunEvents } from "../../../train/tensorboard/run_events.ts";
import { type Shown, shownOf } from "./decode_events.ts";

const config = {
  seed: 7,
  nnet: { name: "uvit", conv: true, kappa: 0.7 },
  optimizer: { betas: [0.99, 0.999] },
  dataset: { path: null },
};
const png = encodePng(new Uint8Array(3 * 5 * 4).fill(9), 5, 4);

/** A run's folder, and what writes and reads there. */
async function withRun(
  use: (run: {
    workdir: string;
    /** Opens the events of a run that has done so many steps. */
    open: (step: number) => Promise<RunEvents>;
    /** Writes lines of log.jsonl for these steps, the loss a hundredth of the step. */
    log: (...steps: number[]) => Promise<void>;
    shown: () => Promise<Shown[]>;
  }) => Promise<void>,
): Promise<void> {
  const workdir = await Deno.makeTempDir();
  try {
    await use({
      workdir,
      open: (step) => RunEvents.open({ workdir, config }, { step }),
      log: async (...steps) => {
        const lines = steps.map((step) =>
          JSON.stringify({ step, loss: step / 100, seconds: step })
        );
        await Deno.writeTextFile(join(workdir, "log.jsonl"), `${lines.join("\n")}\n`);
      },
      shown: async () =>
        shownOf(await Promise.all((await eventFiles(workdir)).map((f) => Deno.readFile(f)))),
    });
  } finally {
    await Deno.remove(workdir, { recursive: true });
  }
}

function stepsOf(shown: readonly Shown[], tag: string): number[] {
  return shown.filter((one) => one.tag === tag).map(({ step }) => step);
}

Deno.test("events are a run's numbers, images and settings, under a name TensorBoard looks for", async () => {
  await withRun(async ({ workdir, open, shown }) => {
    await Deno.mkdir(join(workdir, "samples"));
    await Deno.writeFile(join(workdir, "samples", "300.png"), png);
    {
      using events = await open(0);
      events.scalars({ step: 300, loss: 0.25, lr: NaN, note: "none", fid: 12.5, seconds: 3 });
      events.scalars({ step: 2 ** 40, "gate_mean.1": 0.5, "feature_norm.skips.2": 3, loss: null });
      await events.image(300);
      match(basename(events.file), /^events\.out\.tfevents\.\d{10}\..+$/);
    }
    const [settings, ...rest] = await shown();
    deepEqual([settings.tag, settings.value], ["_hparams_/session_start_info", {
      "seed": 7,
      "nnet.name": "uvit",
      "nnet.conv": true,
      "nnet.kappa": 0.7,
      "optimizer.betas": "0.99,0.999",
      "dataset.path": "null",
    }]);
    deepEqual(rest.map(({ tag, step, value }) => [tag, step, value]), [
      ["train/loss", 300, 0.25],
      ["eval/fid", 300, 12.5],
      ["gate_mean/1", 2 ** 40, 0.5],
      ["feature_norm/skips.2", 2 ** 40, 3],
      ["samples", 300, png],
    ]);
    ok(rest.every(({ wall_time }) => Math.abs(wall_time - Date.now() / 1000) < 600));
  });
});

Deno.test("a run that goes on has each step once, with no gap", async () => {
  await withRun(async ({ open, log, shown }) => {
    {
      using events = await open(0);
      for (const step of [10, 20, 30, 40]) events.scalars({ step, loss: step / 100 });
    }
    // Steps 30 and 40 come after the checkpoint that it goes on from.
    await log(10, 20);
    {
      using events = await open(20);
      for (const step of [30, 40]) events.scalars({ step, loss: step / 100 });
    }
    deepEqual(stepsOf(await shown(), "train/loss"), [10, 20, 30, 40]);

    // It went on to 60 without writing events, then from 60 with.
    await log(10, 20, 30, 40, 50, 60, 70);
    {
      using events = await open(60);
      events.scalars({ step: 70, loss: 0.7 });
    }
    const all = await shown();
    deepEqual(stepsOf(all, "train/loss"), [10, 20, 30, 40, 50, 60, 70]);
    equal(stepsOf(all, "_hparams_/session_start_info").length, 3);
  });
});

Deno.test("events that are written anew take all that was logged before, as old as it is", async () => {
  await withRun(async ({ workdir, open, log, shown }) => {
    await log(10, 20, 30);
    await Deno.mkdir(join(workdir, "samples"));
    for (const name of ["10.png", "20.png", "30.png", ".saving-20.png"]) {
      await Deno.writeFile(join(workdir, "samples", name), png);
    }
    const probes = [5, 15, 25].map((step) => JSON.stringify({ step, update_ratio: 0.5 }));
    await Deno.writeTextFile(join(workdir, "probes.jsonl"), `${probes.join("\n")}\n{"step":2`);
    // The program was started again after step 10: the log's seconds begin anew.
    const lines = [[10, 100], [20, 8], [30, 20]]
      .map(([step, seconds]) => JSON.stringify({ step, loss: 1, seconds }));
    await Deno.writeTextFile(join(workdir, "log.jsonl"), `${lines.join("\n")}\n`);
    await Deno.utime(join(workdir, "log.jsonl"), 5000, 5000);
    (await open(20))[Symbol.dispose]();
    const all = await shown();
    deepEqual(stepsOf(all, "samples"), [10, 20]);
    deepEqual(stepsOf(all, "weights/update_ratio"), [5, 15]);
    deepEqual(
      all.filter(({ tag }) => tag !== "_hparams_/session_start_info")
        .map(({ step, wall_time }) => [step, wall_time]),
      [[10, 4980], [20, 4988], [5, 4980], [15, 4988], [10, 4980], [20, 4988]],
    );
  });
});

Deno.test("an event that a killed run left half written is written again", async () => {
  await withRun(async ({ workdir, open, log, shown }) => {
    let file = "";
    {
      using events = await open(0);
      for (const step of [10, 20, 30]) events.scalars({ step, loss: step / 100 });
      file = events.file;
    }
    const { size } = await Deno.stat(file);
    await Deno.truncate(file, size - 1);
    equal(lastStep(file), 20);
    await log(10, 20, 30);
    (await open(30))[Symbol.dispose]();
    // A reader goes on to the next file where one ends too early.
    const torn = await Deno.readFile(file);
    await Deno.writeFile(file, torn.subarray(0, wholeRecords(torn)));
    deepEqual(stepsOf(await shown(), "train/loss"), [10, 20, 30]);
    deepEqual(
      [...Deno.readDirSync(workdir)].map(({ name }) => name).filter((n) => n[0] === "."),
      [],
    );
  });
});

/** Bytes up to the end of the last whole record. */
function wholeRecords(file: Uint8Array): number {
  const view = new DataView(file.buffer);
  for (let at = 0;;) {
    const next = at + 16 + (at + 8 <= file.length ? Number(view.getBigUint64(at, true)) : 0);
    if (at + 8 > file.length || next > file.length) return at;
    at = next;
  }
}

Deno.test("the last step of an event file longer than a block is found", async () => {
  await withRun(async ({ open }) => {
    using events = await open(0);
    const line = { loss: 1, note: "", "feature_norm.a_block_with_a_long_name": 1 };
    for (let step = 1; step <= 20_000; step++) events.scalars({ step, ...line });
    ok((await Deno.stat(events.file)).size > 1 << 20);
    equal(lastStep(events.file), 20_000);
  });
});
