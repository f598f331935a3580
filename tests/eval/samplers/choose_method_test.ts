import { strictEqual as equal } from "node:assert/strict";
import { vpLinear } from "../../../train/diffusion/vp_linear.ts";
import { SAMPLER_NAMES } from "../../../eval/samplers/registry.ts";
import type { SamplerSettings } from "../../../eval/samplers/sampler_entry.ts";
import { chooseMethod } from "../../../eval/samplers/choose_method.ts";

const schedule = vpLinear();
const OPEN = { steps: 50, variant: null, order: null, grid: null, eta: null, t_end: null };

const given = (settings: Partial<SamplerSettings>): SamplerSettings => ({
  sampler: "dpm_solver",
  ...OPEN,
  ...settings,
});

Deno.test("chooseMethod() spends the steps it is given, from the first time to the last", () => {
  for (const sampler of SAMPLER_NAMES) {
    for (const steps of [1, 2, 3, 10, 11, 12]) {
      const method = chooseMethod(schedule, given({ sampler, steps }));
      equal(method.evaluations, steps, `${sampler} ${steps}`);
      equal(method.forms[0].t, 1);
    }
  }
  const single = chooseMethod(schedule, given({ variant: "singlestep", order: 3, steps: 11 }));
  equal(single.evaluations, 9);
  equal(chooseMethod(schedule, given({ variant: "adaptive" })).evaluations, null);
});

Deno.test("chooseMethod() ends a multistep solver of few steps by lower orders", () => {
  const m1 = (steps: number) => {
    const { forms } = chooseMethod(schedule, given({ sampler: "dpm_solver_pp", steps }));
    return forms[steps - 1].update.x.m1;
  };
  equal(Math.abs(m1(14)), 0);
  equal(m1(15) !== 0, true);
});
