import { join } from "node:path";
import { Device, DeviceError, ShapeError, State } from "../engine/mod.ts";
import { imageGrid } from "../eval/image_grid.ts";
import { vpLinear } from "../eval/noise_schedules/vp_linear.ts";
import { NotFiniteError } from "../eval/not_finite_error.ts";
import { type LabelChoice, pictureLabel } from "../eval/picture_labels.ts";
import { Sampler } from "../eval/sampler.ts";
import { chooseMethod, completeSettings } from "../eval/samplers/choose_method.ts";
import { toBytes } from "../eval/to_bytes.ts";
import { uvitNetwork } from "../eval/uvit_network.ts";
import { CheckpointError, type Weights } from "../train/checkpoint.ts";
import { classCounts } from "../train/data/class_counts.ts";
import { DatasetError } from "../train/data/dataset.ts";
import { findWeights } from "../train/find_weights.ts";
import { PictureError } from "../train/formats/picture.ts";
import { humanDuration } from "../train/human_units.ts";
import { Progress } from "../train/progress.ts";
import { UsageError } from "../train/usage_error.ts";
import { interleaved, missingPictures, pictureFile } from "./sample/picture_files.ts";
import { readPictures, writePng } from "./sample/picture_files.ts";
import { readSampleFlags, type SampleFlags, sampleHelp } from "./sample/sample_flags.ts";
import { type Recipe, recordedPictures, writeRecord } from "./sample/sample_record.ts";
import { samplingLine } from "./sample/sampling_line.ts";
import { ensureAdapter } from "./setup.ts";

/** Networks are trained here with this process. */
const SCHEDULE = vpLinear();

/** Pictures of a grid at most, pictures of a strip at most, and moments it shows each at. */
const GRID = 100;
const STRIP = 4;
const MOMENTS = 11;

/** Draws pictures as the command line says. Throws errors whose message is for the person. */
async function main(args: readonly string[]): Promise<void> {
  const flags = readSampleFlags(args);
  if (flags.help) return console.log(sampleHelp());
  if (flags.checkpoint === null) {
    throw new UsageError(
      "--checkpoint: name the folder of a run, such as --checkpoint=runs/quickstart_scalelong3",
    );
  }
  using progress = new Progress();
  const weights = await findWeights(flags.checkpoint, {
    kind: flags.weights,
    onSkip: (message) => progress.note(message),
  });
  const recipe = await recipeOf(flags, weights);
  const recorded = flags.overwrite ? 0 : await recordedPictures(flags.out, recipe);
  await Deno.mkdir(flags.out, { recursive: true });
  const missing = await missingPictures(flags.out, flags.n);
  if (recorded === 0 && missing.length < flags.n && !flags.overwrite) {
    throw new UsageError(
      `--out: ${flags.out} has pictures of unknown making; choose another --out, or --overwrite`,
    );
  }

  await ensureAdapter();
  using device = await Device.open();
  const n = Math.max(flags.n, recorded);
  const { labels } = recipe;
  await writeRecord(flags.out, {
    ...recipe,
    n,
    checkpoint: flags.checkpoint,
    weights: weights.file,
    network_evaluations: chooseMethod(SCHEDULE, recipe.sampler).evaluations,
    picture_labels: labels && Array.from({ length: n }, (_, i) => pictureLabel(labels, i)),
    made_with: {
      deno: Deno.version.deno,
      adapter: device.info.description || device.info.vendor,
    },
  });
  const start = performance.now();
  const wanted = flags.overwrite ? Array.from({ length: flags.n }, (_, i) => i) : missing;
  progress.note(headline(flags, weights, wanted.length));
  await draw(device, { flags, weights, recipe, wanted, progress });
  const { in_chans: channels, img_size: image_size } = weights.config.nnet;
  const shown = Math.min(flags.n, GRID);
  const grid = await readPictures(flags.out, { n: shown, image_size });
  await writePng(join(flags.out, "grid.png"), imageGrid(grid, { channels: 3, image_size }));
  progress[Symbol.dispose]();
  progress.note(
    `${wanted.length} pictures of ${image_size} x ${image_size} x ${channels} in ` +
      `${humanDuration((performance.now() - start) / 1000)}. Left in ${flags.out}: ` +
      `${pictureFile("", 0)} to ${pictureFile("", flags.n - 1)}, grid.png` +
      `${flags.trajectory ? ", trajectory.png" : ""}, sample.json`,
  );
}
