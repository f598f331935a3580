import { z } from "zod";
import { DEFAULT_PROCESS, type ProcessConfig } from "./process_config.ts";
import { type ScheduleNumbers, SCHEDULES } from "./schedules.ts";
import { TARGETS } from "./targets.ts";

const namesOf = <N extends string>(table: Readonly<Record<N, unknown>>) =>
  Object.keys(table) as N[];

/** The numbers of all schedules, with their defaults. */
const numbers = Object.fromEntries(
  Object.values(SCHEDULES).flatMap(({ fields, defaults }) =>
    Object.entries(fields(z) as Record<string, z.ZodType>).map(([name, field]) => {
      const value = defaults[name as keyof ScheduleNumbers];
      return [name, field.default(value).describe(field.description ?? "")];
    })
  ),
) as { [K in keyof ScheduleNumbers]: z.ZodDefault<z.ZodType<ScheduleNumbers[K]>> };

/** Checks {@linkcode ProcessConfig}; whatever is missing, in part or whole, has its default. */
export const processSchema: z.ZodType<ProcessConfig> = z.strictObject({
  schedule: z.enum(namesOf(SCHEDULES)).default(DEFAULT_PROCESS.schedule)
    .describe("how noise grows with the time t, from 0 to 1"),
  ...numbers,
  timestep: z.number().gt(0).nullable().default(DEFAULT_PROCESS.timestep)
    .describe("the network is given this many times t; null: 999, with vp_discrete beta_steps"),
  target: z.enum(namesOf(TARGETS)).default(DEFAULT_PROCESS.target)
    .describe("what the network predicts; data is the image, velocity alpha noise - sigma image"),
}).describe("the diffusion process, of training and sampling alike").prefault({});
