import { z } from "zod";
import { type Clipping, CLIPPINGS } from "../../eval/clipping.ts";
import type { SolverOrder } from "../../eval/samplers/dpm_singlestep.ts";
import { lastTimeHelp, optionHelp } from "../../eval/samplers/registry.ts";
import { DPM_VARIANTS, type DpmVariant } from "../../eval/samplers/sampler_entry.ts";
import { TIME_GRIDS, type TimeGridName } from "../../eval/time_grid.ts";
import { UsageError } from "../../train/config/usage_error.ts";

/** How a sampler works; null leaves the choice to it. */
export interface SolverFlags {
  variant: DpmVariant | null;
  order: SolverOrder | null;
  grid: TimeGridName | null;
  eta: number | null;
  t_end: number | null;
  limit: Clipping | null;
}

/** What a network with labels is asked for. */
export interface GuidanceFlags {
  scale: number | null;
  interval: [number, number];
  labels: number[] | null;
}

const time = z.number().min(0).max(1);

/** The flags of {@linkcode SolverFlags}. */
export const solverSchema: z.ZodType<SolverFlags> = z.strictObject({
  variant: z.enum(DPM_VARIANTS).nullable()
    .describe(`how the solver spends its steps; ${optionHelp("variant")}`),
  order: z.literal([1, 2, 3]).nullable()
    .describe(`order of convergence; ${optionHelp("order")}`),
  grid: z.enum(TIME_GRIDS).nullable()
    .describe(`how times are spaced; ${optionHelp("grid")}`),
  eta: time.nullable()
    .describe(`fraction of the noise of ancestral sampling to add; ${optionHelp("eta")}`),
  t_end: z.number().gt(0).lt(1).nullable()
    .describe(`the last time but 0; ${lastTimeHelp()}`),
  limit: z.enum(CLIPPINGS).nullable()
    .describe("clip the image each step predicts, or threshold it; null: as in training"),
}).describe("how the sampler works; null leaves the choice to it");

/** The flags of {@linkcode GuidanceFlags}. */
export const guidanceSchema: z.ZodType<GuidanceFlags> = z.strictObject({
  scale: z.number().min(0).nullable()
    .describe("cond + scale (cond - uncond); 0: no guidance; null: as in training"),
  interval: z.tuple([time, time]).describe("guide at these times only; noise is time 1"),
  labels: z.array(z.int().min(0)).min(1).nullable()
    .describe("classes of the images, in turn; null: drawn as often as in the data"),
}).describe("what a network with labels, or with texts, is asked for");

/** The sampler's own choices. */
export const SOLVER_DEFAULTS: SolverFlags = {
  variant: null,
  order: null,
  grid: null,
  eta: null,
  t_end: null,
  limit: null,
};

/** Guidance as in training, with labels as they come in the data. */
export const GUIDANCE_DEFAULTS: GuidanceFlags = { scale: null, interval: [0, 1], labels: null };

/** @throws {UsageError} where the interval of guidance runs backwards */
export function checkInterval({ interval: [from, to] }: GuidanceFlags): void {
  if (from <= to) return;
  throw new UsageError(`--guidance.interval: ${from} comes after ${to}; write the smaller first`);
}
