import { join } from "node:path";
import { networkParameters } from "../../nets/network.ts";
import { initialize, type MakeParameter, parameterShapes } from "../../nets/parameters.ts";
import { type Checkpoint, saveCheckpoint } from "../../train/checkpoints/checkpoint.ts";
import { shapes } from "../../train/data/shapes.ts";
import { encodePng } from "../../train/formats/image.ts";
import { makeFeatures } from "../train/data/features/made_features.ts";
import { tinyConfig } from "../tiny_config.ts";
import { ROOT } from "./pages.ts";

/** Runs that the pages name; all are the same tiny one. */
const RUNS = ["a", "b", "c", "quickstart_scalelong3", "photos_scalelong0"];
const STEP = 900;
const IMAGE_SIZE = 8;

/** Makes the files that commands in the pages name: images, runs, weights. */
export async function makeExampleFiles(folder: string): Promise<void> {
  for (const name of ["images", "other", "photos/cat", "photos/dog"]) {
    await makeImages(join(folder, name), name.length);
  }
  const checkpoint = tinyCheckpoint();
  for (const name of RUNS) await makeRun(join(folder, "runs", name), checkpoint);
  await makeFeatures(join(folder, "photos_latents"), 6);
  const weights = join(ROOT, "tests/golden/12.ckpt/nnet_ema.pth");
  await Deno.copyFile(weights, join(folder, "nnet_ema.pth"));
}

async function makeImages(folder: string, seed: number): Promise<void> {
  const { images, length } = shapes({ image_size: IMAGE_SIZE, n: 16, seed });
  const pixels = IMAGE_SIZE ** 2;
  await Deno.mkdir(folder, { recursive: true });
  for (let i = 0; i < length; i++) {
    const planes = images.subarray(3 * pixels * i, 3 * pixels * (i + 1));
    const interleaved = planes.map((_, at) => planes[at % 3 * pixels + Math.floor(at / 3)]);
    const png = encodePng(interleaved, IMAGE_SIZE, IMAGE_SIZE);
    await Deno.writeFile(join(folder, `image_${i}.png`), png);
  }
}

function tinyCheckpoint(): Checkpoint {
  const config = tinyConfig({ nnet: { scalelong: 3 } });
  const describe = (make: MakeParameter<void>) => networkParameters(config.nnet, make);
  const sizes = parameterShapes(describe);
  const values = Object.fromEntries(
    Object.entries(initialize(describe, 0))
      .map(([name, data]) => [name, { shape: [...sizes[name]], data }]),
  );
  return {
    step: STEP,
    config,
    nnet: values,
    nnet_ema: values,
    exp_avg: values,
    exp_avg_sq: values,
  };
}

async function makeRun(workdir: string, checkpoint: Checkpoint): Promise<void> {
  await saveCheckpoint(workdir, checkpoint, 1);
  await Deno.writeTextFile(join(workdir, "config.json"), JSON.stringify(checkpoint.config));
  let log = "";
  for (let step = 100; step <= STEP; step += 100) {
    const [loss, lr, grad_norm, images_per_s] = [1 / step, 1e-3, 1, 100];
    const entry = { step, loss, loss_average: loss, lr, grad_norm, images_per_s, seconds: step };
    log += `${JSON.stringify(entry)}\n`;
  }
  await Deno.writeTextFile(join(workdir, "log.jsonl"), log);
}
