/**
 * Draws images from a checkpoint: a command.
 *
 * @example
 * ```sh
 * deno run -A jsr:@scalelong/scalelong/sample --checkpoint=runs/quickstart_scalelong3 --n=32
 * ```
 *
 * @module
 */
import { counted } from "../engine/counted.ts";
import { join } from "node:path";
import { broadcastValue } from "../train/collective/broadcast_value.ts";
import { CollectiveError } from "../train/collective/collective_error.ts";
import { imageGrid } from "../eval/image_sets/image_grid.ts";
import { autoencoderNotes, openRunAutoencoder } from "../eval/latents/run_autoencoder.ts";
import { openRunTexts, textNotes } from "../eval/text/run_texts.ts";
import { processOf } from "../train/diffusion/process.ts";
import { sampledLabel } from "../eval/sampled_labels.ts";
import { chooseMethod } from "../eval/samplers/choose_method.ts";
import { findWeights, type Weights } from "../train/checkpoints/find_weights.ts";
import { humanDuration } from "../page/human_units.ts";
import { Job } from "./cli/job.ts";
import { launchProcesses } from "./cli/launch/launch_processes.ts";
import { processesToStart } from "./cli/launch/process_flags.ts";
import { UsageError } from "../train/config/usage_error.ts";
import { drawImages, imageShape } from "./sample/draw_images.ts";
import {
  hasFile,
  missingImages,
  readImages,
  removeImages,
  writePng,
} from "./sample/image_files.ts";
import {
  readSampleFlags,
  SAMPLE_FLAGS,
  type SampleFlags,
  sampleHelp,
} from "./sample/sample_flags.ts";
import { type Recipe, sampleRecipe } from "../eval/sample_recipe.ts";
import { recordedImages, writeRecord } from "./sample/sample_record.ts";
import { samplingLine } from "./sample/sampling_line.ts";
import { NETWORK_REMEDIES } from "./cli/network_flags.ts";
import { inFolder } from "./cli/in_folder.ts";
import { promptsOf } from "./cli/text_flags.ts";
import { runTask } from "./cli/run_task.ts";
import { ensureAdapter } from "./cli/setup/ensure_adapter.ts";
import { openDevice } from "./cli/setup/open_device.ts";

/** Images of the grid and of the strip, at most. */
const GRID = 100;
const STRIP_ROWS = 4;

/** Draws images as the command line says. Throws errors whose message is for the person. */
async function main(args: readonly string[]): Promise<void> {
  using job = await Job.join();
  await task(args, job);
  await job.leave();
}

