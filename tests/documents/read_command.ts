import assert from "node:assert/strict";
import { join } from "node:path";
import { samplerSettings } from "../../eval/sampler_settings.ts";
import { chooseMethod } from "../../eval/samplers/choose_method.ts";
import settings from "../../deno.json" with { type: "json" };
import { readBenchArguments } from "../../tasks/bench/bench_flags.ts";
import { machineFlags } from "../../tasks/cli/machine_flags.ts";
import type { SolverFlags } from "../../tasks/cli/solver_flags.ts";
import { readConvertArguments } from "../../tasks/convert/convert_flags.ts";
import { readDemoArguments } from "../../tasks/demo/demo_flags.ts";
import { readDoctorArguments } from "../../tasks/doctor/doctor_flags.ts";
import { readFeaturesArguments } from "../../tasks/features/features_flags.ts";
import { readFidArguments } from "../../tasks/fid/fid_flags.ts";
import { readInspectArguments } from "../../tasks/inspect/inspect_flags.ts";
import { readReportArguments } from "../../tasks/report/report_flags.ts";
import { readSampleFlags } from "../../tasks/sample/sample_flags.ts";
import { readStabilityArguments } from "../../tasks/stability/stability_flags.ts";
import { testArguments } from "../../tasks/test/test_arguments.ts";
import { readTrainArguments } from "../../tasks/train/train_flags.ts";
import { processOf } from "../../train/diffusion/process.ts";
import { DEFAULT_PROCESS } from "../../train/diffusion/process_config.ts";
import type { ShownCommand, TaskCommand } from "./commands.ts";
import { ROOT } from "./pages.ts";
import { runCommand } from "./run_command.ts";

/** What reads the arguments of each command; throws where one is wrong. */
const READERS: Readonly<Record<string, (args: readonly string[]) => unknown>> = {
  train: readTrainArguments,
  features: readFeaturesArguments,
  sample: async (args) => {
    const { flags: { sampler, steps, solver } } = await readSampleFlags(args);
    mustBeSampler(sampler, steps, solver);
  },
  fid: async (args) => {
    const { flags: { sample: { sampler, steps }, solver } } = await readFidArguments(args);
    mustBeSampler(sampler, steps, solver);
  },
  stability: readStabilityArguments,
  report: readReportArguments,
  convert: readConvertArguments,
  inspect: readInspectArguments,
  demo: readDemoArguments,
  doctor: readDoctorArguments,
  bench: readBenchArguments,
  test: async (args) => {
    for (const file of testArguments(args).slice(1).filter((arg) => !arg.startsWith("--"))) {
      await Deno.stat(join(ROOT, file));
    }
  },
  ok: (args) => assert.deepEqual(args, []),
};

/** Flags of a sampler may be valid each and not together. */
function mustBeSampler(sampler: string, steps: number, { limit: _, ...solver }: SolverFlags): void {
  chooseMethod(processOf(DEFAULT_PROCESS).schedule, {
    ...samplerSettings(sampler, steps),
    ...solver,
  });
}

/** The version of Deno that the first check runs the newcomer's commands with. */
const DENO = /deno@([\d.]+)/.exec(await Deno.readTextFile(join(ROOT, ".ci/run")))![1];

/**
 * Commands that other tests run: `train_stopped_test.ts` sends the signal, `published_package_test.ts`
 * runs the README's program, and `notebooks_test.ts` the notebooks in Jupyter.
 */
const TESTED_ELSEWHERE =
  /^(kill -TERM |deno add jsr:@scalelong\/scalelong$|deno run (--allow-\S+ )+program\.ts$|apt-get install -y jupyter-notebook$|npx -y deno@\S+ jupyter --install$|jupyter notebook notebooks$)/;

/** Commands of other programs: they install something, or open a page. */
const OF_OTHERS = /^(apt-get install |jupyter (notebook|lab) |npx -y deno@\S+ jupyter --install$)/;

