import { z } from "zod";
import { COLOUR } from "../formats/images/colour.ts";
import { DEFAULT_SOLVER } from "./solver_config.ts";

/** A number of things, one at least. */
export const count = z.int().min(1);
/** A number from 0 on, below 1. */
export const fraction = z.number().min(0).lt(1);
const COLOURS = "white, black, grey, hexadecimal digits like #ff8000";
const colour = z.string().regex(COLOUR, { error: `expected ${COLOURS}` }).meta({ title: COLOURS });

/** What a network's own settings begin with. */
export const NAME = "the network; its settings follow";

/** What images are like, in the settings of every network. */
export const imageFields = {
  img_size: count.describe("height and width of an image, pixels"),
  in_chans: count.describe("channels of an image: 3 colour, 1 grey"),
};

/** What every run has. */
export const runFields = {
  seed: z.int().min(0).max(0xffffffff)
    .describe("seed of all random numbers: the same seed gives the same run"),
  workdir: z.string()
    .describe(
      "folder of the run, which continues from its newest checkpoint; run.lock keeps it to one run " +
        "at a time, and holds the process id to signal (INT, TERM and HUP save first); empty: " +
        "runs/<preset>_scalelong<k>, with the name of a folder of your own for its preset",
    ),
};

/** The training loop of diffusion models. */
export const trainSection = z.strictObject({
  n_steps: count.describe(
    "steps of the whole run: each takes one batch and updates the weights once",
  ),
  batch_size: count.describe("images per step"),
  micro_batches: count.describe(
    "parts a batch is split into, computed one after another to save memory",
  ),
  mode: z.enum(["uncond", "cond"]).describe(
    "learn images alone, or images given a class; left out, a folder's sub-folders tell",
  ),
  p_uncond: fraction
    .describe(
      "fraction of images trained without their class, needed for guidance (sample.scale); cond " +
        "only",
    ),
  log_interval: count.describe("steps between lines of loss and speed in log.jsonl"),
  eval_interval: count.describe("steps between grids of samples, samples/<step>.png"),
  save_interval: count.describe("steps between checkpoints"),
  keep: count.describe("number of checkpoints to keep on disk; older ones are deleted"),
  format: z.enum(["safetensors", "pytorch"]).default("safetensors")
    .describe("pytorch: also save each as the PyTorch implementation does, ckpts/<step>.ckpt"),
  ema_rate: fraction.describe(
    "decay of the exponential moving average of the weights, from which samples are drawn",
  ),
  grad_clip: z.number().min(0).describe(
    "scale a gradient of a larger norm down to this norm, against sudden jumps; 0: never",
  ),
  mixed_precision: z.enum(["no", "fp16"]).default("no")
    .describe("fp16: compute the network in 16-bit floats: less memory, less precise"),
}).describe("the training loop");

/** The update rule. */
export const optimizerSection = z.strictObject({
  name: z.enum(["adamw", "adam"])
    .describe("what weight_decay does: adamw shrinks the weights, adam adds to the gradient"),
  lr: z.number().gt(0).describe(
    "learning rate after warm-up: how far a step moves the weights",
  ),
  weight_decay: z.number().min(0).describe("how strongly every weight is pulled towards zero"),
  betas: z.tuple([fraction, fraction]).describe(
    "decays of the moving averages of the gradient and of its square",
  ),
  eps: z.number().gt(0).describe(
    "small number added to the denominator of an update, so that it is never 0",
  ),
}).describe("how a gradient updates the weights");

/** The learning rate over the steps. */
export const lrSchedulerSection = z.strictObject({
  name: z.enum(["customized", "cosine"])
    .describe("after warm-up: customized stays constant, cosine falls to 0 at n_steps"),
  warmup_steps: z.int().min(0).describe("steps over which the rate grows from 0 to lr; 0: none"),
}).describe("how the learning rate changes over the steps");

/** The images. */
export const datasetSection = z.strictObject({
  name: z.string().min(1)
    .describe(
      "shapes and captioned_shapes are drawn by the program, folder is a folder of PNG, JPEG or WebP files, features one of " +
        "latents",
    ),
  path: z.string().min(1).nullable()
    .describe("where the files are; null: cifar10 is downloaded, shapes need none"),
  image_size: count.describe(
    "height and width that images are resized to, pixels; also nnet.img_size where that is left out",
  ),
  background: colour.nullable().default(null)
    .describe("colour under transparent pixels of image files; null: their own, opaque"),
  random_flip: z.boolean().describe("flip half of the images left to right"),
  n: count.describe("number of images to draw; shapes only"),
  skip_broken: z.boolean().default(false)
    .describe("leave out image files that cannot be decoded, and name them"),
  cache: z.boolean().default(true)
    .describe(
      "keep a folder's decoded images in the workdir, cache/images, for the next start, where " +
        "they are at most 4 GiB; safe to delete",
    ),
}).describe("the images");

/** The grid of samples drawn while training. */
export const sampleSection = z.strictObject({
  n_samples: z.int().min(0).describe("images in a grid; 0: no grids"),
  algorithm: z.string().min(1).describe("sampler, which turns noise into images"),
  sample_steps: count.describe("network evaluations per image; more is slower and finer"),
  variant: z.string().min(1).nullable().default(DEFAULT_SOLVER.variant)
    .describe("how the solver spends its steps"),
  order: z.literal([1, 2, 3]).nullable().default(DEFAULT_SOLVER.order)
    .describe("order of convergence"),
  grid: z.string().min(1).nullable().default(DEFAULT_SOLVER.grid)
    .describe("how times are spaced"),
  eta: z.number().min(0).max(1).nullable().default(DEFAULT_SOLVER.eta)
    .describe("fraction of the noise of ancestral sampling to add"),
  t_end: z.number().gt(0).lt(1).nullable().default(DEFAULT_SOLVER.t_end)
    .describe("the last time but 0"),
  scale: z.number().min(0).describe(
    "how strongly images are pushed towards their class (guidance); cond only; 0: not",
  ),
  clip_denoised: z.boolean()
    .describe(
      "clip the image predicted at each step to the range of pixels; the reference does not",
    ),
}).describe("the grid of samples drawn while training");
