import type { Capabilities } from "../../engine/mod.ts";
import type { Config } from "../../train/config/config.ts";
import { counted } from "../../engine/counted.ts";
import type { DatasetOutline } from "../../train/data/dataset.ts";

/** Below this, samples are mostly copies; below the other, they may be. */
const FEW = 500;
const NOT_MANY = 5000;

/**
 * What was chosen for a folder of images and the flags that change it, then what so few images let
 * expect; for features that do not say it, their scale factor: a line each, none where there is nothing
 * to say.
 *
 * @param given full names of the settings that the person chose
 */
export function ownImagesLines(
  { train, nnet, dataset, autoencoder }: Config,
  given: readonly string[],
  { class_counts, latents }: Pick<DatasetOutline, "class_counts" | "latents">,
): string[] {
  if (latents?.scale_factor === null && !given.includes("autoencoder.scale_factor")) {
    return [
      `${dataset.path} does not say what its latents are multiplied by: ${autoencoder.scale_factor} ` +
      "is taken; U-ViT has 0.18215 for ImageNet, 0.2301 for MS-COCO (--autoencoder.scale_factor)",
    ];
  }
  if (dataset.name !== "folder") return [];
  const images = class_counts.reduce((sum, n) => sum + n, 0);
  const [classes, size] = [class_counts.length, dataset.image_size];
  const choices = [
    ...given.includes("train.mode") || given.includes("nnet.num_classes")
      ? []
      : train.mode === "cond"
      ? [`learned by class (--mode=uncond: without)`]
      : classes > 1
      ? ["learned without their classes (--mode=cond: with)"]
      : ["learned without classes (with a sub-folder for each class: by class)"],
    ...given.includes("dataset.image_size") || given.includes("nnet.img_size")
      ? []
      : [`at ${size} x ${size} pixels (--image_size)`],
    ...given.includes("nnet.in_chans") ? [] : [`in colour (--in_chans=1: grey)`],
    ...given.includes("dataset.random_flip") || !dataset.random_flip
      ? []
      : ["mirrored at random (--random_flip=false: not)"],
  ];
  const what = counted(images, "image") +
    (classes > 1 ? ` in ${counted(classes, "class", "classes")}` : "");
  return [
    ...choices.length > 0 ? [`${what} in ${dataset.path}: ${choices.join(", ")}`] : [],
    ...expectation(images, nnet.name === "uvit" ? "--embed_dim, --depth" : "--ch"),
  ];
}

/** What few images let expect, and what helps. */
function expectation(images: number, smaller: string): string[] {
  if (images >= NOT_MANY) return [];
  const expected = images < FEW
    ? "so few are learned by heart: expect samples that repeat them"
    : "samples may come close to copies of them late in training";
  return [
    `${expected}; more images help most, then fewer steps (--n_steps) and a smaller network (${smaller})`,
  ];
}

/** The settings of a network for a processor, 60 times less work a step than the preset. */
const SMALL = "--image_size=32 --embed_dim=128 --depth=4 --batch_size=16";

/**
 * A line on what a folder's preset takes without a GPU, which is days; none where the person chose
 * the network's size.
 *
 * @param given full names of the settings that the person chose
 */
export function processorLines(
  { nnet, dataset }: Config,
  given: readonly string[],
  { adapterClass }: Pick<Capabilities, "adapterClass">,
): string[] {
  const isChosen = given.some((name) =>
    ["nnet.img_size", "dataset.image_size", "nnet.embed_dim", "nnet.depth"].includes(name)
  );
  if (adapterClass !== "software" || dataset.name !== "folder" || nnet.name !== "uvit") return [];
  return isChosen ? [] : [
    `without a GPU this network takes days; ${SMALL} is 60 times less work a step, and takes an hour or two`,
  ];
}
