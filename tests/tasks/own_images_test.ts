import {
  deepStrictEqual as deepEqual,
  match,
  rejects,
  strictEqual as equal,
} from "node:assert/strict";
import { join } from "node:path";
import { loadCheckpoint } from "../../train/checkpoints/checkpoint.ts";
import { encodePng } from "../../train/formats/image.ts";
import { ownImagesLines, processorLines } from "../../tasks/train/own_images.ts";
import { readTrainArguments } from "../../tasks/train/train_flags.ts";
import { isAutoencoderRun } from "../../train/config/autoencoder_run_config.ts";
import type { Config } from "../../train/config/config.ts";
import { presets } from "../../train/config/presets.ts";
import { runScript } from "./run_script.ts";

/** Runs with a folder of images of these names, of several sizes, all smaller than 64 pixels. */
async function withImages(
  names: readonly string[],
  use: (path: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "my photos");
  try {
    for (const [i, name] of names.entries()) {
      const [width, height] = [20 + 3 * i, 30 - i];
      const pixels = Uint8Array.from({ length: 3 * width * height }, (_, p) => (p * 7 + i) % 256);
      await Deno.mkdir(join(path, name, ".."), { recursive: true });
      await Deno.writeFile(join(path, name), encodePng(pixels, width, height));
    }
    await use(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function chosen(...args: string[]): Promise<Config> {
  const { config } = await readTrainArguments(["--dataset.name=folder", ...args]);
  if (isAutoencoderRun(config)) throw new TypeError("not an autoencoder");
  return config;
}

const CLASSES = ["cats/1.png", "cats/2.png", "dogs/1.png"];

Deno.test("train on own images needs their folder alone, and says what it chose", async () => {
  await withImages(CLASSES, async (path) => {
    const workdir = join(path, "..", "run");
    // Everything that the network is follows; what is given keeps the test short.
    const args = ["--dataset.name=folder", `--dataset.path=${path}/`, `--workdir=${workdir}`];
    const short = ["--batch_size=1", "--n_samples=0"];
    const { code, err } = await runScript("train.ts", ...args, ...short, "--n_steps=1");
    equal(code, 0, err);
    match(
      err,
      /^3 images in 2 classes .*by class \(--mode=uncond: .*64 x 64 pixels \(--image_size/m,
    );
    match(err, /learned by heart.*--n_steps.*--embed_dim/);
    const { config, step } = await loadCheckpoint(join(workdir, "checkpoints", "1"));
    const { nnet, train, dataset } = config;
    deepEqual(
      [step, train.mode, nnet.num_classes, nnet.img_size, dataset.image_size],
      [1, "cond", 3, 64, 64],
    );
    const saved = JSON.parse(await Deno.readTextFile(join(workdir, "config.json")));
    deepEqual([saved.nnet.num_classes, saved.train.mode], [3, "cond"]);

    // The same command line makes the same choices, so that it goes on with the run.
    const again = await readTrainArguments([...args, ...short, "--n_steps=1"]);
    deepEqual(again.config, config);
  });
});

Deno.test("train chooses by what a folder holds, and what is given wins", async () => {
  await withImages(["only.png"], async (path) => {
    const { train, nnet, workdir } = await chosen(`--dataset.path=${path}`, "--scalelong=2");
    deepEqual([train.mode, nnet.num_classes], ["uncond", -1]);
    equal(workdir, join("runs", "my photos_scalelong2"));
    const unet = await chosen(`--dataset.path=${path}`, "--nnet.name=unet");
    deepEqual([unet.nnet.name, unet.nnet.img_size], ["unet", 64]);
    equal(unet.workdir, join("runs", "my photos_unet_scalelong0"));
  });
  await withImages(CLASSES, async (path) => {
    const of = async (...args: string[]) => {
      const { train, nnet, sample } = await chosen(`--dataset.path=${path}/`, ...args);
      return [train.mode, nnet.num_classes, nnet.img_size, sample.scale];
    };
    deepEqual(await of(), ["cond", 3, 64, 1]);
    deepEqual(await of("--mode=uncond"), ["uncond", -1, 64, 0]);
    deepEqual(await of("--image_size=32"), ["cond", 3, 32, 1]);
    deepEqual(await of("--p_uncond=0", "--scale=0"), ["cond", 2, 64, 0]);
    deepEqual(await of("--preset=quickstart"), ["cond", 3, 12, 1]);
    deepEqual(await of("--preset=cifar10"), ["uncond", -1, 32, 0]);
    // What a run has saved needs no folder.
    const config = join(path, "..", "config.json");
    await Deno.writeTextFile(config, JSON.stringify(await chosen(`--dataset.path=${path}`)));
    const again = await readTrainArguments([`--config=${config}`, "--dataset.path=nowhere"]);
    deepEqual([!isAutoencoderRun(again.config) && again.config.nnet.num_classes, again.outline], [
      3,
      null,
    ]);
  });
});

Deno.test("train says of own images what cannot be, in a line", async () => {
  await withImages(["only.png"], async (path) => {
    await rejects(chosen(), {
      name: "UsageError",
      message: "dataset.name=folder needs dataset.path=FOLDER",
    });
    for (const wrong of [join(path, "nowhere"), join(path, "only.png")]) {
      await rejects(chosen(`--dataset.path=${wrong}`), (error: Error) => {
        equal(error.name, "DatasetError");
        match(error.message, /^[^\n]*(nowhere|only\.png)[^\n]*$/);
        return true;
      });
    }
  });
});

Deno.test("ownImagesLines() names flags that are left open, and what the number of images means", () => {
  const folder = { ...presets.folder, dataset: { ...presets.folder.dataset, path: "photos" } };
  const lines = (count: number, given: string[] = []) =>
    ownImagesLines(folder, given, { class_counts: [count] });
  match(lines(1)[0], /^1 image in photos: .*sub-folder.*--image_size.*--in_chans=1.*--random_flip/);
  match(lines(499)[1], /learned by heart/);
  match(lines(4999)[1], /close to copies/);
  equal(lines(5000).length, 1);
  const all = ["train.mode", "dataset.image_size", "nnet.in_chans", "dataset.random_flip"];
  deepEqual(lines(5000, all), []);
  deepEqual(ownImagesLines(presets.quickstart, [], { class_counts: [9] }), []);
});

Deno.test("processorLines() says what to set without a GPU, where no size was chosen", () => {
  const lines = (given: string[], adapterClass: "software" | "discrete" = "software") =>
    processorLines(presets.folder, given, { adapterClass }).length;
  deepEqual([lines([]), lines(["train.n_steps"])], [1, 1]);
  deepEqual([lines([], "discrete"), lines(["nnet.depth"]), lines(["dataset.image_size"])], [
    0,
    0,
    0,
  ]);
  deepEqual(processorLines(presets.quickstart, [], { adapterClass: "software" }), []);
});
