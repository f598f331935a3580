import { counted } from "../../engine/counted.ts";
import { join } from "node:path";
import type { Device } from "../../engine/mod.ts";
import { NETWORK_NAMES } from "../../nets/network.ts";
import { skipScaling } from "../../nets/skip_scaling.ts";
import { checkpointFolder } from "../../train/checkpoints/checkpoint.ts";
import type { Config } from "../../train/config/config.ts";
import { countsText } from "../../train/data/counts_text.ts";
import type { ImageSource } from "../../train/data/image_source.ts";
import type { TrainStep } from "../../train/train_step.ts";

/** What is trained on what, in three lines, when everything is compiled. */
export function headline(
  device: Device,
  { nnet, train }: Config,
  data: ImageSource,
  step: TrainStep,
): string {
  const { dispatches, submits } = step.launches;
  const mebibytes = Math.round(device.bufferBytes / 2 ** 20);
  return [
    `${NETWORK_NAMES[nnet.name]}, ${
      (step.parameters / 1e6).toFixed(2)
    } M parameters, method ${nnet.scalelong} (${
      skipScaling(nnet.scalelong).name
    }), on ${data.name}`,
    countsText(data),
    `batch ${train.batch_size}, ${counted(train.n_steps, "step")}; a step is ${
      counted(dispatches, "kernel")
    } in ${counted(submits, "submit")}; ${mebibytes} MiB on ${
      device.info.description || device.info.vendor
    }`,
  ].join("\n");
}

/** What a run leaves in its folder after `done` steps. */
export function leftBehind({ workdir, train, sample }: Config, done: number): string {
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