async function task(args: readonly string[], job: Job): Promise<void> {
  const { flags, config } = await readSampleFlags(args);
  const { collective, collective: { rank } } = job;
  if (flags.help) return rank === 0 ? console.log(sampleHelp()) : undefined;
  const { checkpoint, out, n, weights: kind } = flags;
  if (checkpoint === null) {
    throw new UsageError(
      "--checkpoint: name the folder of a run, such as --checkpoint=runs/quickstart_scalelong3",
    );
  }
  const processes = processesToStart(job.launcher, flags);
  using progress = job.progress();
  // What is to be noted, the processes that are started note.
  const onNote = processes ? () => {} : (message: string) => progress.note(message);
  const weights = await findWeights(checkpoint, {
    kind,
    onNote,
    config,
    remedies: NETWORK_REMEDIES,
  });
  using resources = new DisposableStack();
  const autoencoder = resources.use(await openRunAutoencoder(weights.config, flags.autoencoder));
  const texts = await openRunTexts(weights.config, {
    prompts: await promptsOf(flags.texts),
    negative: flags.texts.negative,
    encoder: flags.text_encoder.weights,
  });
  const recipe = await sampleRecipe(flags, weights, { autoencoder, texts });
  const shape = imageShape(weights, autoencoder);
  if (autoencoder) autoencoderNotes(autoencoder, weights.data?.latents, "images").forEach(onNote);
  if (texts) textNotes(texts, weights.data).forEach(onNote);
  const recorded = rank > 0 ? 0 : await inFolder(
    out,
    "--out",
    async () => flags.overwrite ? 0 : await recordedImages(out, recipe),
  );
  if (processes) {
    await ensureAdapter();
    Deno.exit(await launchProcesses(processes));
  }
  using device_resources = new DisposableStack();
  const device = await openDevice(job, device_resources);
  mustBeSameRecipe(await broadcastValue(collective, recipe), recipe);
  const missing = rank > 0 ? [] : await inFolder(out, "--out", async () => {
    await Deno.mkdir(out, { recursive: true });
    if (flags.overwrite) await removeImages(out);
    await writeRecord(out, {
      ...recipe,
      ...countsOf(recipe, weights, Math.max(n, recorded)),
      checkpoint,
      weights: weights.file,
      autoencoder_weights: autoencoder && autoencoder.file,
      text_encoder_weights: texts && texts.file,
      made_with: {
        deno: Deno.version.deno,
        adapter: device.info.description || device.info.vendor,
      },
    });
    return await missingImages(out, n);
  });

  const strip = { file: "trajectory.png", rows: Math.min(n, STRIP_ROWS) };
  const needsStrip = await broadcastValue(
    collective,
    rank === 0 && flags.trajectory && !await hasFile(out, strip.file),
  );
  progress.note(headline(flags, weights, missing.length));
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  // Drawing and decoding are timed apart.
  let begun = { what: "drawing", at: start };
  await drawImages(device, {
    folder: out,
    weights,
    recipe,
    autoencoder,
    texts,
    onNote,
    collective,
    requested: missing,
    batch_size: flags.batch_size,
    strip: needsStrip ? strip : null,
    onProgress: (what, done, total) => {
      if (what !== begun.what) begun = { what, at: performance.now() };
      const seconds = (performance.now() - begun.at) / 1000;
      progress.show(samplingLine({ what, done, total, seconds }));
    },
  });
  if (rank > 0) return;
  const drawn = seconds();
  const images = await readImages(out, { n: Math.min(n, GRID), ...shape });
  await writePng(join(out, "grid.png"), imageGrid(images, shape));
  // The last line of progress first, so that the summary ends what is said.
  progress[Symbol.dispose]();
  progress.note(summary(flags, missing.length, drawn));
}

/** @throws {CollectiveError} where a process would draw other images than the first */
function mustBeSameRecipe(first: Recipe, own: Recipe): void {
  if (JSON.stringify(first) === JSON.stringify(own)) return;
  throw new CollectiveError(
    "its checkpoint, or how it draws, is not that of process 0: start all by the same command, and " +
      "give all the same files",
  );
}

function countsOf({ sampler, labels, texts }: Recipe, { config }: Weights, n: number) {
  const { schedule } = processOf(config.process);
  return {
    n,
    network_evaluations: chooseMethod(schedule, sampler).evaluations,
    image_labels: labels && Array.from({ length: n }, (_, i) => sampledLabel(labels, i)),
    image_prompts: texts &&
      Array.from({ length: n }, (_, i) => texts.prompts[i % texts.prompts.length]),
  };
}

function headline({ n, out, sampler }: SampleFlags, { file, step }: Weights, left: number): string {
  const kept = n - left;
  const at = step === null ? "" : ` (step ${step})`;
  return `${file}${at}, ${sampler}: ${counted(left, "image")}` +
    (kept > 0 ? `; ${kept} of ${n} are in ${out} already` : "");
}

function summary({ out, trajectory }: SampleFlags, drawn: number, seconds: number): string {
  const rate = drawn > 0 ? `, ${(drawn / seconds).toPrecision(3)} images/s` : "";
  return `${drawn} drawn, ${
    humanDuration(seconds)
  }${rate}. Left in ${out}: the images, grid.png, ` +
    `${trajectory ? "trajectory.png, " : ""}sample.json`;
}

if (import.meta.main) await runTask(main, { flags: SAMPLE_FLAGS });
