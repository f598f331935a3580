import { Reconstructions } from "../../eval/training/reconstructions.ts";
import { lacksGrid } from "../../eval/training/sample_grids.ts";
import { objectiveOf } from "../../train/autoencoder/autoencoder_objective.ts";
import { saveCheckpoint, type Values } from "../../train/checkpoints/checkpoint.ts";
import { savePytorchCheckpoint } from "../../train/checkpoints/pytorch_checkpoint.ts";
import type { AutoencoderRunConfig } from "../../train/config/autoencoder_run_config.ts";
import { byteSource } from "../../train/data/byte_source.ts";
import type { DatasetOutline } from "../../train/data/dataset.ts";
import { withAllParts } from "../../train/data/rank_share.ts";
import type { ImageSource } from "../../train/data/image_source.ts";
import { DivergedError } from "../../train/divergence.ts";
import { trainLoop } from "../../train/checked/train_loop_by_rules.ts";
import type { Job } from "../cli/job.ts";
import { shownCommand } from "../cli/shown_command.ts";
import { afterDivergence } from "./after_divergence.ts";
import { mustFit } from "./dry_run.ts";
import { endRun, noteDone } from "./end_run.ts";
import { follow } from "./follow.ts";
import { printProfile } from "./profile.ts";
import { Run } from "./run.ts";
import { openRunRecord } from "./run_record.ts";
import { noteData, type Start, startOfRun } from "./start_of_run.ts";
import type { TrainFlags } from "./train_flags.ts";

type AutoencoderRun = Run<AutoencoderRunConfig>;

/** Trains an autoencoder as the command line says. Throws errors whose message is for the person. */
export async function trainAutoencoder(
  config: AutoencoderRunConfig,
  own: TrainFlags,
  { job, num_processes, outline }: {
    readonly job: Job;
    readonly num_processes: number;
    readonly outline: DatasetOutline;
  },
): Promise<void> {
  using run = await Run.open(config, job);
  mustFit(run.device.capabilities, withAllParts(config, num_processes));
  if (run.collective.rank > 0) return await follow(run);
  await run.lock();
  if (own.profile) return await printProfile(run, await run.load());
  const from = await startOfRun(config, own, outline.class_names, run.note);
  const { checkpoint, resumed, unusable } = from;
  const { n_steps } = config.train;
  if (
    checkpoint !== null && checkpoint.step >= n_steps && !await lacksGrid(config, checkpoint.step)
  ) {
    await run.agree(null);
    if (own.tensorboard) await run.events(checkpoint.step);
    return noteDone(run, checkpoint.step);
  }
  const dataset = byteSource(await run.load());
  await noteData(resumed, dataset, run.note);
  await run.agree(dataset);

  const start = performance.now();
  const done = await train(run, dataset, { ...from, tensorboard: own.tensorboard })
    .catch(async (error) => {
      if (!(error instanceof DivergedError)) throw error;
      throw await afterDivergence(error, { config, args: Deno.args, unusable });
    });
  const isFinished = done >= n_steps;
  endRun(run, { done, isFinished, seconds: (performance.now() - start) / 1000 });
  if (isFinished) {
    run.note(
      `to encode its images: ${shownCommand(`features --autoencoder=${config.workdir}`)}`,
    );
  }
}

/** Trains, logs, draws and saves. @returns steps done */
async function train(
  run: AutoencoderRun,
  dataset: ImageSource<"u8">,
  { checkpoint, unusable, tensorboard }:
    & Pick<Start<AutoencoderRunConfig>, "checkpoint" | "unusable">
    & { readonly tensorboard: boolean },
): Promise<number> {
  const { device, config, config: { workdir, train: { keep, format } }, signal } = run;
  const step = checkpoint?.step ?? 0;
  const reconstructions = new Reconstructions(device, config, dataset);
  const { hooks } = await openRunRecord(run, {
    step,
    dataset,
    tensorboard,
    picture: (trainStep, at) => reconstructions.draw(trainStep, at),
  });
  return await trainLoop(device, config, dataset, {
    checkpoint,
    signal,
    together: run.together,
    objective: objectiveOf(config),
    hooks: {
      ...hooks,
      onCheckpoint: async (trained) => {
        unusable.delete(trained.step);
        const scale_factor = await reconstructions.scaleFactor(arraysOf(trained.nnet_ema));
        const c = { ...trained, scale_factor };
        await saveCheckpoint(workdir, c, keep, { unusable });
        if (format === "pytorch") await savePytorchCheckpoint(workdir, c, keep, { unusable });
      },
    },
  });
}

function arraysOf(values: Values): Record<string, Float32Array> {
  return Object.fromEntries(Object.entries(values).map(([name, { data }]) => [name, data]));
}
