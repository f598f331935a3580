import type { NoiseSchedule } from "../../train/diffusion/noise_schedule.ts";
import { completeSettings } from "../sampler_settings.ts";
import type { SamplerMethod } from "./program.ts";
import { samplerNamed } from "./registry.ts";
import type { CompleteSettings, SamplerSettings } from "./sampler_entry.ts";

/**
 * The method that settings name. DDIM and ancestral sampling end at time 0, with the last image
 * predicted; the others where their grid ends.
 *
 * @throws {UsageError} as {@linkcode completeSettings}
 * @category Samplers
 */
export function chooseMethod(schedule: NoiseSchedule, settings: SamplerSettings): SamplerMethod {
  const complete = completeSettings(schedule, settings);
  return samplerNamed(complete.sampler).method(schedule, complete as CompleteSettings);
}
