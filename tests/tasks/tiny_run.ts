import { ok } from "node:assert/strict";
import { join } from "node:path";
import { lastFlags } from "./last_flags.ts";
import { type Checkpoint, latestCheckpoint } from "../../train/checkpoints/checkpoint.ts";

/** A network and a data set so small that a run takes a second. */
export const TINY: readonly string[] = [
  "--img_size=8",
  "--patch_size=4",
  "--image_size=8",
  "--dataset.n=64",
  "--embed_dim=32",
  "--depth=2",
  "--num_heads=2",
  "--batch_size=8",
  "--n_samples=4",
  "--sample_steps=3",
  "--lr_scheduler.name=customized",
  "--warmup_steps=4",
];

/** A run that does not end by itself. */
export const LONG: readonly string[] = [
  "--n_steps=100000",
  "--save_interval=5",
  "--log_interval=5",
];
/** Windows has no signals for other processes. */
export const noSignals: boolean = Deno.build.os === "windows";

/** The command that trains with these flags, the last of equal ones. */
export function command(args: readonly string[], cwd?: string): Deno.Command {
  return scriptCommand("train.ts", args, cwd);
}

/** The command that runs a script of `tasks/` with these flags, the last of equal ones. */
export function scriptCommand(name: string, args: readonly string[], cwd?: string): Deno.Command {
  const task = import.meta.resolve(`../../tasks/${name}`);
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", task, ...lastFlags(args)],
    cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** Runs `train` on the tiny network to its end. */
export async function train(
  workdir: string,
  ...args: string[]
): Promise<{ code: number; said: string; lines: string[] }> {
  const { code, stdout, stderr } = await command([...TINY, `--workdir=${workdir}`, ...args])
    .output();
  const decoder = new TextDecoder();
  const said = decoder.decode(stdout) + decoder.decode(stderr);
  return { code, said, lines: said.trimEnd().split("\n") };
}

/** A process that trains, and what it has said so far. */
export class Training {
  readonly #child: Deno.ChildProcess;
  readonly #reader: ReadableStreamDefaultReader<string>;
  readonly #listening: Promise<void>;
  readonly #status: Promise<Deno.CommandStatus>;
  #said = "";
  #isOver = false;

  constructor(command: Deno.Command) {
    this.#child = command.spawn();
    const reader = this.#child.stderr.pipeThrough(new TextDecoderStream()).getReader();
    this.#reader = reader;
    this.#listening = (async () => {
      for (let piece; !(piece = await reader.read()).done;) this.#said += piece.value;
    })();
    this.#status = this.#child.status.finally(() => this.#isOver = true);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Waits until `enough` is true of what it said and of its folder, or it has ended. */
  async until(enough: (said: string) => boolean): Promise<void> {
    while (!this.#isOver && !enough(this.#said)) await milliseconds(10);
  }

  /** Sends a signal, to the whole process group where it was started as one of its own. */
  kill(signal: Deno.Signal, to: "process" | "group" = "process"): void {
    if (!this.#isOver) Deno.kill(to === "group" ? -this.pid : this.pid, signal);
  }

  /** Stops listening: from now on it writes to a pipe that nobody reads. */
  async closePipes(): Promise<void> {
    await Promise.all([this.#reader.cancel(), this.#child.stdout.cancel()]);
  }

  /** Waits for its end. */
  async end(): Promise<{ code: number; signal: Deno.Signal | null; said: string }> {
    const { code, signal } = await this.#status;
    await this.#listening;
    if (!this.#child.stdout.locked) await this.#child.stdout.cancel();
    return { code, signal, said: this.#said };
  }
}

/** Starts a tiny run in a folder. */
export function startTraining(workdir: string, ...args: string[]): Training {
  return new Training(command([...TINY, `--workdir=${workdir}`, ...args]));
}

/** Resolves after some time. */
export function milliseconds(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Trains until `enough` is true of what it says and of its folder, then sends a signal. */
export async function interrupted(
  workdir: string,
  signal: Deno.Signal,
  args: readonly string[],
  enough: (said: string) => boolean,
  onStart?: (pid: number) => void,
): Promise<{ code: number; said: string }> {
  const training = startTraining(workdir, ...args);
  onStart?.(training.pid);
  await training.until(enough);
  training.kill(signal);
  return await training.end();
}

/** Calls `use` with the name of a folder that does not exist yet, and removes it in the end. */
export async function withWorkdir(use: (workdir: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(join(folder, "run"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The names in a folder, by number. */
export function names(...path: string[]): string[] {
  const all = [...Deno.readDirSync(join(...path))].map(({ name }) => name);
  return all.sort((a, b) => parseInt(a) - parseInt(b));
}

/** The steps of the lines of a log. */
export function loggedSteps(workdir: string): number[] {
  const lines = Deno.readTextFileSync(join(workdir, "log.jsonl")).trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line).step);
}

/** The lines of a run's log, without what depends on the clock. */
export function logWithoutTimes(workdir: string): unknown[] {
  const lines = Deno.readTextFileSync(join(workdir, "log.jsonl")).trimEnd().split("\n");
  return lines.map((line) => {
    const { seconds: _, images_per_s: __, ...entry } = JSON.parse(line);
    return entry;
  });
}

/** The newest checkpoint; fails where one is broken. */
export async function newest(workdir: string): Promise<Checkpoint> {
  const checkpoint = await latestCheckpoint(workdir, {
    onSkip: (message) => ok(false, message),
  });
  ok(checkpoint);
  return checkpoint;
}
