import { strictEqual as equal } from "node:assert/strict";
import type { Checkpoint } from "../../train/checkpoints/checkpoint.ts";
import { lastFlags } from "./last_flags.ts";
import { newest, TINY } from "./tiny_run.ts";

/** The command that every rank runs, from the place of `launched()`. */
export const TRAIN = "../../../tasks/train.ts";

/** What a run leaves, the settings apart: they name the processes' micro-batches. */
export type Left = Omit<Checkpoint, "config">;

/** Reads it. */
export async function left(workdir: string): Promise<Left> {
  const { config: _, ...values } = await newest(workdir);
  return values;
}

/** The arguments of a run of `n_steps` steps. @param kind flags of the network or precision */
export function runArguments(kind: readonly string[], n_steps: number, workdir: string): string[] {
  const isUnet = kind.some((flag) => flag.startsWith("--nnet.name"));
  const tiny = TINY.filter((flag) => !isUnet || !/patch_size|embed_dim|depth|num_heads/.test(flag));
  const flags = [
    `--n_steps=${n_steps}`,
    "--n_samples=0",
    "--grad_clip=0.1",
    `--workdir=${workdir}`,
  ];
  return lastFlags([...tiny, ...flags, ...kind]);
}

/** Runs a command to its end. @returns what it said */
export async function done(run: Deno.Command): Promise<{ out: string; said: string }> {
  const { code, signal, stdout, stderr } = await run.output();
  const [out, said] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  equal(signal, null, said);
  equal(code, 0, said);
  return { out, said };
}

/** The processes that train in a folder, by rank; one that no launcher started is of rank -1. */
export function processesOf(workdir: string): { pid: number; rank: number }[] {
  const found: { pid: number; rank: number }[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const read = (file: string) => Deno.readTextFileSync(`/proc/${name}/${file}`).split("\0");
      if (!read("cmdline").includes(`--workdir=${workdir}`)) continue;
      const rank = read("environ").map((line) =>
        /^(?:OMPI_COMM_WORLD_RANK|PMI_RANK)=(\d+)$/.exec(line)?.[1]
      )
        .find((rank) => rank !== undefined);
      found.push({ pid: Number(name), rank: Number(rank ?? -1) });
    } catch {
      // It has ended, or is somebody else's.
    }
  }
  return found;
}

/**
 * The process that is a rank of a run.
 *
 * @throws {Error} where there is none: a signal to process 0 would reach the tests themselves
 */
export function processOfRank(workdir: string, rank: number): number {
  const found = processesOf(workdir).find((process) => process.rank === rank);
  if (found === undefined) throw new Error(`no process is rank ${rank} of ${workdir}`);
  return found.pid;
}
