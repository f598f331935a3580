import { deepStrictEqual as deepEqual, match, ok, strictEqual as equal } from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { launched, missing, mpiNamed } from "../train/collective/launched.ts";
import { done, left, processesOf, processOfRank, runArguments, TRAIN } from "./processes_run.ts";
import {
  command,
  loggedSteps,
  milliseconds,
  newest,
  TINY,
  train,
  Training,
  withWorkdir,
} from "./tiny_run.ts";

const STEPS = 4;
const KIND = ["--scalelong=3"];

/** What one process leaves with two micro-batches; trained once. */
let alone: Promise<unknown> | null = null;

async function trainAlone(): Promise<unknown> {
  let values: unknown;
  await withWorkdir(async (workdir) => {
    await done(command([...runArguments(KIND, STEPS, workdir), "--micro_batches=2"]));
    values = await left(workdir);
  });
  return values;
}

for (const mpi of ["Open MPI", "MPICH"] as const) {
  const skipped = missing(mpi);
  Deno.test(
    `two processes leave what one leaves with two micro-batches: ${mpi}${skipped}`,
    { ignore: skipped !== "" },
    async () => {
      alone ??= trainAlone();
      await withWorkdir(async (workdir) => {
        // Two steps on two processes, and the rest on one, or all on two.
        const steps = mpi === "Open MPI" ? STEPS : STEPS / 2;
        const { out, said } = await done(
          launched(mpiNamed(mpi), 2, TRAIN, runArguments(KIND, steps, workdir)),
        );
        // Rank 0 alone speaks.
        equal(out, "");
        for (const once of ["a step is", `${steps} steps, `]) {
          equal(said.match(new RegExp(once, "g"))?.length, 1, said);
        }
        if (steps < STEPS) {
          await done(command([...runArguments(KIND, STEPS, workdir), "--micro_batches=2"]));
        }
        deepEqual(await left(workdir), await alone);
      });
    },
  );
}

/** A run that logs every step and saves none, unless it is stopped. */
const UNSAVED = ["--n_steps=100000", "--save_interval=100000", "--log_interval=1"];

/** Until a job has ended in which a process was killed. */
const PATIENCE_MS = 10_000;

const skipped = missing("Open MPI");
Deno.test(
  `a signal to one of two processes, or the death of what started them, saves the step of both; a ` +
    `killed one is the end of both${skipped}`,
  { ignore: skipped !== "" },
  async () => {
    await withWorkdir(async (workdir) => {
      const args = [...TINY, "--n_samples=0", ...UNSAVED];
      const log = join(workdir, "log.jsonl");
      const hasLogged = (steps: number) => () =>
        existsSync(log) && Deno.readTextFileSync(log).split("\n").length > steps;
      const start = () =>
        new Training(command([...args, `--workdir=${workdir}`, "--num_processes=2"]));

      const first = start();
      await first.until(hasLogged(3));
      Deno.kill(processOfRank(workdir, 1), "SIGTERM");
      const stopped = await first.end();
      equal(stopped.code, 130, stopped.said);
      equal(stopped.said.match(/^stopping; saving first/gm)?.length, 1, stopped.said);
      match(stopped.said, /^to go on: .* --num_processes=2$/m);
      const { step } = await newest(workdir);
      equal(step, loggedSteps(workdir).at(-1));

      const second = start();
      await second.until(hasLogged(step + 2));
      const killed = processOfRank(workdir, 1);
      const other = processOfRank(workdir, 0);
      Deno.kill(killed, "SIGKILL");
      const limit = performance.now() + PATIENCE_MS;
      const end = await second.end();
      ok(performance.now() < limit);
      equal(end.code, 137, end.said);
      match(end.said, new RegExp(`going on from step ${step} of `));
      match(end.said, /^one of the processes was ended by signal 9, and the others with it/m);
      while (existsSync(`/proc/${other}/exe`) && performance.now() < limit) await milliseconds(50);
      ok(performance.now() < limit, "rank 0 goes on");
      equal((await newest(workdir)).step, step);

      const third = start();
      await third.until((said) => /a step is/.test(said) && hasLogged(step + 2)());
      third.kill("SIGKILL");
      const before = performance.now();
      await third.end();
      ok(performance.now() < before + PATIENCE_MS);
      while (processesOf(workdir).length > 0 && performance.now() < before + PATIENCE_MS) {
        await milliseconds(50);
      }
      deepEqual(processesOf(workdir), []);
      const saved = (await newest(workdir)).step;
      ok(saved > step);
      equal(saved, loggedSteps(workdir).at(-1));
    });
  },
);

Deno.test("several processes that cannot divide the batch are refused before any is started", async () => {
  const { code, said } = await train("nowhere", "--num_processes=3");
  equal(code, 2);
  equal(
    said,
    "--train.batch_size: a batch of 8 cannot be divided among 3 processes; take 6 or 9\n",
  );
});

const both = missing("Open MPI", "MPICH");
Deno.test(
  `the wrong launcher is told once, in one line${both}`,
  { ignore: both !== "" },
  async () => {
    const wrong = { SCALELONG_MPI: "libmpi.so.40" };
    const { code, stderr } = await launched(mpiNamed("MPICH"), 2, TRAIN, [], wrong).output();
    equal(code, 1);
    equal(
      new TextDecoder().decode(stderr),
      "MPICH's mpiexec started 2 processes, but libmpi.so.40 (Open MPI) finds 1: start them with " +
        "the launcher of that library, or name the launcher's library in SCALELONG_MPI\n",
    );
  },
);
