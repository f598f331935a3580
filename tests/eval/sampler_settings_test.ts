import { deepStrictEqual as deepEqual, strictEqual as equal, throws } from "node:assert/strict";
import { vpLinear } from "../../train/diffusion/vp_linear.ts";
import { completeSettings } from "../../eval/sampler_settings.ts";
import type { SamplerSettings } from "../../eval/samplers/sampler_entry.ts";

const schedule = vpLinear();
const OPEN = { steps: 50, variant: null, order: null, grid: null, eta: null, t_end: null };

const given = (settings: Partial<SamplerSettings>): SamplerSettings => ({
  sampler: "dpm_solver",
  ...OPEN,
  ...settings,
});

Deno.test("completeSettings() makes the choices left to the sampler", () => {
  const complete = (settings: Partial<SamplerSettings>) => {
    const { sampler: _, steps: __, ...choices } = completeSettings(schedule, given(settings));
    return choices;
  };
  const none = { variant: null, order: null, grid: null, eta: null, t_end: 1e-4 };
  const fast = { ...none, variant: "fast", order: 3, grid: "log_snr" };
  deepEqual(complete({}), fast);
  deepEqual(complete({ steps: 2 }), { ...fast, order: 2 });
  deepEqual(complete({ order: 2, grid: "karras", t_end: 0.01 }), {
    ...fast,
    order: 2,
    grid: "karras",
    t_end: 0.01,
  });
  deepEqual(complete({ steps: 1 }), { ...fast, order: 1 });
  deepEqual(complete({ variant: "adaptive", steps: 1 }), {
    ...none,
    variant: "adaptive",
    order: 3,
  });
  deepEqual(complete({ sampler: "dpm_solver_pp" }), { ...fast, variant: "multistep", order: 2 });
  deepEqual(complete({ sampler: "ddim" }), { ...none, grid: "uniform", eta: 0 });
  deepEqual(complete({ sampler: "ddpm" }), { ...none, grid: "uniform" });
  deepEqual(complete({ sampler: "heun" }), { ...none, grid: "karras" });
  deepEqual(complete({ sampler: "euler_maruyama_sde" }), { ...none, t_end: 1e-3 });
});

Deno.test("completeSettings() says in a line what a sampler does not have", () => {
  const refuses = (settings: Partial<SamplerSettings>, ...problems: RegExp[]) =>
    throws(() => completeSettings(schedule, given(settings)), (error: Error) => {
      const lines = error.message.split("\n");
      equal(error.name, "UsageError");
      equal(lines.length, problems.length);
      return problems.every((problem, i) => problem.test(lines[i]));
    });
  refuses({ sampler: "heun", order: 2, eta: 0.5 }, /^order: heun has none/, /^eta: heun has/);
  refuses(
    { sampler: "euler_maruyama_ode", grid: "karras" },
    /^grid: euler_maruyama_ode has none/,
  );
  refuses({ sampler: "ddpm", variant: "fast" }, /^variant: ddpm has none, only dpm_solver and/);
  refuses(
    { variant: "adaptive", order: 1 },
    /^order: adaptive compares two orders; take 2 or 3$/,
  );
  refuses({ variant: "adaptive", grid: "uniform" }, /^grid: adaptive finds its own times/);
  refuses({ order: 3, steps: 2 }, /^steps: an interval of order 3 takes 3 steps, not 2$/);
  refuses(
    { variant: "slow" as never, grid: "even" as never },
    /^variant: there is no "slow", only fast, singlestep, multistep, adaptive$/,
    /^grid: there is no "even", only log_snr, uniform, quadratic, karras$/,
  );
  refuses({ t_end: 1 }, /^t_end: 1 is not before the first time, 1$/);
});
