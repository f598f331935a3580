import { z } from "zod";
import { type ScheduleName, type ScheduleNumbers, SCHEDULES } from "./schedules.ts";
import { type TargetName, TARGETS } from "./targets.ts";

/**
 * The diffusion process, a configuration's `process` section; each field's meaning and range is its
 * description in {@linkcode processSchema}.
 */
export interface ProcessConfig extends ScheduleNumbers {
  /** A name in the table of schedules. */
  schedule: ScheduleName;
  /** What the time is multiplied by for the network; null: the schedule's own. */
  timestep: number | null;
  /** A name in the table of targets. */
  target: TargetName;
}

const namesOf = <N extends string>(table: Readonly<Record<N, unknown>>) =>
  Object.keys(table) as N[];

const numbers = Object.assign({}, ...Object.values(SCHEDULES).map(({ fields }) => fields)) as {
  [K in keyof ScheduleNumbers]: z.ZodDefault<z.ZodType<ScheduleNumbers[K]>>;
};

/** Checks {@linkcode ProcessConfig}; whatever is missing, in part or whole, has its default. */
export const processSchema: z.ZodType<ProcessConfig> = z.strictObject({
  schedule: z.enum(namesOf(SCHEDULES)).default("vp_linear")
    .describe("how noise grows with the time t, from 0 to 1"),
  ...numbers,
  timestep: z.number().gt(0).nullable().default(null)
    .describe("the network is given this many times t; null: 999, with vp_discrete beta_steps"),
  target: z.enum(namesOf(TARGETS)).default("noise")
    .describe("what the network predicts; data is the image, velocity alpha noise - sigma image"),
}).describe("the diffusion process, of training and sampling alike").prefault({});

/** The process of ScaleLong and U-ViT: every default. */
export const DEFAULT_PROCESS: ProcessConfig = processSchema.parse({});
