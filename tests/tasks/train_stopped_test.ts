import { deepStrictEqual as deepEqual, match, ok, strictEqual as equal } from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkpointFolder } from "../../train/checkpoints/checkpoint.ts";
import { presets } from "../../train/config/presets.ts";
import {
  interrupted,
  loggedSteps,
  logWithoutTimes,
  milliseconds,
  names,
  newest,
  noSignals,
  startTraining,
  TINY,
  train,
  Training,
  withWorkdir,
} from "./tiny_run.ts";

/** How often; `SCALELONG_STOPS=full` is what the promise of docs/training.md was measured with. */
const STOPS = Deno.env.get("SCALELONG_STOPS") === "full"
  ? { signals: ["SIGTERM", "SIGHUP"] as const, times: 20, kills: 100 }
  : { signals: ["SIGINT", "SIGTERM", "SIGHUP"] as const, times: 1, kills: 3 };
const ignore = noSignals;

/** A run that logs every step and saves none, unless it is stopped. */
const UNSAVED = ["--n_steps=100000", "--save_interval=100000", "--log_interval=1"];

const logHas = (workdir: string, lines: number) => () => {
  const log = join(workdir, "log.jsonl");
  return existsSync(log) && Deno.readTextFileSync(log).split("\n").length > lines;
};

/** The step of the newest checkpoint, which must be the last that was trained. */
async function stoppedAt(workdir: string): Promise<number> {
  const { step } = await newest(workdir);
  equal(step, loggedSteps(workdir).at(-1));
  return step;
}

/** Starts a tiny run by `deno task`, in a process group of its own. */
function startTask(workdir: string, ...args: string[]): Training {
  return new Training(
    new Deno.Command(Deno.execPath(), {
      args: ["task", "--quiet", "train", ...TINY, `--workdir=${workdir}`, ...args],
      cwd: fileURLToPath(import.meta.resolve("../..")),
      detached: true,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }),
  );
}

Deno.test(
  "a signal to all processes of deno task ends training saved, and the same command goes on",
  { ignore },
  async () => {
    await withWorkdir(async (workdir) => {
      let step = 0;
      for (let time = 0; time < STOPS.times; time++) {
        for (const signal of STOPS.signals) {
          const training = startTask(workdir, ...UNSAVED);
          await training.until((said) => /a step is/.test(said) && logHas(workdir, step + 3)());
          await milliseconds(Math.random() * 200);
          training.kill(signal, "group");
          // What forwards signals sends them again, at any time.
          await milliseconds(Math.random() * 100);
          training.kill(signal, "group");
          const { code, said } = await training.end();
          equal(code, 130, said);
          match(said, /^stopping; saving first \(.*\)$/m);
          deepEqual(
            [...said.matchAll(/^to go on: .*task train (.*)$/gm)].map(([, args]) =>
              args.split(" ")
            ),
            [[...TINY, `--workdir=${workdir}`, ...UNSAVED]],
          );
          if (step > 0) match(said, new RegExp(`going on from step ${step} of `));
          const before = step;
          step = await stoppedAt(workdir);
          ok(step > before + 2 && step < 100000);
          ok(said.includes(checkpointFolder(workdir, step)));
          ok(!existsSync(join(workdir, "run.lock")));
        }
      }
      // Every step once: none was lost, none done twice.
      deepEqual(loggedSteps(workdir), Array.from({ length: step }, (_, i) => i + 1));
    });
  },
);

Deno.test("the documented command for run.lock ends a run saved", { ignore }, async () => {
  const page = await Deno.readTextFile(new URL("../../docs/training.md", import.meta.url));
  const command = /^kill -TERM .*run\.lock.*$/m.exec(page)?.[0];
  ok(command);
  await withWorkdir(async (workdir) => {
    const training = startTraining(workdir, ...UNSAVED);
    await training.until(logHas(workdir, 2));
    const shell = command.replace(/\S*\/run\.lock/, join(workdir, "run.lock"));
    const { success } = await new Deno.Command("sh", { args: ["-c", shell] }).output();
    ok(success, shell);
    const { code, said } = await training.end();
    equal(code, 130, said);
    await stoppedAt(workdir);
  });
});

Deno.test("training is saved where nobody reads its messages any more", { ignore }, async () => {
  await withWorkdir(async (workdir) => {
    const training = startTraining(workdir, ...UNSAVED);
    await training.until(logHas(workdir, 2));
    await training.closePipes();
    training.kill("SIGHUP");
    equal((await training.end()).code, 130);
    await stoppedAt(workdir);
  });
});

const script = (args: string[]) =>
  new Deno.Command("script", { args, stdin: "null", stdout: "null", stderr: "null" });
