/**
 * Trains diffusion models with scaled long skip connections (U-ViT, UNet): a command, and training as a
 * library.
 *
 * @example Train, on any GPU or none
 * ```sh
 * deno run -A jsr:@scalelong/scalelong/train --scalelong=3
 * deno run -A jsr:@scalelong/scalelong/train --help
 * ```
 *
 * @example Data for a run of one's own
 * ```ts
 * import { shapes } from "@scalelong/scalelong/train";
 *
 * const data = shapes({ image_size: 12, n: 64, seed: 0 });
 * console.log(data.length, data.shape); // 64 [3, 12, 12]
 * ```
 *
 * @module
 */
export * from "../train/mod.ts";

import { join } from "node:path";
import type { LatentDecoding } from "../eval/latents/latent_decoding.ts";
import { autoencoderNotes } from "../eval/latents/run_autoencoder.ts";
import type { RunFid, ScoreOptions } from "../eval/training/run_fid.ts";
import { gridTexts, lacksGrid, SampleGrids } from "../eval/training/sample_grids.ts";
import { saveCheckpoint } from "../train/checkpoints/checkpoint.ts";
import { savePytorchCheckpoint } from "../train/checkpoints/pytorch_checkpoint.ts";
import { isAutoencoderRun, type RunConfig } from "../train/config/autoencoder_run_config.ts";
import { checkDataset } from "../train/data/check_dataset.ts";
import type { DatasetOutline } from "../train/data/dataset.ts";
import { datasetOutline } from "../train/data/dataset_outline.ts";
import type { ImageSource } from "../train/data/image_source.ts";
import { DivergedError } from "../train/divergence.ts";
import { Log } from "../train/files/log.ts";
import { withAllParts } from "../train/data/rank_share.ts";
import { trainLoop } from "../train/checked/train_loop_by_rules.ts";
import { launchProcesses } from "./cli/launch/launch_processes.ts";
import { Job } from "./cli/job.ts";
import { runTask } from "./cli/run_task.ts";
import { ensureAdapter } from "./cli/setup/ensure_adapter.ts";
import { afterDivergence } from "./train/after_divergence.ts";
import { dryRunText, mustFit, timeAndDisk } from "./train/dry_run.ts";
import { processesOf } from "./train/processes.ts";
import { Run } from "./train/run.ts";
import { printProfile } from "./train/profile.ts";
import { openRunRecord } from "./train/run_record.ts";
import { endRun, noteDone } from "./train/end_run.ts";
import { follow } from "./train/follow.ts";
import { noteData, type Start, startOfRun } from "./train/start_of_run.ts";
import { ownImagesLines, processorLines } from "./train/own_images.ts";
import { readTrainArguments, TRAIN_FLAGS } from "./train/train_flags.ts";
import { trainAutoencoder } from "./train/train_autoencoder.ts";

/** Trains as the command line says. Throws errors whose message is for the person. */
async function main(args: readonly string[]): Promise<void> {
  using job = await Job.join();
  await task(args, job);
  await job.leave();
}

async function task(args: readonly string[], job: Job): Promise<void> {
  const { launcher } = job;
  const { config, own, given, probe_interval, help, ...known } = await readTrainArguments(args);
  if (help !== null) return job.collective.rank === 0 ? console.log(help) : undefined;
  const num_processes = processesOf(launcher, own, config);
  if (own.dry_run && isAutoencoderRun(config)) return await dryRun(config, job, false, null);
  if (own.dry_run && !isAutoencoderRun(config)) {
    const { outline } = known;
    for (const line of outline ? ownImagesLines(config, given, outline) : []) console.error(line);
    return await dryRun(config, job, probe_interval !== undefined, outline);
  }
  // What can be told in seconds comes first: images may take minutes to decode.
  const outline = await checkDataset(config);
  if (num_processes > 1 && !launcher) {
    await ensureAdapter();
    Deno.exit(await launchProcesses({ ...own, num_processes }));
  }
  if (isAutoencoderRun(config)) {
    return await trainAutoencoder(config, own, { job, num_processes, outline });
  }
  using run = await Run.open(config, job);
  const { capabilities } = run.device;
  const share = withAllParts(config, num_processes);
  if (run.collective.rank > 0) {
    mustFit(capabilities, share);
    return await follow(run);
  }
  const autoencoder = await run.autoencoder();
  mustFit(capabilities, share, autoencoder?.config);
  const lines = ownImagesLines(config, given, outline);
  for (const line of [...lines, ...processorLines(config, given, capabilities)]) run.note(line);

  await run.lock();
  if (own.profile) return await printProfile(run, await run.load());
  const from = await startOfRun(config, own, outline.class_names, run.note);
  const { checkpoint, resumed, unusable } = from;
  const needs = await run.fidNeeds();
  const { n_steps } = config.train;
  const isDone = checkpoint !== null && checkpoint.step >= n_steps &&
    !await lacksGrid(config, checkpoint.step);
  if (isDone && !needs) {
    await run.agree(null);
    return await finished(run, null, checkpoint.step, own.tensorboard);
  }
  const dataset = await run.load();
  await noteData(resumed, dataset, run.note);
  if (autoencoder) autoencoderNotes(autoencoder, dataset.latents, "grids").forEach(run.note);
  const fid = needs && await run.fid(dataset, { ...needs, autoencoder });
  await run.agree(isDone ? null : dataset);
  if (isDone) return await finished(run, fid, checkpoint.step, own.tensorboard);

  const start = performance.now();
  const decoding = autoencoder && autoencoder.decoding;
  const parts = { ...own, ...from, dataset, fid, decoding, probe_interval };
  const { done, isFinished } = await train(run, parts).catch(async (error) => {
    if (!(error instanceof DivergedError)) throw error;
    throw await afterDivergence(error, { config, args: Deno.args, unusable });
  });
  endRun(run, { done, isFinished, seconds: (performance.now() - start) / 1000 });
}

