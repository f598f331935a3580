import { dataNote, mustHaveSameClasses, type Resumed } from "../../train/checkpoints/check_data.ts";
import { type Checkpoint, latestOfAnyRun } from "../../train/checkpoints/checkpoint.ts";
import {
  checkpointFromWeights,
  checkpointToResumeFrom,
  withoutConflict,
} from "../../train/checkpoints/start_checkpoint.ts";
import type { RunConfig } from "../../train/config/autoencoder_run_config.ts";
import type { Config } from "../../train/config/config.ts";
import { changedSettings } from "../../train/config/resume_conflicts.ts";
import type { ImageSource } from "../../train/data/image_source.ts";
import { inFolder } from "../cli/in_folder.ts";
import type { TrainFlags } from "./train_flags.ts";

type Note = (message: string) => void;

/** What the command line says of the start. */
type StartFlags = Pick<TrainFlags, "resume_from" | "init_from" | "init_from_partial">;

/** Where a run starts. */
export interface Start<C extends RunConfig = Config> {
  /** What it starts from; null: first weights. */
  readonly checkpoint: Checkpoint<C> | null;
  /** The same, where its training is resumed. */
  readonly resumed: Resumed<C> | null;
  /** Steps of the run's own checkpoints that cannot be used. */
  readonly unusable: Set<number>;
}

/**
 * The run's own checkpoint to go on from; else where the command line says that it starts. Every
 * setting that differs from a resumed checkpoint's is refused or noted, other classes are refused.
 *
 * @param class_names of the run's data, by label
 * @throws {UsageError} with a line for each setting, or class, that a resumed run cannot change
 */
export async function startOfRun<C extends RunConfig>(
  config: C,
  { resume_from, init_from, init_from_partial: partial }: StartFlags,
  class_names: readonly string[],
  note: Note,
): Promise<Start<C>> {
  const { workdir } = config;
  const unusable = new Set<number>();
  const onSkip = (message: string, step: number) => {
    note(message);
    unusable.add(step);
  };
  const resume = (resumed: Resumed<C>, place: string): Start<C> => {
    mustHaveSameClasses(resumed, class_names);
    note(resuming(resumed.checkpoint, config, place));
    return { checkpoint: resumed.checkpoint, resumed, unusable };
  };
  const own = await inFolder(
    workdir,
    "--workdir",
    () => latestOfAnyRun(workdir, { onSkip }),
  );
  if (own) {
    const otherwise = "choose another --workdir";
    const checkpoint = withoutConflict(workdir, own, config, otherwise);
    return resume({ source: workdir, checkpoint, otherwise }, workdir);
  }
  if (resume_from !== null) {
    const otherwise = "start from its weights by --init-from";
    const checkpoint = await checkpointToResumeFrom(resume_from, config, { otherwise, note });
    return resume({ source: resume_from, checkpoint, otherwise }, `${resume_from}, in ${workdir}`);
  }
  const weights = init_from === null
    ? null
    : await checkpointFromWeights(init_from, config, { partial, note });
  return { checkpoint: weights, resumed: null, unusable };
}

/** Notes what a resumed run's data differs in from before. @throws {UsageError} for other classes */
export async function noteData(
  resumed: Resumed | null,
  data: ImageSource,
  note: Note,
): Promise<void> {
  const text = resumed && await dataNote(resumed, data);
  if (text) note(text);
}

function resuming(
  { step, config: saved }: Checkpoint<RunConfig>,
  config: RunConfig,
  place: string,
): string {
  const changed = changedSettings(saved, config);
  const heading = changed.length > 0 ? ["with settings other than its checkpoint's:"] : [];
  return [
    `going on from step ${step} of ${place}`,
    ...heading,
    ...changed.map((line) => `  ${line}`),
  ].join("\n");
}
