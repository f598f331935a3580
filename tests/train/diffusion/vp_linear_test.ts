import { ok } from "node:assert/strict";
import { lambdaCases, near } from "../../eval/schedule_checks.ts";
import { vpLinear } from "../../../train/diffusion/vp_linear.ts";
import { distance, readGolden } from "../../golden.ts";

const schedule = vpLinear();

Deno.test("vpLinear() matches the reference", async () => {
  const file = await readGolden("schedules");
  const times = Array.from(file.f32("t").data);
  const same = (name: string, f: (t: number) => number, at = times) => {
    const error = distance(at.map(f), file.f32(name).data);
    ok(error < 3e-5, `${name}: ${error}`);
  };
  same("cum_alpha", (t) => schedule.alpha(t) ** 2);
  same("cum_beta", (t) => schedule.sigma(t) ** 2);
  same("snr", (t) => (schedule.alpha(t) / schedule.sigma(t)) ** 2);
  same("nsr", (t) => (schedule.sigma(t) / schedule.alpha(t)) ** 2);
  same("beta", schedule.beta);
  same("log_alpha", schedule.logAlpha);
  same("std", schedule.sigma);
  same("lambda_", schedule.lambda);
  same("inverse_lambda", schedule.inverseLambda, Array.from(file.f32("lambda_").data));
});

Deno.test("vpLinear() is consistent in float64 from time 0 to 1", () => {
  lambdaCases(schedule);
  near(schedule.alpha(1), Math.exp(-5.025), 1e-14);
});

Deno.test("vpLinear() accepts other rates", () => {
  const { beta, alpha } = vpLinear({ beta_min: 1, beta_max: 3 });
  near(beta(0.5), 2, 1e-14);
  near(alpha(1), Math.exp(-1), 1e-14);
});
