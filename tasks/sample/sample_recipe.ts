import { createHash } from "node:crypto";
import type { LabelChoice } from "../../eval/sampled_labels.ts";
import type { NoiseSchedule } from "../../train/diffusion/noise_schedule.ts";
import { completeSettings } from "../../eval/sampler_settings.ts";
import type { Config } from "../../train/config/config.ts";
import type { Weights } from "../../train/checkpoints/find_weights.ts";
import { classCounts } from "../../train/data/class_counts.ts";
import { DatasetError } from "../../train/data/dataset.ts";
import { UsageError } from "../../train/config/usage_error.ts";
import type { SampleFlags } from "./sample_flags.ts";
import type { Recipe } from "./sample_record.ts";

/** The flags that say how images are made. */
export type SamplingFlags = Pick<
  SampleFlags,
  "sampler" | "steps" | "seed" | "solver" | "guidance"
>;

/**
 * What the command line and the weights say about how images are to be made, every choice settled.
 *
 * @throws {UsageError} with a line for each thing that these weights cannot do
 */
export async function sampleRecipe(
  { sampler, steps, seed, solver, guidance }: SamplingFlags,
  { files, step, config }: Weights,
  schedule: NoiseSchedule,
): Promise<Recipe> {
  const { limit, ...choices } = solver;
  const settings = completeSettings(schedule, { sampler, steps, ...choices });
  const classes = classesOf(config);
  const problems = classes === 0
    ? unconditionalProblems(guidance)
    : conditionalProblems(guidance, config, classes);
  if (problems.length > 0) throw new UsageError(problems);
  return {
    weights_sha256: await sha256(files),
    training_step: step,
    seed,
    schedule: schedule.name,
    sampler: settings,
    limit: limit ?? (config.sample.clip_denoised ? "clip" : "none"),
    guidance: {
      scale: classes === 0 ? 0 : guidance.scale ?? config.sample.scale,
      interval: guidance.interval,
    },
    labels: classes === 0 ? null : await labelChoice(guidance.labels, seed, config),
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

/** Labels that a network knows; 0 where it was trained without. */
function classesOf({ nnet, train }: Config): number {
  if (nnet.num_classes === -1) return 0;
  return train.p_uncond > 0 ? nnet.num_classes - 1 : nnet.num_classes;
}

function unconditionalProblems({ scale, labels }: SampleFlags["guidance"]): string[] {
  const problems: string[] = [];
  if (scale !== null && scale > 0) {
    problems.push(
      "--guidance.scale: guidance needs labels, and this network was trained without; leave it out",
    );
  }
  if (labels !== null) {
    problems.push("--guidance.labels: this network was trained without labels; leave it out");
  }
  return problems;
}

function conditionalProblems(
  { scale, labels }: SampleFlags["guidance"],
  { train }: Config,
  classes: number,
): string[] {
  const problems: string[] = [];
  if (scale !== null && scale > 0 && train.p_uncond === 0) {
    problems.push(
      "--guidance.scale: guidance needs a network that has also learned without labels " +
        "(train.p_uncond above 0), and this one has not; leave it out",
    );
  }
  const wrong = labels?.find((label) => label >= classes);
  if (wrong !== undefined) {
    problems.push(
      `--guidance.labels: there is no class ${wrong}; this network knows 0 to ${classes - 1}`,
    );
  }
  return problems;
}

async function labelChoice(
  labels: readonly number[] | null,
  seed: number,
  { dataset }: Config,
): Promise<LabelChoice> {
  if (labels !== null) return { kind: "list", labels };
  try {
    return { kind: "drawn", counts: await classCounts(dataset), seed };
  } catch (error) {
    if (!(error instanceof DatasetError)) throw error;
    throw new UsageError(
      `--guidance.labels: how often each class occurs is not known (${error.message}); name some`,
    );
  }
}
