/**
 * Compares images, by FID, KID, Inception Score, precision and recall: a command.
 *
 * @example A folder of images against a data set
 * ```sh
 * deno run -A jsr:@scalelong/scalelong/fid images cifar10:train
 * ```
 *
 * @module
 */
import { broadcastValue } from "../train/collective/broadcast_value.ts";
import { CollectiveError } from "../train/collective/collective_error.ts";
import {
  findInceptionWeights,
  type InceptionWeights,
  InceptionWeightsError,
} from "../eval/metrics/inception/inception_weights.ts";
import { saveStatistics } from "../eval/metrics/statistics_file.ts";
import { Job } from "./cli/job.ts";
import { launchProcesses } from "./cli/launch/launch_processes.ts";
import { processesToStart } from "./cli/launch/process_flags.ts";
import { compareSides } from "./fid/compare_sides.ts";
import { FID_FLAGS, type FidFlags, fidHelp, readFidArguments } from "./fid/fid_flags.ts";
import { type MissingMetrics, missingMetrics, SOME_MISSING } from "./fid/missing_metrics.ts";
import { type FidReport, reportText, sideReport, VARIANT, warnings } from "./fid/fid_report.ts";
import { inceptionExtract } from "../eval/metrics/inception/inception_extract.ts";
import { type FidPlan, followSide, isMeasured, sidePlan } from "./fid/fid_plan.ts";
import { measureSide, type MeasureTools } from "./fid/measure_side.ts";
import { openSide, type Side, type SideTools, trainingData } from "./fid/side.ts";
import { type ProgressHooks, progressHooks } from "./cli/progress_hooks.ts";
import { requestedMetrics } from "./fid/requested_metrics.ts";
import { inFolder } from "./cli/in_folder.ts";
import { inFlags } from "./cli/in_flags.ts";
import { runTask } from "./cli/run_task.ts";
import { ensureAdapter } from "./cli/setup/ensure_adapter.ts";
import { openDevice } from "./cli/setup/open_device.ts";

/** Compares images as the command line says. Throws errors whose message is for the person. */
async function main(args: readonly string[]): Promise<void> {
  using job = await Job.join();
  await task(args, job);
  await job.leave();
}

async function task(args: readonly string[], job: Job): Promise<void> {
  const { flags, given, config } = await readFidArguments(args);
  const { collective, collective: { rank } } = job;
  if (flags.help) return rank === 0 ? console.log(fidHelp()) : undefined;
  const processes = processesToStart(job.launcher, flags);
  if (processes) {
    await ensureAdapter();
    Deno.exit(await launchProcesses(processes));
  }
  using stack = new DisposableStack();
  const progress = stack.use(job.progress());
  const wait = progressHooks(progress);
  const tools: SideTools = {
    config,
    stack,
    collective,
    note: (message) => progress.note(inFlags(message, ...FID_FLAGS)),
    onDataset: ({ what, done, total }) =>
      what === "download"
        ? wait("downloading", "bytes")(done, total)
        : wait("decoding", "images")(done, total),
  };
  if (rank > 0) return await follow(job, { flags, given, tools, wait });

  const a = await openSide(given[0], flags, tools);
  const alone = given.length === 1 && !a.drawn && flags.save_stats !== null;
  // What A rules out is said before B is decoded.
  if (!alone) missingMetrics(flags.metrics, a, a);
  const b = alone
    ? null
    : given.length === 2
    ? await openSide(given[1], flags, tools)
    : await trainingData(a, tools);
  const { save_stats } = flags;
  const missing: MissingMetrics = b ? missingMetrics(flags.metrics, a, b) : {};
  const weights = await inceptionFor(flags, { a, b, missing, onProgress: tools.onDataset });
  for (const why of Object.values(missing)) tools.note(`not measured: ${why}`);
  const metrics = flags.metrics.filter((metric) => !(metric in missing));
  const requestedA = requestedMetrics(a, "A", { metrics: alone ? [] : metrics, save_stats });
  const requestedB = b && requestedMetrics(b, "B", { metrics, save_stats: null });

  const plan: FidPlan = await broadcastValue(collective, {
    a: sidePlan(a, requestedA),
    b: b && sidePlan(b, requestedB!),
    inception: weights && weights.sha256,
    logits: metrics.includes("is"),
  });
  const measure = await measureTools(job, plan, { flags, weights, stack, wait });
  const measuredA = await measureSide(a, "A", plan.a, measure);
  if (save_stats !== null) {
    await inFolder(save_stats, "--save_stats", async () => {
      await saveStatistics(save_stats, measuredA.statistics!);
    });
  }
  const measuredB = b && await measureSide(b, "B", plan.b!, measure);
  const results = measuredB
    ? await compareSides(measure.device, measuredA, measuredB, {
      metrics,
      missing,
      wait,
      onStatus: (line) => progress.show(line),
    })
    : null;

  const report: FidReport = {
    ...results,
    a: sideReport(given[0], a, measuredA, flags.sample.weights),
    b: b && sideReport(given[1] ?? null, b, measuredB!, flags.sample.weights),
    inception: weights && { variant: VARIANT, sha256: weights.sha256 },
  };
  // Ends the progress line first, so that the report comes last.
  progress[Symbol.dispose]();
  for (const line of warnings(report)) progress.note(line);
  console.log(flags.json ? JSON.stringify(report, null, 2) : reportText(report));
  if (Object.keys(report.missing ?? {}).length > 0) Deno.exitCode = SOME_MISSING;
}

