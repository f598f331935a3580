/** `SCALELONG_STOPS=full`: every method, network and precision by every launcher, and thirty kills. */
import { deepStrictEqual as deepEqual, ok, strictEqual as equal } from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Values } from "../../train/checkpoints/checkpoint.ts";
import { type InstalledMpi, launched, missing, mpiNamed } from "../train/collective/launched.ts";
import { done, type Left, left, processesOf, runArguments, TRAIN } from "./processes_run.ts";
import { command, milliseconds, withWorkdir } from "./tiny_run.ts";

const KINDS: readonly (readonly string[])[] = [
  ...[0, 1, 2, 3, 4].map((method) => [`--scalelong=${method}`]),
  ["--mixed_precision=fp16"],
  ["--nnet.name=unet", "--ch_mult=1,1", "--attn_resolutions=4"],
];
const STEPS = 40;

const skipped = Deno.env.get("SCALELONG_STOPS") === "full"
  ? missing("Open MPI", "MPICH")
  : " (skipped: SCALELONG_STOPS is not full)";
const ignore = skipped !== "";

/** Trains in a folder of its own. @returns what is left */
async function trained(
  kind: readonly string[],
  run: (args: readonly string[]) => Deno.Command,
): Promise<Left> {
  let values: Left | null = null;
  await withWorkdir(async (workdir) => {
    const { out } = await done(run(runArguments(kind, STEPS, workdir)));
    equal(out, "");
    values = await left(workdir);
  });
  return values!;
}

Deno.test(`any launcher's processes leave what one leaves${skipped}`, { ignore }, async (t) => {
  const [openMpi, mpich] = [mpiNamed("Open MPI"), mpiNamed("MPICH")];
  const tcp: InstalledMpi = {
    ...openMpi,
    args: [...openMpi.args, "--mca", "pml", "ob1", "--mca", "btl", "tcp,self"],
  };
  for (const kind of KINDS) {
    await t.step(kind.join(" "), async () => {
      const [two, four] = [
        await trained(kind, (args) => command([...args, "--micro_batches=2"])),
        await trained(kind, (args) => command([...args, "--micro_batches=4"])),
      ];
      const by = (mpi: InstalledMpi, n: number) =>
        trained(kind, (args) => launched(mpi, n, TRAIN, args));
      deepEqual(await by(openMpi, 2), two);
      deepEqual(await by(mpich, 2), two);
      deepEqual(await by(tcp, 2), two);
      deepEqual(await by(openMpi, 4), four);
      deepEqual(await trained(kind, (args) => command([...args, "--num_processes=2"])), two);
    });
  }
});

Deno.test(
  `a run of two processes goes on with four, to rounding${skipped}`,
  { ignore },
  async () => {
    const kind = ["--scalelong=3"];
    const two = await trained(kind, (args) => launched(mpiNamed("Open MPI"), 2, TRAIN, args));
    await withWorkdir(async (workdir) => {
      const run = (n: number, n_steps: number) =>
        done(launched(mpiNamed("Open MPI"), n, TRAIN, runArguments(kind, n_steps, workdir)));
      await run(2, STEPS / 2);
      await run(4, STEPS);
      const four = await left(workdir);
      const distance = largestDistance(two.nnet, four.nnet);
      ok(distance > 0 && distance < 1e-5, `${distance}`);
    });
  },
);

/** The largest difference of the values of two networks. */
function largestDistance(a: Values, b: Values): number {
  return Math.max(
    ...Object.keys(a).flatMap((name) =>
      Array.from(a[name].data, (value, i) => Math.abs(value - b[name].data[i]))
    ),
  );
}

const KILLS = 30;

Deno.test(
  `${KILLS} kills of a rank lose nothing that was saved${skipped}`,
  { ignore },
  async () => {
    const kind = ["--save_interval=20", "--n_steps=400"];
    let undisturbed: unknown;
    const start = performance.now();
    await withWorkdir(async (workdir) => {
      await done(launched(mpiNamed("Open MPI"), 2, TRAIN, runArguments(kind, 400, workdir)));
      undisturbed = await left(workdir);
    });
    const seconds = (performance.now() - start) / 1000;
    const ends: number[] = [];
    for (let kills = 0; kills < KILLS;) {
      await withWorkdir(async (workdir) => {
        for (let isDone = false; !isDone;) {
          const mpi = mpiNamed(kills % 2 === 0 ? "Open MPI" : "MPICH");
          const job = launched(mpi, 2, TRAIN, runArguments(kind, 400, workdir)).spawn();
          const said = Promise.all([
            new Response(job.stderr).text(),
            new Response(job.stdout).text(),
          ]);
          // Somewhere in what is left of the run, its start included.
          const ended = job.status.then(() => true);
          isDone = await Promise.race([
            ended,
            milliseconds(1000 * seconds * Math.random()).then(() => false),
          ]);
          const ranks = processesOf(workdir).filter(({ rank }) => rank >= 0);
          if (!isDone && ranks.length > 0 && kills < KILLS) {
            Deno.kill(ranks[Math.floor(Math.random() * ranks.length)].pid, "SIGKILL");
            kills++;
            const killed = performance.now();
            await ended;
            ends.push((performance.now() - killed) / 1000);
            ok(ends.at(-1)! < 10, `ended after ${ends.at(-1)} s`);
          }
          await ended;
          await said;
          deepEqual(processesOf(workdir), []);
          isDone = existsSync(join(workdir, "checkpoints", "400"));
        }
        deepEqual(await left(workdir), undisturbed);
      });
    }
    console.log(`${KILLS} kills; the job ended after ${Math.max(...ends).toFixed(1)} s at most`);
  },
);
