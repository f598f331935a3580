import { AUTOENCODER_DEFAULTS, autoencoderSchema } from "../cli/autoencoder_flags.ts";
import { machineFields } from "../cli/machine_flags.ts";
import { z } from "zod";
import type { AutoencoderChoice } from "../../eval/latents/run_autoencoder.ts";
import { fieldsOf, flatten, nest } from "../../train/config/fields.ts";
import type { Config } from "../../train/config/config.ts";
import { type FlagSource, parseFlags } from "../cli/flags.ts";
import { helpText } from "../cli/help_text.ts";
import {
  NETWORK_DEFAULTS,
  networkConfig,
  networkFields,
  networkSchema,
} from "../cli/network_flags.ts";
import { PROCESS_DEFAULTS, processFields, type ProcessFlags } from "../cli/launch/process_flags.ts";
import { SAMPLER_NAMES } from "../../eval/samplers/registry.ts";
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

/** The flags of `deno task sample`; each is described in the schema. */
export interface SampleFlags extends TextChoiceFlags, ProcessFlags {
  checkpoint: string | null;
  out: string;
  n: number;
  seed: number;
  batch_size: number;
  weights: WeightsKind;
  sampler: string;
  steps: number;
  trajectory: boolean;
  overwrite: boolean;
  help: boolean;
  solver: SolverFlags;
  guidance: GuidanceFlags;
  autoencoder: AutoencoderChoice;
}

const count = z.int().min(1);

const schema: z.ZodType<SampleFlags> = z.strictObject({
  checkpoint: z.string().min(1).nullable()
    .describe("folder of a run (its newest checkpoint), of one checkpoint, or a file of weights"),
  out: z.string().min(1)
    .describe("folder for the images; those already there are kept, and not drawn again"),
  n: count.describe("how many images"),
  seed: z.int().min(0).max(0xffffffff)
    .describe("image i of a seed is the same whatever the batch size"),
  batch_size: count.describe(
    "images drawn at once, fewer where the adapter does not bind that many",
  ),
  weights: z.enum(["ema", "nnet"])
    .describe("of a checkpoint's folder: the moving average of the weights, or the weights"),
  sampler: z.enum(SAMPLER_NAMES).describe("the way from noise to images"),
  steps: count.describe("network evaluations per image; the adaptive variant finds its own"),
  trajectory: z.boolean()
    .describe("also show the way from noise to image, trajectory.png"),
  overwrite: z.boolean().describe("remove the images that are there first"),
  ...processFields("draw a share of the batches each"),
  help: z.boolean().describe("show this page; -h for short"),

  solver: solverSchema,
  guidance: guidanceSchema,
  texts: textsSchema,
  text_encoder: textEncoderFlagSchema,
  autoencoder: autoencoderSchema,
});

const defaults: SampleFlags = {
  checkpoint: null,
  out: "images",
  n: 64,
  seed: 0,
  batch_size: 32,
  weights: "ema",
  sampler: "dpm_solver",
  steps: 50,
  trajectory: false,
  overwrite: false,
  ...PROCESS_DEFAULTS,
  help: false,
  solver: SOLVER_DEFAULTS,
  guidance: GUIDANCE_DEFAULTS,
  texts: TEXT_DEFAULTS,
  text_encoder: { weights: null },
  autoencoder: AUTOENCODER_DEFAULTS,
};

/** All flags of `deno task sample`. */
export const SAMPLE_FLAGS: readonly FlagSource[] = [schema, networkSchema, networkFields()];

/**
 * Reads the command line; the configuration is null where it says nothing of a network.
 *
 * @throws {UsageError} with a line for each problem
 */
export async function readSampleFlags(
  args: readonly string[],
): Promise<{ flags: SampleFlags; config: Config | null }> {
  const fields = fieldsOf(schema);
  const given = parseFlags(args, ...SAMPLE_FLAGS);
  const own = flatten(nest(given), fields);
  const flags = schema.parse(nest(new Map([...flatten(defaults, fields), ...own])));
  checkInterval(flags.guidance);
  return { flags, config: await networkConfig(given) };
}

/** The help page. */
export function sampleHelp(): string {
  return helpText({
    about: "Draws images from a checkpoint.",
    examples: [
      {
        command: "sample --checkpoint=runs/a",
        does: "64 images and a grid of them in images/",
      },
      {
        command: "sample --checkpoint=runs/a --sampler=ddim --steps=20",
        does: "by another sampler, in fewer steps",
      },
      {
        command: "sample --checkpoint=runs/a --labels=0,3,5 --scale=2",
        does: "three classes in turn, strongly guided",
      },
      {
        command: 'sample --checkpoint=runs/c --prompt="a red circle" --n=4',
        does: "what a text says, where the run has learned from captions",
      },
      {
        command: "sample --checkpoint=runs/b --autoencoder.weights=autoencoder_kl.pth",
        does: "of a run on latents, decoded",
      },
      {
        command: "sample --checkpoint=nnet_ema.pth --preset=cifar10 --nnet.scalelong=3",
        does: "weights from PyTorch; --nnet and --process settings are those of train",
      },
    ],
    schemas: [schema, machineFields, networkSchema],
    defaults: new Map([
      ...flatten({ ...defaults, help: undefined }, fieldsOf(schema)),
      ...flatten(NETWORK_DEFAULTS, fieldsOf(networkSchema)),
    ]),
  });
}
