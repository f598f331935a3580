import type { ScheduleName, ScheduleNumbers } from "./schedules.ts";
import type { TargetName } from "./targets.ts";
import { VP_DISCRETE } from "./vp_discrete.ts";
import { VP_LINEAR } from "./vp_linear.ts";

/**
 * The diffusion process, a configuration's `process` section; each field's meaning and range is its
 * description in `processSchema`.
 * @category Diffusion
 */
export interface ProcessConfig extends ScheduleNumbers {
  /** A name in the table of schedules. */
  schedule: ScheduleName;
  /** What the time is multiplied by for the network; null: the schedule's own. */
  timestep: number | null;
  /** A name in the table of targets. */
  target: TargetName;
}

/**
 * The process of ScaleLong and U-ViT; what other schedules would take, too.
 * @category Diffusion
 */
export const DEFAULT_PROCESS: ProcessConfig = {
  schedule: "vp_linear",
  ...VP_LINEAR,
  ...VP_DISCRETE,
  timestep: null,
  target: "noise",
};
