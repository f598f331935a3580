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
import { basename, join, resolve } from "node:path";
import { Device } from "../engine/mod.ts";
import { ImageEncoder } from "../eval/latents/image_encoder.ts";
import { ClipTextEncoder } from "../eval/text/clip_text_encoder.ts";
import { downsamplingOf } from "../nets/autoencoder_parameters.ts";
import { humanDuration } from "../page/human_units.ts";
import { openAutoencoder } from "../train/checkpoints/autoencoder/open_autoencoder.ts";
import { UsageError } from "../train/config/usage_error.ts";
import { counted } from "../engine/counted.ts";
import type { FeatureRecipe } from "../train/data/features/feature_index.ts";
import { openFeatures } from "../train/data/features/open_features.ts";
import { FeatureWriter } from "../train/data/features/feature_writer.ts";
import { writeReferenceFeatures } from "../train/data/features/write_reference.ts";
import { sha256Of } from "../train/files/sha256_of.ts";
import { inFolder } from "./cli/in_folder.ts";
import { Interrupt } from "./cli/interrupt.ts";
import { Progress } from "./cli/progress.ts";
import { workLine } from "./cli/progress_line.ts";
import { RunLock } from "./cli/run_lock.ts";
import { progressHooks } from "./cli/progress_hooks.ts";
import { runTask } from "./cli/run_task.ts";
import { ensureAdapter } from "./cli/setup/ensure_adapter.ts";
import { shownCommand } from "./cli/shown_command.ts";
import { tuningFile } from "./cli/tuning_file.ts";
import { Watchdog } from "./cli/watchdog/watchdog.ts";
import { encodeImages } from "./features/encode_images.ts";
import { FEATURES_FLAGS, featuresHelp, readFeaturesArguments } from "./features/features_flags.ts";
import { listedImages } from "./features/listed_images.ts";

/** Encodes as the command line says. Throws errors whose message is for the person. */
async function main(args: readonly string[]): Promise<void> {
  const read = readFeaturesArguments(args);
  if (read === null) return console.log(featuresHelp());
  const { images, out, image_size, flips, batch_size } = read;
  const list = await listedImages(read);
  const crop = read.crop ?? (list.captions ? "lanczos" : "adm");
  const { scale_factor } = read;
  using autoencoder = await openAutoencoder(
    read.autoencoder,
    scale_factor === null ? {} : { scale_factor },
  );
  const { config } = autoencoder;
  const f = downsamplingOf(config);
  if (image_size % f !== 0) {
    throw new UsageError(
      `--image_size: the autoencoder takes multiples of ${f}, and ${image_size} is none; take ` +
        `${Math.ceil(image_size / f) * f}`,
    );
  }
  await ensureAdapter();
  using watchdog = new Watchdog();
  using device = await Device.open({ tuning: tuningFile(), onWait: watchdog.watch });
  using progress = new Progress();
  const note = (message: string) => progress.note(message);
  for (const line of [...list.notes, ...autoencoder.notes]) note(line);
  using _lock = await inFolder(out, "--out", () => RunLock.take(out, note));
  using interrupt = new Interrupt(() => note("stopping; writing what is done first"));

  using texts = list.captions && await ClipTextEncoder.open(device, {
    weights: read.text_encoder!,
    onNote: note,
    ...read.tokenizer === null ? {} : { tokenizer: read.tokenizer },
  });
  const total = list.paths.length * (flips ? 2 : 1);
  const recipe: FeatureRecipe = {
    source: `${counted(list.paths.length, "image")} in ${basename(resolve(images))}, ` +
      `${image_size} x ${image_size} (${crop})${flips ? ", both flips" : ""}`,
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
    note(`${out} has the features of ${counted(total, "image")} already`);
    return await asReference(read);
  }
  if (before > 0) note(`going on after ${before} of ${total} images`);
  using encoder = await ImageEncoder.open(
    device,
    autoencoder,
    batch_size === null ? {} : { batch: batch_size },
  );
  const start = performance.now();
  const isDone = await encodeImages(list, { images: encoder, texts, writer }, {
    ...read,
    crop,
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
  await asReference(read);
}

/** Writes the features as U-ViT reads them, where that is asked for. */
async function asReference(
  { out, npy }: { readonly out: string; readonly npy: string | null },
): Promise<void> {
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