/** What starts a task as several processes. */
const LAUNCHED = /^(mpirun -n \d+ --bind-to none|srun --mpi=pmix) (?=deno task )/;

/** A folder of latents among the files of the examples. */
const LATENTS = "--dataset.path=photos_latents";

/** A task of the package, without a clone. */
const PUBLISHED = /^deno run -A jsr:@scalelong\/scalelong\/(?=\w)/;

/**
 * The task that a command starts; null for a command that other tests run, or of other programs.
 *
 * @throws {Error} where it is neither
 */
export function taskOf({ words, text }: ShownCommand): TaskCommand | null {
  const npx = /^npx -y deno@(\S+) /.exec(text);
  if (npx && npx[1] !== DENO) throw new Error(`it names Deno ${npx[1]}, and .ci/run ${DENO}`);
  if (TESTED_ELSEWHERE.test(text) || OF_OTHERS.test(text)) return null;
  const isPublished = PUBLISHED.test(text);
  const own = text.replace(LAUNCHED, "");
  if (!isPublished && !/^(([A-Z_]+=\S+ )*deno|npx -y deno@\S+) task /.test(own)) {
    throw new Error("no test knows this command");
  }
  const at = isPublished ? 3 : words.indexOf("task") + 1;
  const task = words[at].slice(words[at].lastIndexOf("/") + 1);
  const table = isPublished ? settings.exports : settings.tasks;
  if (!Object.hasOwn(table, isPublished ? `./${task}` : task)) {
    throw new Error(`there is no task "${task}"`);
  }
  return { task, args: words.slice(at + 1) };
}

/**
 * Reads a command as its task does.
 *
 * @param place gives a file that an argument names its place
 * @throws {Error} with what the task would say
 */
export async function readCommand(
  { task, args }: TaskCommand,
  place: (path: string) => string,
): Promise<void> {
  // Its latents are in the folder of another run; those of the examples take their place.
  const latents = args.includes("--preset=quickstart_latent") ? [LATENTS] : [];
  const placed = [...args, ...latents].map((word) => {
    const [, flag, value] = /^(--[^=]+=)?(.*)$/.exec(word)!;
    return (flag ?? "") + place(value);
  });
  // `deno task test` and `ok` pass theirs on.
  const usesDevice = ["train", "sample", "fid", "stability", "doctor", "bench"].includes(task);
  const read = READERS[task] ?? ((args: readonly string[]) => mustBeInHelp(task, args));
  await read(usesDevice ? machineFlags(placed).rest : placed);
}

/** The flags in the help of a task that has no reader here, asked for once. */
const inHelp = new Map<string, Promise<string[]>>();

function flagsInHelp(task: string): Promise<string[]> {
  const known = inHelp.get(task) ??
    runCommand({ task, args: ["--help"] }, ROOT)
      .then(({ said }) => [...said.matchAll(/^ +--([\w.]+)/gm)].map(([, name]) => name));
  inHelp.set(task, known);
  return known;
}

async function mustBeInHelp(task: string, args: readonly string[]): Promise<void> {
  const flags = await flagsInHelp(task);
  for (const [, name] of args.join(" ").matchAll(/--([^\s=]+)/g)) {
    if (!flags.includes(name.replaceAll("-", "_"))) {
      throw new Error(`--${name}: there is no such flag in the help of ${task}`);
    }
  }
}

/** Whether any task has a flag of this name. */
export async function isFlag(name: string): Promise<boolean> {
  if (name === "serial") return true;
  for (const [task, read] of Object.entries(READERS)) {
    if (task === "test" || task === "ok") continue;
    try {
      await read(machineFlags([`--${name}=0`]).rest);
      return true;
    } catch (error) {
      if (!(error as Error).message.includes("there is no such flag")) return true;
    }
  }
  const others = Object.keys(settings.tasks).filter((task) => !Object.hasOwn(READERS, task));
  return (await Promise.all(others.map(flagsInHelp))).flat().includes(name);
}
