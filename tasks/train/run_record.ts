import { lacksGrid } from "../../eval/training/sample_grids.ts";
import type { RunConfig } from "../../train/config/autoencoder_run_config.ts";
import type { ImageSource } from "../../train/data/image_source.ts";
import type { LogEntry } from "../../train/files/log.ts";
import type { RunEvents } from "../../train/tensorboard/run_events.ts";
import type { TrainHooks } from "../../train/train_loop.ts";
import type { TrainStep } from "../../train/train_step.ts";
import { progressLine } from "../cli/progress_line.ts";
import type { Run } from "./run.ts";
import { headline } from "./run_text.ts";

/** What a run says, logs and draws as it trains, whatever it trains. */
export interface RunRecord<C extends RunConfig> {
  /** TensorBoard's events; null where they are not written. */
  readonly events: RunEvents | null;
  /** Logs an entry, with the seconds since training began. */
  readonly append: (entry: LogEntry) => void;
  /** Everything but what becomes of checkpoints and probes. */
  readonly hooks: TrainHooks<C>;
}

/** Opens the record of a run that has done `step` steps. */
export async function openRunRecord<C extends RunConfig>(
  run: Run<C>,
  { step, dataset, tensorboard, picture }: {
    readonly step: number;
    readonly dataset: ImageSource;
    readonly tensorboard: boolean;
    /** Draws the grid of a step into the run's folder. */
    readonly picture: (trainStep: TrainStep<C>, at: number) => Promise<unknown>;
  },
): Promise<RunRecord<C>> {
  const { device, config } = run;
  const log = await run.log(step);
  const events = tensorboard ? await run.events(step) : null;
  const start = performance.now();
  const append = (entry: LogEntry) => {
    log.append({ ...entry, seconds: (performance.now() - start) / 1000 });
    events?.scalars(entry);
  };
  const draw = async (trainStep: TrainStep<C>, at: number) => {
    await picture(trainStep, at);
    if (config.sample.n_samples > 0) await events?.image(at);
  };
  return {
    events,
    append,
    hooks: {
      onStart: async (trainStep) => {
        run.note(headline(device, config, dataset, trainStep));
        run.begin();
        // Of a run that was killed after a save and before the grid that was due with it.
        if (await lacksGrid(config, step)) await draw(trainStep, step);
      },
      onProgress: (progress) => run.progress.show(progressLine(progress)),
      onLog: append,
      onStop: () => run.stop(),
      onDrift: (at, ranks) => run.drifted(at, ranks),
      onEval: draw,
    },
  };
}
