import type { z } from "zod";
import type { NoiseSchedule } from "./noise_schedule.ts";
import { vpCosine } from "./vp_cosine.ts";
import {
  spacedDiscrete,
  VP_DISCRETE,
  vpDiscreteFields,
  type VpDiscreteNumbers,
} from "./vp_discrete.ts";
import { VP_LINEAR, vpLinear, vpLinearFields, type VpLinearNumbers } from "./vp_linear.ts";

/**
 * The numbers of all schedules; each schedule takes its own.
 * @category Diffusion
 */
export interface ScheduleNumbers extends VpLinearNumbers, VpDiscreteNumbers {}

/** A row of {@linkcode SCHEDULES}. */
export interface ScheduleEntry {
  /** Its settings' defaults. */
  readonly defaults: Partial<ScheduleNumbers>;
  /**
   * Its settings, as fields of the configuration's `process` section. They are made with the zod that is
   * given, so that a browser can do without.
   */
  fields(zod: typeof z): { readonly [K in keyof ScheduleNumbers]?: z.ZodType<ScheduleNumbers[K]> };
  /** The schedule with its numbers. */
  schedule(numbers: ScheduleNumbers): NoiseSchedule;
}

/**
 * A name that `--process.schedule` takes.
 * @category Diffusion
 */
export type ScheduleName = "vp_linear" | "vp_cosine" | "vp_discrete";

/** Noise schedules by name. */
export const SCHEDULES: Readonly<Record<ScheduleName, ScheduleEntry>> = {
  vp_linear: { defaults: VP_LINEAR, fields: vpLinearFields, schedule: vpLinear },
  vp_cosine: { defaults: {}, fields: () => ({}), schedule: vpCosine },
  vp_discrete: { defaults: VP_DISCRETE, fields: vpDiscreteFields, schedule: spacedDiscrete },
};
