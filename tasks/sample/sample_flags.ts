import { z } from "zod";
import { PICTURE_LIMITS, type PictureLimit } from "../../eval/picture_limit.ts";
import { DPM_VARIANTS, type DpmVariant } from "../../eval/sampler_settings.ts";
import type { SolverOrder } from "../../eval/samplers/dpm_singlestep.ts";
import { TIME_GRIDS, type TimeGridName } from "../../eval/time_grid.ts";
import { fieldsOf, flatten, nest } from "../../train/fields.ts";
import type { WeightsKind } from "../../train/find_weights.ts";
import { parseFlags } from "../../train/flags.ts";
import { helpText } from "../../train/help_text.ts";
import { type SamplerName, SAMPLERS } from "../../train/sampler_names.ts";
import { UsageError } from "../../train/usage_error.ts";

/** What `deno task sample` can be told; each field's meaning is its description in the schema. */
export interface SampleFlags {
  checkpoint: string | null;
  out: string;
  n: number;
  seed: number;
  batch_size: number;
  weights: WeightsKind;
  sampler: SamplerName;
  steps: number;
  trajectory: boolean;
  overwrite: boolean;
  help: boolean;
  solver: {
    variant: DpmVariant | null;
    order: SolverOrder | null;
    grid: TimeGridName | null;
    eta: number | null;
    t_end: number | null;
    limit: PictureLimit | null;
  };
  guidance: { scale: number | null; interval: [number, number]; labels: number[] | null };
}

const count = z.int().min(1);
const time = z.number().min(0).max(1);

const schema: z.ZodType<SampleFlags> = z.strictObject({
  checkpoint: z.string().min(1).nullable()
    .describe("folder of a run (its newest checkpoint), of one checkpoint, or a file of weights"),
  out: z.string().min(1)
    .describe("folder for the pictures; those already there are kept, and not drawn again"),
  n: count.describe("how many pictures"),
  seed: z.int().min(0).max(0xffffffff)
    .describe("picture i of a seed is the same whatever the batch size"),
  batch_size: count.describe("pictures drawn at once: memory and speed only"),
  weights: z.enum(["ema", "nnet"])
    .describe("of a checkpoint's folder: the moving average of the weights, or the weights"),
  sampler: z.enum(SAMPLERS).describe("the way from noise to pictures"),
  steps: count.describe("network evaluations per picture; the adaptive variant finds its own"),
  trajectory: z.boolean()
    .describe("also show the way from noise to picture, trajectory.png"),
  overwrite: z.boolean().describe("remove the pictures that are there first"),
  help: z.boolean().describe("show this page; -h for short"),

  solver: z.strictObject({
    variant: z.enum(DPM_VARIANTS).nullable()
      .describe("dpm_solver and dpm_solver_pp only; null: fast, and multistep for dpm_solver_pp"),
    order: z.literal([1, 2, 3]).nullable()
      .describe("dpm_solver and dpm_solver_pp only; null: 3, and 2 for multistep"),
    grid: z.enum(TIME_GRIDS).nullable()
      .describe("how times are spaced; null: log_snr for dpm_*, uniform for dd*, karras for heun"),
    eta: time.nullable()
      .describe("share of the noise of ancestral sampling that ddim adds; null: 0"),
    t_end: z.number().gt(0).lt(1).nullable()
      .describe("the last time but 0; null: 0.001 for euler_maruyama_*, else 0.0001"),
    limit: z.enum(PICTURE_LIMITS).nullable()
      .describe("clip the picture each step predicts, or threshold it; null: as in training"),
  }).describe("how the sampler works; null leaves the choice to it"),

  guidance: z.strictObject({
    scale: z.number().min(0).nullable()
      .describe("cond + scale (cond - uncond); 0: no guidance; null: as in training"),
    interval: z.tuple([time, time]).describe("guide at these times only; noise is time 1"),
    labels: z.array(z.int().min(0)).min(1).nullable()
      .describe("classes of the pictures, in turn; null: drawn as often as in the data"),
  }).describe("what a network with labels is asked for"),
});

const defaults: SampleFlags = {
  checkpoint: null,
  out: "pictures",
  n: 64,
  seed: 0,
  batch_size: 32,
  weights: "ema",
  sampler: "dpm_solver",
  steps: 50,
  trajectory: false,
  overwrite: false,
  help: false,
  solver: { variant: null, order: null, grid: null, eta: null, t_end: null, limit: null },
  guidance: { scale: null, interval: [0, 1], labels: null },
};

/** Reads the command line. @throws {UsageError} with a line for each problem */
export function readSampleFlags(args: readonly string[]): SampleFlags {
  const fields = fieldsOf(schema);
  const given = parseFlags(args, schema);
  const flags = schema.parse(nest(new Map([...flatten(defaults, fields), ...given])));
  const [from, to] = flags.guidance.interval;
  if (from > to) {
    throw new UsageError(`--guidance.interval: ${from} comes after ${to}; write the smaller first`);
  }
  return flags;
}

/** The help page. */
export function sampleHelp(): string {
  return helpText({
    about: "Draws pictures from a checkpoint.",
    examples: [
      {
        command: "deno task sample --checkpoint=runs/a",
        does: "64 pictures and a grid of them in pictures/",
      },
      {
        command: "deno task sample --checkpoint=runs/a --sampler=ddim --steps=20",
        does: "by another sampler, in fewer steps",
      },
      {
        command: "deno task sample --checkpoint=runs/a --labels=0,3,5 --scale=2",
        does: "three classes in turn, strongly guided",
      },
    ],
    schemas: [schema],
    defaults: flatten({ ...defaults, help: undefined }, fieldsOf(schema)),
  });
}
