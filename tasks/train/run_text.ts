import { counted } from "../../engine/counted.ts";
import { join } from "node:path";
import type { Device } from "../../engine/mod.ts";
import { downsamplingOf } from "../../nets/autoencoder_parameters.ts";
import { NETWORK_NAMES } from "../../nets/network.ts";
import { skipScaling } from "../../nets/skip_scaling.ts";
import { checkpointFolder } from "../../train/checkpoints/checkpoint.ts";
import { isAutoencoderRun, type RunConfig } from "../../train/config/autoencoder_run_config.ts";
import { countsText } from "../../train/data/counts_text.ts";
import type { ImageSource } from "../../train/data/image_source.ts";
import type { TrainStep } from "../../train/train_step.ts";

/** What is trained on what, in three lines, when everything is compiled. */
export function headline<C extends RunConfig>(
  device: Device,
  config: C,
  data: ImageSource,
  step: TrainStep<C>,
): string {
  const { train } = config;
  const { dispatches, submits } = step.launches;
  const mebibytes = Math.round(device.bufferBytes / 2 ** 20);
  return [
    `${networkText(config, step.parameters)}, on ${data.name}`,
    countsText(data),
    `batch ${train.batch_size}, ${counted(train.n_steps, "step")}; a step is ${
      counted(dispatches, "kernel")
    } in ${counted(submits, "submit")}; ${mebibytes} MiB on ${
      device.info.description || device.info.vendor
    }`,
  ].join("\n");
}

/** Which network it is, and how large. */
function networkText(config: RunConfig, parameters: number): string {
  const size = `${(parameters / 1e6).toFixed(2)} M parameters`;
  if (isAutoencoderRun(config)) {
    const { nnet: { embed_dim, img_size } } = config;
    const side = img_size / downsamplingOf(config.nnet);
    return `autoencoder, ${size}, latents [${embed_dim}, ${side}, ${side}]`;
  }
  const { nnet: { name, scalelong } } = config;
  return `${NETWORK_NAMES[name]}, ${size}, method ${scalelong} (${skipScaling(scalelong).name})`;
}

/** What a run leaves in its folder after `done` steps. */
export function leftBehind({ workdir, train, sample }: RunConfig, done: number): string {
  if (done === 0) return `Left in ${workdir}: config.json`;
  const drawn = done === train.n_steps || done % train.eval_interval === 0;
  return [
    `Left in ${workdir}: the checkpoint ${checkpointFolder(workdir, done)}`,
    ...train.format === "pytorch" ? [`PyTorch's ${join("ckpts", `${done}.ckpt`)}`] : [],
    ...sample.n_samples === 0
      ? []
      : drawn
      ? [`images ${join(workdir, "samples", `${done}.png`)}`]
      : done > train.eval_interval
      ? ["images in samples"]
      : [],
    "log.jsonl, config.json",
  ].join(", ");
}
