import { deepStrictEqual as deepEqual, match, ok, strictEqual as equal } from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { launched, missing, mpiNamed } from "../train/collective/launched.ts";
import { lastFlags } from "./last_flags.ts";
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

/** `SCALELONG_STOPS=full`: all methods, the UNet and 16 bits, too. */
const KINDS: readonly (readonly string[])[] = Deno.env.get("SCALELONG_STOPS") === "full"
  ? [
    ...[0, 1, 2, 3, 4].map((method) => [`--scalelong=${method}`]),
    ["--mixed_precision=fp16"],
    ["--nnet.name=unet", "--ch_mult=1,1", "--attn_resolutions=4"],
  ]
  : [["--scalelong=3"]];

/** What a run of these ranks leaves, the settings apart. */
async function left(workdir: string): Promise<unknown> {
  const { config: _, ...values } = await newest(workdir);
  return values;
}

/** The process that is a rank of a run, by what Open MPI gave it. */
function processOfRank(workdir: string, rank: number): number {
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const read = (file: string) => Deno.readTextFileSync(`/proc/${name}/${file}`).split("\0");
      const isOf = read("cmdline").includes(`--workdir=${workdir}`);
      if (isOf && read("environ").includes(`OMPI_COMM_WORLD_RANK=${rank}`)) return Number(name);
    } catch {
      // It has ended, or is somebody else's.
    }
  }
  return 0;
}

const SCRIPT = "../../../tasks/train.ts";

/** The arguments of a run of some steps. */
function runArguments(kind: readonly string[], workdir: string): string[] {
  const isUnet = kind.some((flag) => flag.startsWith("--nnet.name"));
  const tiny = TINY.filter((flag) => !isUnet || !/patch_size|embed_dim|depth|num_heads/.test(flag));
  const flags = ["--n_samples=0", "--n_steps=4", "--grad_clip=0.1", `--workdir=${workdir}`];
  return lastFlags([...tiny, ...flags, ...kind]);
}

/** Runs a command to its end. */
async function done(run: Deno.Command): Promise<{ out: string; said: string }> {
  const { code, stdout, stderr } = await run.output();
  const [out, said] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  equal(code, 0, said);
  return { out, said };
}

/** What one process leaves with two micro-batches, by kind; trained once. */
const alone = new Map<readonly string[], Promise<unknown>>();

async function trainAlone(kind: readonly string[]): Promise<unknown> {
  let values: unknown;
  await withWorkdir(async (workdir) => {
    await done(command([...runArguments(kind, workdir), "--micro_batches=2"]));
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
      for (const kind of KINDS) {
        if (!alone.has(kind)) alone.set(kind, trainAlone(kind));
        await withWorkdir(async (workdir) => {
          const { out, said } = await done(
            launched(mpiNamed(mpi), 2, SCRIPT, runArguments(kind, workdir)),
          );
          deepEqual(await left(workdir), await alone.get(kind));
          // Rank 0 alone speaks.
          equal(out, "");
          for (const once of [/a step is/g, /4 steps, /g]) equal(said.match(once)?.length, 1, said);
        });
      }
    },
  );
}

/** A run that logs every step and saves none, unless it is stopped. */
const UNSAVED = ["--n_steps=100000", "--save_interval=100000", "--log_interval=1"];

const skipped = missing("Open MPI");
Deno.test(
  `a signal to one of two processes saves the step of both; a killed one is the end of both${skipped}`,
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
      const limit = performance.now() + 10_000;
      const end = await second.end();
      ok(performance.now() < limit);
      equal(end.code, 137, end.said);
      match(end.said, new RegExp(`going on from step ${step} of `));
      match(end.said, /^one of the processes was ended by signal 9, and the others with it/m);
      while (existsSync(`/proc/${other}/exe`) && performance.now() < limit) await milliseconds(50);
      ok(performance.now() < limit, "rank 0 goes on");
      equal((await newest(workdir)).step, step);
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
    const { code, stderr } = await launched(mpiNamed("MPICH"), 2, SCRIPT, [], wrong).output();
    equal(code, 1);
    equal(
      new TextDecoder().decode(stderr),
      "MPICH's mpiexec started 2 processes, but libmpi.so.40 (Open MPI) finds 1: start them with " +
        "the launcher of that library, or name the launcher's library in SCALELONG_MPI\n",
    );
  },
);
