/**
 * Encodes images, and captions, to the latents that a diffusion model is trained on: a command.
 *
 * @example A folder of images by class, both flips
 * ```sh
 * deno run -A jsr:@scalelong/scalelong/features photos --out=photos_latents --autoencoder=vae --flips
 * deno run -A jsr:@scalelong/scalelong/features --help
 * ```
 *
 * @module
 */
import { join } from "node:path";
import type { Device } from "../engine/mod.ts";
import { ImageEncoder } from "../eval/latents/image_encoder.ts";
import { SharedEncoder } from "../eval/latents/shared_encoder.ts";
import { ClipTextEncoder } from "../eval/text/clip_text_encoder.ts";
import { downsamplingOf } from "../nets/autoencoder_parameters.ts";
import { humanDuration } from "../page/human_units.ts";
import {
  type AutoencoderFile,
  openAutoencoder,
} from "../train/checkpoints/autoencoder/open_autoencoder.ts";
import { broadcastValue } from "../train/collective/broadcast_value.ts";
import { CollectiveError } from "../train/collective/collective_error.ts";
import { UsageError } from "../train/config/usage_error.ts";
import { counted } from "../engine/counted.ts";
import type { FeatureRecipe } from "../train/data/features/feature_index.ts";
import { openFeatures } from "../train/data/features/open_features.ts";
import { FeatureWriter } from "../train/data/features/feature_writer.ts";
import { writeReferenceFeatures } from "../train/data/features/write_reference.ts";
import { sha256Of } from "../train/files/sha256_of.ts";
import { requestedChannels } from "../train/data/channels.ts";
import { datasetProgress } from "./cli/dataset_progress.ts";
import { inFolder } from "./cli/in_folder.ts";
import { Interrupt } from "./cli/interrupt.ts";
import { Job } from "./cli/job.ts";
import { launchProcesses } from "./cli/launch/launch_processes.ts";
import { processesToStart } from "./cli/launch/process_flags.ts";
import { Progress } from "./cli/progress.ts";
import { workLine } from "./cli/progress_line.ts";
import { RunLock } from "./cli/run_lock.ts";
import { progressHooks } from "./cli/progress_hooks.ts";
import { runTask } from "./cli/run_task.ts";
import { ensureAdapter } from "./cli/setup/ensure_adapter.ts";
import { shownCommand } from "./cli/shown_command.ts";
import { openDevice } from "./cli/setup/open_device.ts";
import { encodeImages } from "./features/encode_images.ts";
import {
  FEATURES_FLAGS,
  type FeaturesFlags,
  featuresHelp,
  readFeaturesArguments,
} from "./features/features_flags.ts";
import { requestedImages } from "./features/requested_images.ts";

/** Where the features of a run's own images are, in its folder. */
const FEATURES = "features";

/** Encodes as the command line says. Throws errors whose message is for the person. */
async function main(args: readonly string[]): Promise<void> {
  using job = await Job.join();
  await task(args, job);
  await job.leave();
}

