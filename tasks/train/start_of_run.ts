import { type Checkpoint, latestCheckpoint } from "../../train/checkpoints/checkpoint.ts";
import {
  checkpointFromWeights,
  checkpointToResumeFrom,
  mustNotConflict,
} from "../../train/checkpoints/start_checkpoint.ts";
import type { Config } from "../../train/config/config.ts";
import { inFolder } from "../cli/in_folder.ts";
import type { TrainFlags } from "./train_flags.ts";

/** The run's own checkpoint to go on from; else where the command line says that it starts. */
export async function startOfRun(
  config: Config,
  { resume_from, init_from, init_from_partial: partial }: TrainFlags,
  note: (message: string) => void,
): Promise<Checkpoint | null> {
  const { workdir } = config;
  const checkpoint = await inFolder(
    workdir,
    "--workdir",
    () => latestCheckpoint(workdir, { onSkip: note }),
  );
  if (checkpoint) {
    mustNotConflict(workdir, checkpoint.config, config, "choose another --workdir");
    note(`going on from step ${checkpoint.step} of ${workdir}`);
    return checkpoint;
  }
  if (resume_from !== null) {
    const other = await checkpointToResumeFrom(resume_from, config, note);
    note(`going on from step ${other.step} of ${resume_from}, in ${workdir}`);
    return other;
  }
  return init_from === null
    ? null
    : await checkpointFromWeights(init_from, config, { partial, note });
}
