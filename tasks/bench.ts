import { Device } from "../engine/mod.ts";
import { type AdapterRates, adapterRates } from "../engine/testing/adapter_rates.ts";
import { benchHelp, readBenchArguments } from "./bench/bench_flags.ts";
import { compiledKernels } from "./bench/compiled/compiled_kernels.ts";
import { compiledText } from "./bench/compiled/compiled_text.ts";
import { convolutionRows } from "./bench/convolution.ts";
import { decoderRow } from "./bench/decoder.ts";
import { estimateRows } from "./bench/estimates.ts";
import { ranksRow } from "./bench/ranks/ranks_row.ts";
import { inceptionRow } from "./bench/inception.ts";
import { jaxJs } from "./bench/jax_js.ts";
import { jobs } from "./bench/jobs.ts";
import type { Library } from "./bench/library.ts";
import { ourLibrary } from "./bench/our_library.ts";
import { loadingRow } from "./bench/loading.ts";
import { streamingRow } from "./bench/streaming.ts";
import { type BenchReport, reportText } from "./bench/report_text.ts";
import { samplingRows } from "./bench/sampling.ts";
import { type TimedJob, timedJob } from "./bench/timed_jobs.ts";
import { trainingRows } from "./bench/training_step.ts";
import { machineFlags } from "./cli/machine_flags.ts";
import { runTask } from "./cli/run_task.ts";
import { ensureAdapter } from "./cli/setup/ensure_adapter.ts";
import { tuningFile } from "./cli/tuning_file.ts";
import { Watchdog } from "./cli/watchdog/watchdog.ts";

/**
 * Times the engine on this machine's adapter, next to a peer, and prints a table; or prints what a
 * compiler makes of its kernels.
 *
 * @throws {UsageError} as {@linkcode readBenchArguments}
 * @throws {MissingDriverError} as {@linkcode compiledKernels}
 * @throws {WrongResultError} where a library computes a wrong result
 */
export async function main(args: readonly string[]): Promise<void> {
  const read = readBenchArguments(args);
  if (read.help) return console.log(benchHelp());
  const { only, peers, rounds, compiled, preset, json } = read;
  if (compiled) {
    const kernels = await compiledKernels(preset, compiled);
    return console.log(json ? JSON.stringify(kernels, null, 2) : compiledText(kernels));
  }
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
  if (only.includes("decoder")) status("decoder");
  const decoder = only.includes("decoder") ? await decoderRow(device, rounds) : null;
  if (only.includes("load")) status("loading 500 MB");
  const loading = only.includes("load") ? await loadingRow(device, rounds) : null;
  if (only.includes("stream")) status("streaming latents");
  const streaming = only.includes("stream") ? await streamingRow(rounds) : null;
  const estimates = only.includes("estimate")
    ? await estimateRows(device, (preset) => status(`estimate: ${preset}`))
    : [];
  const ranks = only.includes("ranks")
    ? await ranksRow(
      device,
      preset,
      rounds,
      machineFlags(Deno.args).device,
      (what) => status(`ranks: ${what}`),
    )
    : null;
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
    decoder,
    loading,
    streaming,
    estimates,
    ranks,
  };
  console.log(json ? JSON.stringify(report, null, 2) : reportText(report));
}

/** Shows the current work in a line that the next one replaces; only in a terminal. */
function status(text: string): void {
  if (Deno.stderr.isTerminal()) {
    Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${text}`));
  }
}

if (import.meta.main) {
  await runTask(main);
  // jax-js does not end its wasm workers, which would keep the process alive.
  Deno.exit(0);
}
