import { editDistance, nearest } from "../../train/config/nearest.ts";
import { UsageError } from "../../train/config/usage_error.ts";
import { DEFAULT_PROCESS } from "../../train/diffusion/process_config.ts";
import { type ScheduleName, SCHEDULES } from "../../train/diffusion/schedules.ts";
import { ancestralSampler } from "./ancestral.ts";
import { ddimSampler } from "./ddim.ts";
import { dpmSolverPpSampler, dpmSolverSampler } from "./dpm_solver.ts";
import { eulerMaruyamaOdeSampler, eulerMaruyamaSdeSampler } from "./euler_maruyama.ts";
import { heunSampler } from "./heun.ts";
import type { SamplerEntry, SamplerOption } from "./sampler_entry.ts";

/**
 * Every sampler, by the name that `--sampler` and `--sample.algorithm` take. To add one, write its
 * file and list its entry here: names, options, help and errors all come from this table.
 * @category Samplers
 */
export const SAMPLERS: Readonly<Record<string, SamplerEntry>> = {
  dpm_solver: dpmSolverSampler,
  dpm_solver_pp: dpmSolverPpSampler,
  ddim: ddimSampler,
  ddpm: ancestralSampler,
  heun: heunSampler,
  euler_maruyama_ode: eulerMaruyamaOdeSampler,
  euler_maruyama_sde: eulerMaruyamaSdeSampler,
};

// Pure, as the entries above are: a bundle that asks for none by name leaves the table out.
/**
 * The names of all samplers.
 * @category Samplers
 */
export const SAMPLER_NAMES: readonly string[] = /* @__PURE__ */ Object.keys(SAMPLERS);

/**
 * The sampler of a name. @throws {UsageError} where there is none, with the names there are
 * @category Samplers
 */
export function samplerNamed(name: string): SamplerEntry {
  if (Object.hasOwn(SAMPLERS, name)) return SAMPLERS[name];
  const like = nearest(name, SAMPLER_NAMES, editDistance);
  const line = `there is no sampler "${name}", only ${listed(SAMPLER_NAMES)}`;
  throw new UsageError(like === null ? line : `${line}; did you mean ${like}?`);
}

/** The names of the samplers that have an option, as a list in words. */
export function samplersWith(option: SamplerOption): string {
  return listed(namesWith(option));
}

/** What the help says of an option: which samplers have it, and its default for each. */
export function optionHelp(option: SamplerOption): string {
  const names = namesWith(option);
  const defaults = Map.groupBy(names, (name) => {
    const value = SAMPLERS[name].options[option]!;
    return typeof value === "object" ? value.help : String(value);
  });
  if (defaults.size > 1) return `null: ${byDefault(defaults)}`;
  const only = names.length < SAMPLER_NAMES.length ? `${listed(names)} only; ` : "";
  return `${only}null: ${[...defaults.keys()].join()}`;
}

/** What the help says of the last time but 0, which every sampler has. */
export function lastTimeHelp(): string {
  const own = SAMPLER_NAMES.filter((name) => SAMPLERS[name].t_end !== undefined);
  const defaults = Map.groupBy(own, (name) => String(SAMPLERS[name].t_end));
  const schedules = Map.groupBy(
    Object.keys(SCHEDULES) as ScheduleName[],
    (name) => String(SCHEDULES[name].schedule(DEFAULT_PROCESS).t_min),
  );
  return `null: ${byDefault(defaults)}, else the noise schedule's: ${byDefault(schedules)}`;
}

function namesWith(option: SamplerOption): string[] {
  return SAMPLER_NAMES.filter((name) => SAMPLERS[name].options[option] !== undefined);
}

function byDefault(names: ReadonlyMap<string, readonly string[]>): string {
  return Array.from(names, ([value, those]) => `${value} for ${listed(those)}`).join(", ");
}

function listed(names: readonly string[]): string {
  return new Intl.ListFormat("en-GB").format(names);
}