async function task(args: readonly string[], job: Job): Promise<void> {
  const read = readFeaturesArguments(args);
  const { collective, collective: { rank } } = job;
  if (read === null) return rank === 0 ? console.log(featuresHelp()) : undefined;
  const processes = processesToStart(job.launcher, read);
  if (processes) {
    await ensureAdapter();
    Deno.exit(await launchProcesses(processes));
  }
  const { flips, scale_factor } = read;
  using autoencoder = await openAutoencoder(
    read.autoencoder,
    scale_factor === null ? {} : { scale_factor },
  );
  const { config, run } = autoencoder;
  if (rank > 0) return await help(job, read, autoencoder);
  const out = read.out ?? (run && join(read.autoencoder, FEATURES));
  if (out === null) throw new UsageError("--out: name the folder that the features are written to");
  using progress = job.progress();
  const note = (message: string) => progress.note(message);
  const list = await requestedImages(read, run, {
    channels: requestedChannels({ in_chans: config.in_channels }),
    onProgress: datasetProgress(progress),
    onNote: note,
  });
  const { image_size } = list;
  const f = downsamplingOf(config);
  if (image_size % f !== 0) {
    throw new UsageError(
      `--image_size: the autoencoder takes multiples of ${f}, and ${image_size} is none; take ` +
        `${Math.ceil(image_size / f) * f}`,
    );
  }
  using resources = new DisposableStack();
  const device = await openDevice(job, resources);
  await broadcastValue(collective, autoencoder.sha256());
  for (const line of [...list.notes, ...autoencoder.notes]) note(line);
  using interrupt = new Interrupt(() => note("stopping; writing what is done first"));
  using _lock = await inFolder(out, "--out", () => RunLock.take(out, note));

  using texts = list.captions && await ClipTextEncoder.open(device, {
    weights: read.text_encoder!,
    onNote: note,
    ...read.tokenizer === null ? {} : { tokenizer: read.tokenizer },
  });
  const total = list.length * (flips ? 2 : 1);
  const recipe: FeatureRecipe = {
    source: list.description + (flips ? ", both flips" : ""),
    list_sha256: list.sha256,
    shape: [2 * config.embed_dim, image_size / f, image_size / f],
    dtype: read.dtype === "f16" ? "F16" : "F32",
    class_names: list.class_names,
    autoencoder: {
      sha256: autoencoder.sha256(),
      scale_factor: config.scale_factor,
    },
    text_encoder: texts && {
      sha256: await sha256Of(texts.file),
      shape: [texts.config.max_position_embeddings, texts.config.hidden_size],
    },
  };
  const writer = await FeatureWriter.open(out, recipe);
  const before = writer.done + writer.skipped;
  if (writer.isComplete) {
    await broadcastValue(collective, null);
    note(`${out} has the features of ${counted(total, "image")} already`);
    return await asReference(out, read.npy);
  }
  if (before > 0) note(`going on after ${before} of ${total} images`);
  const encoder = await sharedEncoder(job, device, autoencoder, read, resources);
  const start = performance.now();
  const isDone = await encodeImages(list, { images: encoder, texts, writer }, {
    ...read,
    onProgress: (done) =>
      progress.show(workLine({
        what: "encoding",
        done: done - before,
        total: total - before,
        unit: "images",
        seconds: (performance.now() - start) / 1000,
      })),
    onNote: note,
    signal: interrupt.signal,
  });
  await encoder.end();
  const duration = humanDuration((performance.now() - start) / 1000);
  progress[Symbol.dispose]();
  if (!isDone) {
    note(`${writer.done} of ${total} images are done, ${duration}`);
    note(`to go on: ${shownCommand("features", Deno.args)}`);
    Deno.exitCode = 130;
    return;
  }
  await writer.finish();
  const left_out = writer.skipped > 0 ? `, ${writer.skipped} left out` : "";
  note(
    `${counted(writer.done, "image")}${left_out}, ${duration}. Left ${join(out, "features.json")}`,
  );
  note(
    `to train: ${shownCommand("train --dataset.name=features", [`--dataset.path=${out}`])}`,
  );
  await asReference(out, read.npy);
}

/** The encoder of all processes. */
async function sharedEncoder(
  { collective }: Job,
  device: Device,
  autoencoder: AutoencoderFile,
  { batch_size }: FeaturesFlags,
  resources: DisposableStack,
): Promise<SharedEncoder> {
  const options = batch_size === null ? {} : { batch: batch_size };
  const own = resources.use(await ImageEncoder.open(device, autoencoder, options));
  return new SharedEncoder(own, autoencoder.config.in_channels, collective);
}

/** What the ranks do that are not the first: they encode what it reads. */
async function help(job: Job, flags: FeaturesFlags, autoencoder: AutoencoderFile): Promise<void> {
  using resources = new DisposableStack();
  // Rank 0 ends all, when what is done is written.
  resources.use(new Interrupt(() => {}));
  const device = await openDevice(job, resources);
  if (await broadcastValue(job.collective, "") !== autoencoder.sha256()) {
    throw new CollectiveError(
      `${autoencoder.file}: is another autoencoder than that of process 0; give all processes the same`,
    );
  }
  const encoder = await sharedEncoder(job, device, autoencoder, flags, resources);
  await encoder.help();
}

/** Writes the features as U-ViT reads them, where that is asked for. */
async function asReference(out: string, npy: string | null): Promise<void> {
  if (npy === null) return;
  using source = await openFeatures(out);
  using progress = new Progress();
  const onProgress = progressHooks(progress)("writing NumPy files", "images");
  await writeReferenceFeatures(source, npy, onProgress);
  // The last line of progress first, so that the summary ends what is said.
  progress[Symbol.dispose]();
  progress.note(`Left ${npy}, ${counted(source.length, "image")}`);
}

if (import.meta.main) await runTask(main, { flags: FEATURES_FLAGS });
