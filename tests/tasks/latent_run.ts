import { join } from "node:path";
import { networkParameters } from "../../nets/network.ts";
import { initialize, type MakeParameter, parameterShapes } from "../../nets/parameters.ts";
import { saveCheckpoint } from "../../train/checkpoints/checkpoint.ts";
import type { Config, UVitNnetConfig } from "../../train/config/config.ts";
import type { DataIdentity } from "../../train/data/data_identity.ts";
import { tinyConfig } from "../tiny_config.ts";
import { writeAutoencoder } from "./autoencoder_file.ts";

/** A run of a tiny network on latents of 4 channels of 8 x 8, and the autoencoder that decodes them. */
export interface LatentRun extends AsyncDisposable {
  /** The folder that holds all. */
  readonly folder: string;
  /** The run's folder. */
  readonly run: string;
  /** The autoencoder's file. */
  readonly vae: string;
  readonly config: Config;
}

/** What a {@linkcode latentRun} has been trained on. */
export interface LatentRunOptions {
  /** Options of the network. */
  readonly nnet?: Partial<UVitNnetConfig>;
  /** What its checkpoint says of the data. */
  readonly data?: Pick<DataIdentity, "latents" | "text_encoder">;
  /** What first weights are multiplied by, so that a condition changes the images. */
  readonly gain?: number;
}

/** Makes such a run. */
export async function latentRun({ nnet, ...rest }: LatentRunOptions = {}): Promise<LatentRun> {
  const folder = await Deno.makeTempDir();
  const [run, vae] = ["run", "vae.safetensors"].map((name) => join(folder, name));
  await writeAutoencoder(vae);
  const tiny = tinyConfig({ nnet: { in_chans: 4, num_classes: 4, ...nnet } });
  const config: Config = {
    ...tiny,
    workdir: run,
    dataset: { ...tiny.dataset, name: "features", path: join(folder, "features") },
    autoencoder: { weights: null, scale_factor: 0.5 },
    sample: { ...tiny.sample, n_samples: 0, clip_denoised: false },
  };
  await writeRun(config, rest);
  return {
    folder,
    run,
    vae,
    config,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** Saves a checkpoint with first weights in the run's folder: nothing is trained. */
export async function writeRun(
  config: Config,
  { data, gain = 1 }: Pick<LatentRunOptions, "data" | "gain"> = {},
): Promise<void> {
  const describe = (make: MakeParameter<void>) => networkParameters(config.nnet, make);
  const sizes = parameterShapes(describe);
  const values = Object.fromEntries(
    Object.entries(initialize(describe, 0))
      .map(([name, first]) => {
        const shape = [...sizes[name]];
        return [name, { shape, data: shape.length > 1 ? first.map((v) => gain * v) : first }];
      }),
  );
  await saveCheckpoint(config.workdir, {
    step: 3,
    config,
    nnet: values,
    nnet_ema: values,
    exp_avg: values,
    exp_avg_sq: values,
    data: {
      class_names: ["a", "b", "c"],
      class_counts: [2, 1, 1],
      class_digests: ["1", "2", "3"],
      digest: "4",
      ...data,
    },
  }, 1);
}
