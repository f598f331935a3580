import { machineFields } from "./cli/machine_flags.ts";
import { z } from "zod";
import { Device } from "../engine/mod.ts";
import { parseFlags } from "./cli/flags.ts";
import { helpText } from "./cli/help_text.ts";
import { editDistance, nearest } from "../train/config/nearest.ts";
import { UsageError } from "../train/config/usage_error.ts";
import { type AdapterRates, adapterRates } from "../engine/testing/adapter_rates.ts";
import { convolutionRows } from "./bench/convolution.ts";
import { inceptionRow } from "./bench/inception.ts";
import { jaxJs } from "./bench/jax_js.ts";
import { JOB_KINDS, jobs } from "./bench/jobs.ts";
import type { Library } from "./bench/library.ts";
import { ourLibrary } from "./bench/our_library.ts";
import { loadingRow } from "./bench/loading.ts";
import { type BenchReport, reportText } from "./bench/report_text.ts";
import { samplingRows } from "./bench/sampling.ts";
import { type TimedJob, timedJob } from "./bench/timed_jobs.ts";
import { trainingRows } from "./bench/training_step.ts";
import { runTask } from "./cli/run_task.ts";
import { ensureAdapter } from "./cli/setup/ensure_adapter.ts";
import { tuningFile } from "./cli/tuning_file.ts";
import { Watchdog } from "./cli/watchdog/watchdog.ts";

const KINDS = [...JOB_KINDS, "conv", "training", "sampling", "inception", "load"] as const;
const PEERS = ["webgpu", "wasm"] as const;

const flagsSchema = z.object({
  only: z.string().describe(`what to time, comma-separated: ${KINDS.join(", ")}`),
  peers: z.string().describe(`devices of jax-js to compare with: ${PEERS.join(", ")}, or none`),
  rounds: z.int().min(1).max(100).describe("how often each library takes its turn at a job"),
  json: z.boolean().describe("print the report as JSON, for programs"),
  help: z.boolean().describe("print this help"),
});

const defaults = new Map<string, unknown>([
  ["only", KINDS.join(",")],
  ["peers", "webgpu"],
  ["rounds", 5],
]);

/** What the command line of `deno task bench` asks for. */
export interface BenchArguments {
  readonly only: readonly (typeof KINDS[number])[];
  readonly peers: readonly (typeof PEERS[number])[];
  readonly rounds: number;
  readonly json: boolean;
  readonly help: boolean;
}

/**
 * Reads the command line.
 *
 * @throws {UsageError} where an argument is not a flag of this command or has an invalid value
 */
export function readBenchArguments(args: readonly string[]): BenchArguments {
  const flags = new Map([...defaults, ...parseFlags(args, flagsSchema)]);
  const peers = flags.get("peers") as string;
  return {
    only: words("only", flags.get("only") as string, KINDS),
    peers: peers === "none" ? [] : words("peers", peers, PEERS),
    rounds: flags.get("rounds") as number,
    json: flags.get("json") === true,
    help: flags.get("help") === true,
  };
}

/**
 * Times the engine on this machine's adapter, next to a peer, and prints a table.
 *
 * @throws {UsageError} as {@linkcode readBenchArguments}
 * @throws {WrongResultError} where a library computes a wrong result
 */
export async function main(args: readonly string[]): Promise<void> {
  const read = readBenchArguments(args);
  if (read.help) return console.log(help());
  const { only, peers, rounds, json } = read;
  await ensureAdapter();
  using watchdog = new Watchdog();
  using device = await Device.open({ tuning: tuningFile(), onWait: watchdog.watch });
  const rates: AdapterRates | null = only.includes("adapter")
    ? await adapterRates(device, rounds)
    : null;
  const chosen = jobs().filter(({ kind }) => only.includes(kind));
  const libraries: Library[] = [ourLibrary(device)];
  for (const peer of chosen.length > 0 ? peers : []) libraries.push(await jaxJs(peer));
  const timed: TimedJob[] = [];
  for (const job of chosen) {
    timed.push(await timedJob(job, libraries, rounds, (name) => status(`${job.name}: ${name}`)));
  }
  const convolutions = only.includes("conv")
    ? await convolutionRows(device, rounds, (sizes) => status(`conv2d: ${sizes}`))
    : [];
  const training = only.includes("training")
    ? await trainingRows(device, rounds, (network) => status(`training step: ${network}`))
    : [];
  const sampling = only.includes("sampling")
    ? await samplingRows(device, (network) => status(`sampling: ${network}`))
    : [];
  if (only.includes("inception")) status("inception");
  const inception = only.includes("inception") ? await inceptionRow(device, rounds) : null;
  if (only.includes("load")) status("loading 500 MB");
  const loading = only.includes("load") ? await loadingRow(device, rounds) : null;
  status("");
  const report: BenchReport = {
    system: {
      deno: Deno.version.deno,
      os: `${Deno.build.os} ${Deno.build.arch}`,
      cores: navigator.hardwareConcurrency,
    },
    adapter: {
      description: device.info.description,
      class: device.capabilities.adapterClass,
    },
    rates,
    jobs: timed,
    convolutions,
    training,
    sampling,
    inception,
    loading,
  };
  console.log(json ? JSON.stringify(report, null, 2) : reportText(report));
}

/** The words of a comma-separated list. */
function words<const W extends string>(flag: string, list: string, known: readonly W[]): W[] {
  return list.split(",").map((word) => {
    const found = known.find((k) => k === word);
    if (found !== undefined) return found;
    const like = nearest(word, known, editDistance);
    throw new UsageError(
      `--${flag}: ${JSON.stringify(word)} is none of ${known.join(", ")}` +
        (like === null ? "" : `; did you mean ${like}?`),
    );
  });
}

/** Shows the current work in a line that the next one replaces; only in a terminal. */
function status(text: string): void {
  if (Deno.stderr.isTerminal()) {
    Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${text}`));
  }
}

function help(): string {
  return helpText({
    about:
      "Times the engine on this machine's adapter next to jax-js: the libraries take turns,\n" +
      "times are medians, ratios are the time of jax-js over ours. Results are checked.",
    examples: [
      { command: "bench --only=matmul,block", does: "the products and the block alone" },
      { command: "bench --peers=webgpu,wasm", does: "jax-js on the processor as well" },
      { command: "bench --peers=none --json", does: "this engine alone, for programs" },
    ],
    schemas: [flagsSchema, machineFields],
    defaults,
  });
}

if (import.meta.main) {
  await runTask(main);
  // jax-js does not end its wasm workers, which would keep the process alive.
  Deno.exit(0);
}