const hasScript = !ignore && await script(["--version"]).output().then(
  ({ success }) => success,
  () => false,
);

Deno.test("training is saved where its terminal is closed", { ignore: !hasScript }, async () => {
  await withWorkdir(async (workdir) => {
    const task = fileURLToPath(import.meta.resolve("../../tasks/train.ts"));
    const words = [Deno.execPath(), "run", "-A", task, ...TINY, `--workdir=${workdir}`, ...UNSAVED];
    const terminal = script(["-qefc", `exec ${words.join(" ")}`, "/dev/null"]).spawn();
    while (!logHas(workdir, 2)()) await milliseconds(20);
    terminal.kill("SIGKILL");
    await terminal.status;
    // It is no child of this process, whose end could be waited for.
    for (let left = 3000; existsSync(join(workdir, "run.lock")) && left > 0; left--) {
      await milliseconds(20);
    }
    await stoppedAt(workdir);
  });
});

Deno.test(
  "a signal before the first step ends the process and frees the folder",
  { ignore },
  async () => {
    await withWorkdir(async (workdir) => {
      const lock = join(workdir, "run.lock");
      const hasLock = () => existsSync(lock) && Deno.statSync(lock).size > 0;
      // So many images take seconds to draw.
      const training = startTraining(workdir, ...UNSAVED, "--dataset.n=30000");
      await training.until(hasLock);
      training.kill("SIGTERM");
      const { code, said } = await training.end();
      equal(code, 130, said);
      match(said, /^stopped; there was nothing to save$/m);
      ok(!existsSync(lock));
    });
  },
);

Deno.test("a signal while the last grid is drawn changes nothing", { ignore }, async () => {
  await withWorkdir(async (workdir) => {
    const args = ["--n_steps=4", "--eval_interval=4", "--sample_steps=150"];
    const grid = join(workdir, "samples", "4.png");
    const saved = () => existsSync(checkpointFolder(workdir, 4));
    const { code, said } = await interrupted(workdir, "SIGTERM", args, saved);
    equal(code, 0, said);
    match(said, /^stopping; saving first/m);
    equal((await newest(workdir)).step, 4);
    const drawn = await Deno.readFile(grid);

    // As if killed between the save and the grid.
    await Deno.remove(grid);
    const again = await train(workdir, ...args);
    equal(again.code, 0, again.said);
    deepEqual(await Deno.readFile(grid), drawn);
    match((await train(workdir, ...args)).said, /has done its 4 steps/);
  });
});

/** What a run leaves, but for times and its folder's name. */
async function leftIn(workdir: string): Promise<unknown> {
  const { config, ...values } = await newest(workdir);
  return {
    values,
    config: { ...config, workdir: null },
    log: logWithoutTimes(workdir),
    // A kill between the last save and the removal of the oldest leaves that as well.
    checkpoints: names(workdir, "checkpoints").slice(-presets.quickstart.train.keep),
    grids: names(workdir, "samples").map((name) =>
      [name, Deno.readFileSync(join(workdir, "samples", name))] as const
    ),
  };
}

Deno.test("a run killed at any time ends as if it had not been", { ignore }, async () => {
  await withWorkdir(async (workdir) => {
    const args = ["--n_steps=30", "--save_interval=5", "--log_interval=1", "--eval_interval=15"];
    const whole = `${workdir}_whole`;
    const start = performance.now();
    const { code, said } = await train(whole, ...args);
    equal(code, 0, said);
    const duration = performance.now() - start;
    const expected = await leftIn(whole);
    const counts = { kills: 0, before_a_step: 0, in_a_save: 0, runs: 0 };
    for (; counts.kills < STOPS.kills; counts.runs++) {
      const folder = `${workdir}_${counts.runs}`;
      while (true) {
        const isLast = counts.kills === STOPS.kills;
        const at = performance.now() + (isLast ? Infinity : Math.random() * duration);
        const training = startTraining(folder, ...args);
        await training.until(() => performance.now() > at);
        training.kill("SIGKILL");
        const { code, signal, said } = await training.end();
        if (code === 0) break;
        equal(signal, "SIGKILL", said);
        counts.kills++;
        if (!/a step is/.test(said)) counts.before_a_step++;
        if (isSaving(folder)) counts.in_a_save++;
      }
      deepEqual(await leftIn(folder), expected);
      await Deno.remove(folder, { recursive: true });
    }
    if (STOPS.kills > 3) console.log(counts);
  });
});

/** Whether what was killed had begun to write a checkpoint or a grid. */
function isSaving(workdir: string): boolean {
  return ["checkpoints", "samples"].map((name) => join(workdir, name)).filter(existsSync)
    .some((folder) => names(folder).some((name) => name.startsWith(".")));
}
