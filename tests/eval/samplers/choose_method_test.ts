import { deepStrictEqual as deepEqual, ok, strictEqual as equal } from "node:assert/strict";
import { vpLinear } from "../../../train/diffusion/vp_linear.ts";
import { type PresetName, presets } from "../../../train/config/presets.ts";
import { processOf } from "../../../train/diffusion/process.ts";
import { usualSampler } from "../../../eval/sampler_settings.ts";
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

/** Times at which a preset's sampler evaluates the network, and the orders of its intervals. */
function spent(preset: PresetName): { times: number[]; orders: number[]; prediction: string } {
  const { process, sample } = presets[preset];
  const { forms, evaluations, prediction } = chooseMethod(
    processOf(process).schedule,
    usualSampler(sample),
  );
  equal(evaluations, 50);
  const times = forms.map(({ t }) => t!);
  // An interval begins with an evaluation of x itself.
  const starts = forms.flatMap(({ input }, i) => Object.keys(input).join() === "x" ? [i] : []);
  return { times, orders: [...starts.slice(1), 50].map((end, i) => end - starts[i]), prediction };
}

Deno.test("the published settings on latents draw as the reference: 16 intervals of order 3, one of 2", () => {
  const published = Object.keys(presets).filter((name) => /^(imagenet|mscoco)/.test(name));
  equal(published.length, 6);
  for (const name of published as PresetName[]) {
    const { times, orders, prediction } = spent(name);
    deepEqual(orders, [...new Array(16).fill(3), 2], name);
    const isContinuous = name.endsWith("large");
    equal(prediction, isContinuous ? "noise" : "data");
    const { lambda } = processOf(presets[name].process).schedule;
    // Times equally far apart; or intervals of lambda, as log_snr has them.
    const at = isContinuous ? times.filter((_, i) => i % 3 === 0).map((t) => lambda(t)) : times;
    const end = isContinuous ? lambda(1e-4) : 1e-3;
    const n = isContinuous ? 17 : 50;
    at.forEach((value, i) => {
      const expected = at[0] + (end - at[0]) * i / n;
      ok(Math.abs(value - expected) < 1e-9, `${name} ${i}: ${value}, not ${expected}`);
    });
  }
});
