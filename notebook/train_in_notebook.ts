import type { Device } from "../engine/mod.ts";
import { openRunAutoencoder } from "../eval/latents/run_autoencoder.ts";
import { gridTexts, SampleGrids } from "../eval/training/sample_grids.ts";
import type { Checkpoint } from "../train/checkpoints/checkpoint.ts";
import type { Config } from "../train/config/config.ts";
import type { ImageSource } from "../train/data/image_source.ts";
import { trainLoop } from "../train/checked/train_loop_by_rules.ts";
import { LiveOutput } from "./live_output.ts";
import { stoppable } from "./stoppable.ts";
import { TrainingView } from "./training_view.ts";

/**
 * How {@linkcode trainInNotebook} starts.
 * @category Notebooks
 */
export interface NotebookTraining {
  /** Where to go on from, such as what an earlier call returned; first weights where absent. */
  readonly checkpoint?: Checkpoint;
}

const REDRAW_MS = 500;

/**
 * Trains in a cell of a notebook and shows it live, in one output that is redrawn in place: step,
 * rate and time left, the loss against steps, and every `eval_interval` steps a grid of samples, as
 * the configuration's `sample` says. Nothing is written to disk.
 *
 * The Stop button ends training at a whole step (not on Windows, see {@linkcode stoppable}); the
 * kernel and its variables live on, and the run goes on from the checkpoint that is returned.
 *
 * @example
 * ```ts no-eval
 * import { Device, presets, shapes } from "@scalelong/scalelong";
 * import { trainInNotebook } from "@scalelong/scalelong/notebook";
 *
 * const device = await Device.open();
 * const dataset = shapes({ image_size: 12, n: 2048, seed: 0 });
 * const checkpoint = await trainInNotebook(device, presets.quickstart, dataset);
 * ```
 *
 * @returns the last checkpoint
 * @throws {UsageError} with a line for each contradiction in the configuration, or to the data
 * @throws {DivergedError} where the loss is not finite
 * @throws {NotebookError} outside a notebook
 * @category Notebooks
 */
export async function trainInNotebook(
  device: Device,
  config: Config,
  dataset: ImageSource,
  { checkpoint }: NotebookTraining = {},
): Promise<Checkpoint> {
  const { train: { n_steps }, sample: { n_samples } } = config;
  const view = new TrainingView(n_steps, checkpoint?.step ?? 0);
  const output = new LiveOutput();
  const texts = await gridTexts(dataset, config);
  using autoencoder = n_samples > 0 ? await openRunAutoencoder(config) : null;
  const decoding = autoencoder && autoencoder.decoding;
  using grids = new SampleGrids(device, config, dataset.class_names.length, texts, decoding);
  let last = checkpoint;
  let ended = "failed";
  let drawn_at = -Infinity;
  await output.draw(view.html());
  try {
    await stoppable(async (signal) => {
      await trainLoop(device, config, dataset, {
        checkpoint,
        signal,
        hooks: {
          onStart: async (step) => {
            // Stopped before the first step, there is no other.
            if (signal.aborted) last ??= await step.checkpoint(0);
          },
          onProgress: (progress) => {
            const now = performance.now();
            view.progress(progress, now / 1000);
            if (now - drawn_at < REDRAW_MS) return;
            drawn_at = now;
            output.draw(view.html());
          },
          onLog: (entry) => view.log(entry),
          onEval: async (step, done) => {
            if (n_samples === 0 || signal.aborted) return;
            view.samples(await grids.grid(step), done);
            output.draw(view.html());
          },
          onCheckpoint: (saved) => void (last = saved),
        },
      });
      ended = signal.aborted && last!.step < n_steps ? "stopped" : "done";
    });
  } finally {
    await output.draw(view.html(ended));
  }
  return last!;
}
