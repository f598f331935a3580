import { AUTOENCODER_DEFAULTS, autoencoderSchema } from "../cli/autoencoder_flags.ts";
import { shownCommand } from "../cli/shown_command.ts";
import { machineFields } from "../cli/machine_flags.ts";
import { z } from "zod";
import type { AutoencoderChoice } from "../../eval/latents/run_autoencoder.ts";
import { fieldsOf, flatten, nest } from "../../train/config/fields.ts";
import { type FlagSource, parseArguments } from "../cli/flags.ts";
import type { Config } from "../../train/config/config.ts";
import { helpText } from "../cli/help_text.ts";
import {
  NETWORK_DEFAULTS,
  networkConfig,
  networkFields,
  networkSchema,
} from "../cli/network_flags.ts";
import { PROCESS_DEFAULTS, processFields, type ProcessFlags } from "../cli/launch/process_flags.ts";
import { SAMPLER_NAMES } from "../../eval/samplers/registry.ts";
import { DATASET_SPLITS } from "../../train/data/data_sets.ts";
import { UsageError } from "../../train/config/usage_error.ts";
import type { WeightsKind } from "../../train/checkpoints/weights_file.ts";
import {
  checkInterval,
  GUIDANCE_DEFAULTS,
  type GuidanceFlags,
  guidanceSchema,
  SOLVER_DEFAULTS,
  type SolverFlags,
  solverSchema,
} from "../cli/solver_flags.ts";
import {
  TEXT_DEFAULTS,
  type TextChoiceFlags,
  textEncoderFlagSchema,
  textsSchema,
} from "../cli/text_flags.ts";

/** Names of the metrics. */
export const METRICS = ["fid", "kid", "is", "pr", "swd"] as const;

/** One of {@linkcode METRICS}. */
export type Metric = typeof METRICS[number];

/** Flags of `deno task fid`; their meaning is in the schema. */
export interface FidFlags extends TextChoiceFlags, ProcessFlags {
  metrics: Metric[];
  inception: string | null;
  cache: string | null;
  save_stats: string | null;
  image_size: number | null;
  skip_broken: boolean;
  path: string | null;
  json: boolean;
  help: boolean;
  sample: {
    n: number;
    seed: number;
    batch_size: number;
    weights: WeightsKind;
    sampler: string;
    steps: number;
  };
  solver: SolverFlags;
  guidance: GuidanceFlags;
  autoencoder: AutoencoderChoice;
}

const count = z.int().min(1);

const schema: z.ZodType<FidFlags> = z.strictObject({
  metrics: z.array(z.enum(METRICS)).min(1).describe(
    "what to measure: fid; kid, its unbiased relative; is, the Inception Score of A; pr, " +
      "precision and recall; swd, a sliced Wasserstein distance on pixels, without Inception",
  ),
  inception: z.string().min(1).nullable()
    .describe(
      "file of Inception's weights, .pth or .safetensors; null: the user's cache, or fetched",
    ),
  cache: z.string().min(1).nullable()
    .describe("folder that caches features by the images' content; null: no cache"),
  save_stats: z.string().min(1).nullable()
    .describe("also write A's mean and covariance to this .npz file; B may then be left out"),
  image_size: count.nullable()
    .describe(
      "crop and resize a folder's images to this size, as training does; null: as they are",
    ),
  skip_broken: z.boolean().describe("leave out image files that cannot be decoded, and name them"),
  path: z.string().min(1).nullable()
    .describe("CIFAR-10's binary files, a folder or the archive; null: fetched once"),
  json: z.boolean().describe("print one JSON object instead of lines"),
  ...processFields("draw and measure a share of the images each"),
  help: z.boolean().describe("show this page; -h for short"),

  sample: z.strictObject({
    n: count.describe("how many images to draw"),
    seed: z.int().min(0).max(0xffffffff).describe("image i of a seed is always the same"),
    batch_size: count.describe("images drawn at once: memory and speed only"),
    weights: z.enum(["ema", "nnet"]).describe("the moving average of the weights, or the weights"),
    sampler: z.enum(SAMPLER_NAMES).describe("the way from noise to images"),
    steps: count.describe("network evaluations per image"),
  }).describe("how images are drawn from a checkpoint"),
  solver: solverSchema,
  guidance: guidanceSchema,
  texts: textsSchema,
  text_encoder: textEncoderFlagSchema,
  autoencoder: autoencoderSchema,
});

