import { createHash } from "node:crypto";
import type { Weights } from "../train/checkpoints/find_weights.ts";
import type { Config } from "../train/config/config.ts";
import { UsageError } from "../train/config/usage_error.ts";
import { datasetOutline } from "../train/data/dataset_outline.ts";
import { DatasetError } from "../train/data/dataset.ts";
import { processOf } from "../train/diffusion/process.ts";
import type { Clipping } from "./clipping.ts";
import type { Guidance } from "./execution/machine_options.ts";
import type { RunAutoencoder } from "./latents/run_autoencoder.ts";
import { networkClasses } from "./network_classes.ts";
import type { LabelChoice } from "./sampled_labels.ts";
import type { TextIdentity } from "./text/run_texts.ts";
import { completeSettings } from "./sampler_settings.ts";
import type { SamplerSettings } from "./samplers/sampler_entry.ts";

/** Everything that determines image i of a set: the same recipe gives the same image. */
export interface Recipe {
  /** SHA-256 of the weight files, concatenated; hexadecimal. */
  readonly weights_sha256: string;
  /** Optimizer steps behind the weights; null where unknown. */
  readonly training_step: number | null;
  /** Seed of the noise and of the drawn labels. */
  readonly seed: number;
  /** The diffusion process: its noise schedule with its numbers, and what is not the default. */
  readonly schedule: string;
  /** The sampler, with every option filled in. */
  readonly sampler: SamplerSettings;
  /** What is done to each predicted image. */
  readonly limit: Clipping;
  /** Classifier-free guidance. */
  readonly guidance: Guidance;
  /** How labels are chosen; null for an unconditional network. */
  readonly labels: LabelChoice | null;
  /** What decodes latents to images; null for a network of images. */
  readonly autoencoder: DecoderIdentity | null;
  /** The texts of the images; null for a network without. */
  readonly texts: TextIdentity | null;
}

/** What determines how latents are decoded. */
export interface DecoderIdentity {
  /** SHA-256 of the autoencoder's weights, hexadecimal. */
  readonly sha256: string;
  /** What latents were multiplied by for the network. */
  readonly scale_factor: number;
}

/** Guidance as requested; null leaves the choice to the training configuration. */
export interface GuidanceChoices {
  /** Strength s of cond + s (cond - uncond). */
  readonly scale: number | null;
  /** The times between which guidance is applied. */
  readonly interval: readonly [number, number];
  /** Classes, in turn; null: drawn as often as in the data. */
  readonly labels: readonly number[] | null;
}

/** Sampling as requested; null leaves an option to the sampler or the training configuration. */
export interface SamplingChoices extends Pick<SamplerSettings, "sampler" | "steps"> {
  /** Seed of the noise and of the drawn labels. */
  readonly seed: number;
  /** The sampler's options, and what is done to each predicted image. */
  readonly solver: Omit<SamplerSettings, "sampler" | "steps"> & { readonly limit: Clipping | null };
  /** Classifier-free guidance. */
  readonly guidance: GuidanceChoices;
}

/** What a network takes besides labels, where it takes any. */
export interface RecipeParts {
  /** Decodes what a network of latents draws. */
  readonly autoencoder: RunAutoencoder | null;
  /** What a network of texts draws. */
  readonly texts: TextIdentity | null;
}

/**
 * Fills in every sampling choice that was left open, from the sampler and the weights' configuration.
 *
 * @param parts what decodes latents, and the texts that images are drawn from
 * @throws {UsageError} with a line for each request that these weights cannot meet
 */
export async function sampleRecipe(
  { sampler, steps, seed, solver, guidance }: SamplingChoices,
  { files, step, config, data }: Weights,
  { autoencoder, texts }: RecipeParts,
): Promise<Recipe> {
  const { limit, ...choices } = solver;
  const process = processOf(config.process);
  const settings = completeSettings(process.schedule, { sampler, steps, ...choices });
  const classes = networkClasses(config);
  const isConditional = classes > 0 || texts !== null;
  const problems = isConditional
    ? conditionalProblems(guidance, config, classes)
    : unconditionalProblems(guidance);
  const usual = config.sample.clip_denoised && !autoencoder ? "clip" : "none";
  if (autoencoder && (limit ?? usual) !== "none") {
    problems.push(`solver.limit: latents have no range of pixels to ${limit}; leave it out`);
  }
  if (problems.length > 0) throw new UsageError(problems);
  return {
    weights_sha256: await sha256(files),
    training_step: step,
    seed,
    schedule: process.name,
    sampler: settings,
    limit: limit ?? usual,
    guidance: {
      scale: isConditional ? guidance.scale ?? config.sample.scale : 0,
      interval: guidance.interval,
    },
    labels: classes === 0 ? null : await labelChoice(guidance.labels, seed, { config, data }),
    autoencoder: autoencoder && {
      sha256: autoencoder.sha256(),
      scale_factor: autoencoder.scale_factor,
    },
    texts: texts && {
      prompts: texts.prompts,
      negative: texts.negative,
      text_encoder: texts.text_encoder,
    },
  };
}

async function sha256(files: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const file of files) {
    using handle = await Deno.open(file);
    for await (const bytes of handle.readable) hash.update(bytes);
  }
  return hash.digest("hex");
}

function unconditionalProblems({ scale, labels }: GuidanceChoices): string[] {
  const problems: string[] = [];
  if (scale !== null && scale > 0) {
    problems.push(
      "guidance.scale: guidance needs labels, and this network was trained without; leave it out",
    );
  }
  if (labels !== null) {
    problems.push("guidance.labels: this network was trained without labels; leave it out");
  }
  return problems;
}

function conditionalProblems(
  { scale, labels }: GuidanceChoices,
  { train }: Config,
  classes: number,
): string[] {
  const problems: string[] = [];
  if (scale !== null && scale > 0 && train.p_uncond === 0) {
    problems.push(
      `guidance.scale: guidance needs a network that has also learned without ${
        classes > 0 ? "labels" : "texts"
      } ` +
        "(train.p_uncond above 0), and this one has not; leave it out",
    );
  }
  const wrong = labels?.find((label) => label >= classes);
  if (classes === 0 && labels !== null) {
    problems.push("guidance.labels: this network draws what texts say, not classes; leave it out");
  } else if (wrong !== undefined) {
    problems.push(
      `guidance.labels: there is no class ${wrong}; this network knows 0 to ${classes - 1}`,
    );
  }
  return problems;
}

async function labelChoice(
  labels: readonly number[] | null,
  seed: number,
  { config, data }: Pick<Weights, "config" | "data">,
): Promise<LabelChoice> {
  if (labels !== null) return { kind: "list", labels };
  if (data) return { kind: "drawn", counts: data.class_counts, seed };
  try {
    const { class_counts: counts } = await datasetOutline(config);
    return { kind: "drawn", counts, seed };
  } catch (error) {
    if (!(error instanceof DatasetError)) throw error;
    throw new UsageError(
      `guidance.labels: how often each class occurs is not known (${error.message}); name some`,
    );
  }
}
