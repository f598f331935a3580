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
import { Device } from "../engine/mod.ts";
import {
  findInceptionWeights,
  type InceptionWeights,
  InceptionWeightsError,
} from "../eval/metrics/inception/inception_weights.ts";
import { saveStatistics } from "../eval/metrics/statistics_file.ts";
import { Progress } from "./cli/progress.ts";
import { compareSides } from "./fid/compare_sides.ts";
import { FID_FLAGS, type FidFlags, fidHelp, readFidArguments } from "./fid/fid_flags.ts";
import { type MissingMetrics, missingMetrics, SOME_MISSING } from "./fid/missing_metrics.ts";
import { type FidReport, reportText, sideReport, VARIANT, warnings } from "./fid/fid_report.ts";
import { inceptionExtract } from "../eval/metrics/inception/inception_extract.ts";
import { measureSide } from "./fid/measure_side.ts";
import { openSide, type Side, type SideTools, trainingData } from "./fid/side.ts";
import { progressHooks } from "./cli/progress_hooks.ts";
import { requestedMetrics } from "./fid/requested_metrics.ts";
import { inFolder } from "./cli/in_folder.ts";
import { inFlags } from "./cli/in_flags.ts";
import { runTask } from "./cli/run_task.ts";
import { ensureAdapter } from "./cli/setup/ensure_adapter.ts";
import { tuningFile } from "./cli/tuning_file.ts";
import { Watchdog } from "./cli/watchdog/watchdog.ts";

/** Compares images as the command line says. Throws errors whose message is for the person. */
async function main(args: readonly string[]): Promise<void> {
  const { flags, given, config } = await readFidArguments(args);
  if (flags.help) return console.log(fidHelp());
  using stack = new DisposableStack();
  const progress = stack.use(new Progress());
  const wait = progressHooks(progress);
  const tools: SideTools = {
    config,
    stack,
    note: (message) => progress.note(inFlags(message, ...FID_FLAGS)),
    onDataset: ({ what, done, total }) =>
      what === "download"
        ? wait("downloading", "bytes")(done, total)
        : wait("decoding", "images")(done, total),
  };

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

  const requested = [requestedA, requestedB].filter((r) => r !== null);
  // Two files of statistics need no device.
  const measures = requested.some((r) => Object.values(r).some(Boolean));
  if (measures) await ensureAdapter();
  const onWait = stack.use(new Watchdog()).watch;
  const device = measures ? stack.use(await Device.open({ tuning: tuningFile(), onWait })) : null;
  const extract = device && weights && inceptionExtract(device, weights, {
    logits: metrics.includes("is"),
    cache: flags.cache,
    most: Math.max(a.n, b?.n ?? 0),
    stack,
  });
  const measure = { device, extract, wait };
  const measuredA = await measureSide(a, "A", requestedA, measure);
  if (save_stats !== null) {
    await inFolder(save_stats, "--save_stats", async () => {
      await saveStatistics(save_stats, measuredA.statistics!);
    });
  }
  const measuredB = b && await measureSide(b, "B", requestedB!, measure);
  const results = measuredB
    ? await compareSides(device, measuredA, measuredB, {
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