const defaults: FidFlags = {
  metrics: ["fid"],
  inception: null,
  cache: null,
  save_stats: null,
  image_size: null,
  skip_broken: false,
  path: null,
  json: false,
  ...PROCESS_DEFAULTS,
  help: false,
  sample: {
    n: 10_000,
    seed: 0,
    batch_size: 32,
    weights: "ema",
    sampler: "dpm_solver",
    steps: 50,
  },
  solver: SOLVER_DEFAULTS,
  guidance: GUIDANCE_DEFAULTS,
  texts: TEXT_DEFAULTS,
  text_encoder: { weights: null },
  autoencoder: AUTOENCODER_DEFAULTS,
};

/** All flags of `deno task fid`. */
export const FID_FLAGS: readonly FlagSource[] = [schema, networkSchema, networkFields()];

/** A parsed command line. */
export interface FidArguments {
  /** The flags. */
  flags: FidFlags;
  /** The one or two things to compare. */
  given: string[];
  /** The configuration for weights that come without one; null where no flag names a network. */
  config: Config | null;
}

/** Parses the command line. @throws {UsageError} with a line for each problem */
export async function readFidArguments(args: readonly string[]): Promise<FidArguments> {
  const fields = fieldsOf(schema);
  const { settings, positional } = parseArguments(args, ...FID_FLAGS);
  const own = flatten(nest(settings), fields);
  const flags = schema.parse(nest(new Map([...flatten(defaults, fields), ...own])));
  checkInterval(flags.guidance);
  if (!flags.help && (positional.length < 1 || positional.length > 2)) {
    throw new UsageError(
      `expected two things to compare, got ${positional.length}: ${
        shownCommand("fid A B")
      }, where each ` +
        "is a folder of images, an .npz file, a data set or a checkpoint (see --help)",
    );
  }
  return { flags, given: positional, config: await networkConfig(settings) };
}

/** The help page. */
export function fidHelp(): string {
  return helpText({
    about: `Compares images A with images B: Frechet Inception Distance and its relatives.
Each is a folder of PNG, JPEG and WebP files, an .npz file (statistics, or images arr_0), a data
set (${DATASET_SPLITS.join(", ")}) or a checkpoint to draw from. Where A is a checkpoint, B
may be left out: it is then the data that A was trained on. A metric that cannot be had,
for too few images say, is named and the others are measured; the exit code is then 3.`,
    examples: [
      {
        command: "fid images cifar10:train",
        does: "a folder against a data set",
      },
      {
        command: "fid runs/a --n=10000 --sampler=dpm_solver --steps=50",
        does: "draws from a checkpoint, against its own training data",
      },
      {
        command: "fid cifar10:train --save_stats=cifar10.npz",
        does: "keeps the statistics; compare with cifar10.npz from then on",
      },
      {
        command: "fid images other --metrics=fid,kid,is,pr --cache=features",
        does: "all of Inception's measures, features kept for the next time",
      },
      {
        command: "fid images other --metrics=swd",
        does: "a quick look at pixels alone, which is no FID",
      },
    ],
    schemas: [schema, machineFields, networkSchema],
    defaults: new Map([
      ...flatten({ ...defaults, help: undefined }, fieldsOf(schema)),
      ...flatten(NETWORK_DEFAULTS, fieldsOf(networkSchema)),
    ]),
  });
}