/** What both sides are measured with; two files of statistics need no device. */
async function measureTools(
  job: Job,
  plan: FidPlan,
  { flags, weights, stack, wait }: {
    readonly flags: FidFlags;
    readonly weights: InceptionWeights | null;
    readonly stack: DisposableStack;
    readonly wait: ProgressHooks;
  },
): Promise<MeasureTools> {
  const { collective } = job;
  const measures = [plan.a, plan.b].some((side) => side !== null && isMeasured(side));
  const device = measures ? await openDevice(job, stack) : null;
  const extract = device && weights && inceptionExtract(device, weights, {
    logits: plan.logits,
    cache: flags.cache,
    most: Math.max(plan.a.n, plan.b?.n ?? 0),
    collective,
    stack,
  });
  return { device, extract, wait, collective };
}

/** What the ranks do that are not the first: they draw and measure their share. */
async function follow(
  job: Job,
  { flags, given, tools, wait }: {
    readonly flags: FidFlags;
    readonly given: readonly string[];
    readonly tools: SideTools;
    readonly wait: ProgressHooks;
  },
): Promise<void> {
  const { collective } = job;
  const plan = (await broadcastValue<FidPlan | null>(collective, null))!;
  const a = await followSide(plan.a, given[0], flags, tools);
  const b = plan.b && await followSide(plan.b, given[1] ?? "", flags, tools);
  const weights = plan.inception === null
    ? null
    : await findInceptionWeights({ path: flags.inception, setting: "inception" });
  if (weights && weights.sha256 !== plan.inception) {
    throw new CollectiveError(`${weights.file}: has other weights than that of process 0`);
  }
  const measure = await measureTools(job, plan, { flags, weights, stack: tools.stack, wait });
  await measureSide(a, "A", plan.a, measure);
  if (b) await measureSide(b, "B", plan.b!, measure);
}

/**
 * Inception's weights, where they are needed; where there are none, and another metric needs none,
 * those that do are missing.
 */
async function inceptionFor(
  { metrics, save_stats, inception: path }: FidFlags,
  { a, b, missing, onProgress }: {
    a: Side;
    b: Side | null;
    missing: MissingMetrics;
    onProgress: SideTools["onDataset"];
  },
): Promise<InceptionWeights | null> {
  const needed = b === null
    ? []
    : metrics.filter((metric) =>
      !(metric in missing) && metric !== "swd" &&
      !(metric === "fid" && a.statistics && b.statistics)
    );
  const saves = save_stats !== null && a.statistics === null;
  if (needed.length === 0 && !saves) return null;
  try {
    return await findInceptionWeights({ path, setting: "inception", onProgress });
  } catch (error) {
    const others = metrics.some((metric) => !(metric in missing) && !needed.includes(metric));
    if (!(error instanceof InceptionWeightsError) || saves || !others) throw error;
    for (const metric of needed) missing[metric] = `${metric}: ${error.message}`;
    return null;
  }
}

if (import.meta.main) await runTask(main, { flags: FID_FLAGS });
