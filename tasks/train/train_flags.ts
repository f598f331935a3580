import { basename, join, resolve } from "node:path";
import { z } from "zod";
import { isAutoencoderRun, type RunConfig } from "../../train/config/autoencoder_run_config.ts";
import type { DatasetOutline } from "../../train/data/dataset.ts";
import { UsageError } from "../../train/config/usage_error.ts";
import type { FlagSource } from "../cli/flags.ts";
import { PROCESS_DEFAULTS, processFields, type ProcessFlags } from "../cli/launch/process_flags.ts";
import { missingLatents } from "./missing_latents.ts";
import {
  ALL_NETWORKS,
  configFlags,
  configHelp,
  loadConfig,
  type LoadedConfig,
  type OwnFlags,
} from "../cli/load_config.ts";

const HELP = {
  about: "Trains a diffusion model with scaled long skip connections, and shows what it draws.",
  examples: [
    { command: "train", does: "coloured shapes, minutes, nothing to download" },
    { command: "train --scalelong=3", does: "the same with the learnable scaling (LS)" },
    {
      command: "train --preset=cifar10 --scalelong=2 --kappa=0.7",
      does: "the paper's CIFAR-10 setting with constant scaling (CS)",
    },
    {
      command: "train --nnet.name=unet --scalelong=2 --kappa_index=resolution",
      does: "coloured shapes with the DDPM UNet; --nnet.name=unet --help lists its settings",
    },
    {
      command: "train --nnet.name=autoencoder",
      does: "an autoencoder of coloured shapes; --preset=quickstart_latent learns its latents",
    },
    {
      command: "train --dataset.name=folder --dataset.path=photos",
      does: "your own images, 64 x 64 pixels, by class where each has a sub-folder",
    },
    {
      command: "train --preset=cifar10 --scalelong=3 --resume-from=50000.ckpt",
      does: "goes on from what the PyTorch implementation saved",
    },
  ],
};

/** Flags that are no part of what a run depends on. */
export interface TrainFlags extends ProcessFlags {
  dry_run: boolean;
  profile: boolean;
  probe: string | null;
  tensorboard: boolean;
  resume_from: string | null;
  init_from: string | null;
  init_from_partial: boolean;
}

const OWN: OwnFlags<TrainFlags> = {
  schema: z.strictObject({
    resume_from: z.string().min(1).nullable()
      .describe(
        "checkpoint or folder of another run that a new one goes on from; PyTorch's too (12.ckpt)",
      ),
    init_from: z.string().min(1).nullable()
      .describe(
        "weights that a new run starts from, at step 0: a file (.pth, .safetensors) or the folder of a run or checkpoint",
      ),
    init_from_partial: z.boolean()
      .describe("take of --init_from what fits the network, and say what does not"),
    probe: z.string().nullable()
      .describe(
        "every:10 writes how large features, skips, gradients and LS gates are, to probes.jsonl, every " +
          "10 steps; null: never",
      ),
    tensorboard: z.boolean()
      .describe("also write the log, the grids and the settings for TensorBoard, beside log.jsonl"),
    ...processFields("divide each batch"),
    dry_run: z.boolean()
      .describe(
        "print parameters, work, memory, the largest batch that fits, and time and disk of the run, and end",
      ),
    profile: z.boolean()
      .describe("time a few steps kernel by kernel, leave a trace for Chrome, and end"),
  }),
  defaults: {
    dry_run: false,
    profile: false,
    probe: null,
    tensorboard: false,
    resume_from: null,
    init_from: null,
    init_from_partial: false,
    ...PROCESS_DEFAULTS,
  },
};

/** What the command line of `deno task train` asks for. */
export interface TrainArguments {
  /** With the folder of the run. */
  readonly config: RunConfig;
  readonly own: TrainFlags;
  /** Full names of the settings that the person chose. */
  readonly given: readonly string[];
  /** What is known of the data, where settings follow from it; else null. */
  readonly outline: DatasetOutline | null;
  /** Steps between probes; undefined without. */
  readonly probe_interval: number | undefined;
  /** The help, where it is asked for; nothing else is checked then. */
  readonly help: string | null;
}

/** All flags of `deno task train`. */
export const TRAIN_FLAGS: readonly FlagSource[] = configFlags(OWN, ALL_NETWORKS);

/**
 * Reads the command line.
 *
 * @throws {UsageError} with a line for each problem
 */
export async function readTrainArguments(args: readonly string[]): Promise<TrainArguments> {
  const loaded = await loadConfig(args, OWN, ALL_NETWORKS)
    .catch(async (error) => {
      throw await missingLatents(error);
    });
  const { config: named, own, given, outline } = loaded;
  const workdir = named.workdir || join("runs", runName(loaded));
  const config: RunConfig = { ...named, workdir };
  const parsed = { config, own, given, outline, probe_interval: undefined };
  if (loaded.help) return { ...parsed, help: configHelp(HELP, loaded, OWN, ALL_NETWORKS) };
  const probe_interval = probeInterval(own.probe, config);
  checkStart(own);
  return { ...parsed, probe_interval, help: null };
}

/** The name of a run that is given none: its own images', or its preset's, and its method. */
function runName(
  { config, preset }: Pick<LoadedConfig<object, RunConfig>, "config" | "preset">,
): string {
  const { dataset } = config;
  const folder = dataset.path === null ? "" : basename(resolve(dataset.path));
  const name = preset.replace(/^(folder|features)/, (own) => folder || own);
  return isAutoencoderRun(config) ? name : `${name}_scalelong${config.nnet.scalelong}`;
}

function checkStart({ resume_from, init_from, init_from_partial }: TrainFlags): void {
  if (resume_from !== null && init_from !== null) {
    throw new UsageError(
      "--init_from: a run cannot both start from weights and go on from --resume_from; leave one out",
    );
  }
  if (init_from_partial && init_from === null) {
    throw new UsageError("--init_from_partial: says how --init_from is done; name a file there");
  }
}

/** The N of `--probe=every:N`; undefined without it. */
function probeInterval(probe: string | null, config: RunConfig): number | undefined {
  const { train } = config;
  if (probe === null) return undefined;
  if (isAutoencoderRun(config)) {
    throw new UsageError([
      "--probe: measures long skips, and an autoencoder has none; leave it out",
    ]);
  }
  const interval = Number(/^every:(\d+)$/.exec(probe)?.[1] ?? 0);
  if (interval < 1) {
    throw new UsageError([`--probe: expected every:N, as in every:10, got "${probe}"`]);
  }
  if (train.micro_batches > 1) {
    throw new UsageError(["--probe: probes see whole batches and need --micro_batches=1"]);
  }
  return interval;
}