/** What a run trains on, where it starts, and what judges and probes it. */
interface Parts extends Pick<Start, "checkpoint" | "unusable"> {
  readonly dataset: ImageSource;
  readonly fid: RunFid | null;
  readonly decoding: LatentDecoding | null;
  readonly probe_interval: number | undefined;
  readonly tensorboard: boolean;
}

/**
 * Trains, logs, draws, saves and scores.
 *
 * @returns steps done, and whether nothing is left to do
 */
async function train(
  run: Run,
  { dataset, checkpoint, unusable, fid, decoding, probe_interval, tensorboard }: Parts,
): Promise<{ done: number; isFinished: boolean }> {
  const { device, config, config: { workdir, train: { n_steps, keep, format } }, signal } = run;
  const step = checkpoint?.step ?? 0;
  const probes = probe_interval === undefined ? null : await run.probes(step);
  const texts = await gridTexts(dataset, config);
  const grids = run.use(
    new SampleGrids(device, config, dataset.class_names.length, texts, decoding),
  );
  const { hooks, append, events } = await openRunRecord(run, {
    step,
    dataset,
    tensorboard,
    picture: (trainStep, at) => grids.draw(trainStep, at),
  });
  const scores: ScoreOptions = { log: append, signal };
  await fid?.takeUp(step, scores);
  const done = await trainLoop(device, config, dataset, {
    checkpoint,
    signal,
    probe_interval,
    together: run.together,
    hooks: {
      ...hooks,
      onProbe: (step, values) => {
        probes?.append({ step, ...values });
        events?.scalars({ step, ...values });
      },
      onCheckpoint: async (c) => {
        unusable.delete(c.step);
        const exceptions = { best: fid?.best?.step, unusable };
        await saveCheckpoint(workdir, c, keep, exceptions);
        if (format === "pytorch") await savePytorchCheckpoint(workdir, c, keep, exceptions);
        if (!signal?.aborted) await fid?.score(c.step, scores);
      },
    },
  });
  if (done < n_steps) return { done, isFinished: false };
  if (!signal?.aborted) await fid?.finish(done, scores);
  return { done, isFinished: fid === null || !signal?.aborted };
}

/** Does what a run that has done its steps may still lack: FIDs, events. */
async function finished(
  run: Run,
  fid: RunFid | null,
  step: number,
  tensorboard: boolean,
): Promise<void> {
  const { workdir } = run.config;
  const events = tensorboard ? await run.events(step) : null;
  if (fid) {
    using log = await Log.open(join(workdir, "log.jsonl"), step);
    const scores: ScoreOptions = {
      log: (entry) => {
        log.append(entry);
        events?.scalars(entry);
      },
    };
    await fid.takeUp(step, scores);
    await fid.finish(step, scores);
  }
  noteDone(run, step);
}

/** Prints what a run would take of the adapter, the day and the disk; nothing is loaded. */
async function dryRun(
  config: RunConfig,
  job: Job,
  probes: boolean,
  outline: DatasetOutline | null,
): Promise<void> {
  using run = await Run.open(config, job);
  const known = outline ?? await datasetOutline(config).catch(() => null);
  const images = known && known.class_counts.reduce((sum, count) => sum + count, 0);
  const autoencoder = await run.autoencoder();
  const parts = { probes, decoder: autoencoder && autoencoder.config };
  console.error("timing a step; the first time its kernels are compiled ..");
  const measured = await timeAndDisk(run.device, config, parts, images);
  console.log(dryRunText(run.device.capabilities, config, parts, measured));
}

if (import.meta.main) await runTask(main, { flags: TRAIN_FLAGS });
