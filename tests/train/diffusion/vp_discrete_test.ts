import { ok, throws } from "node:assert/strict";
import {
  linearBetas,
  scaledLinearBetas,
  vpDiscrete,
} from "../../../train/diffusion/vp_discrete.ts";
import { distance, readGolden } from "../../golden.ts";
import { lambdaCases, near } from "../../eval/schedule_checks.ts";

Deno.test("scaledLinearBetas() are Stable Diffusion's, linearBetas() those of DDPM", async () => {
  const file = await readGolden("dpm_solver_pp_discrete");
  ok(distance(scaledLinearBetas(), file.f32("betas").data) < 1e-6);
  const betas = linearBetas({ n: 5 });
  ok(distance(betas, [1e-4, 0.005075, 0.01005, 0.015025, 0.02]) < 1e-12);
});

Deno.test("vpDiscrete() has the product of 1 - beta at its steps", () => {
  const schedule = vpDiscrete([0.1, 0.2, 0.3, 0.4], "four");
  near(schedule.alpha(0.25) ** 2, 0.9, 1e-14);
  near(schedule.alpha(0.75) ** 2, 0.9 * 0.8 * 0.7, 1e-14);
  near(schedule.alpha(0.625) ** 2, 0.9 * 0.8 * Math.sqrt(0.7), 1e-14);
  near(schedule.beta(0.6), -4 * Math.log(0.7), 1e-14);
  near(schedule.timestep(0.75), 3, 1e-14);
});

Deno.test("vpDiscrete() is consistent in float64, also between its steps", () => {
  for (const betas of [linearBetas(), scaledLinearBetas()]) lambdaCases(vpDiscrete(betas, "it"));
});

Deno.test("vpDiscrete() refuses rates outside (0, 1)", () => {
  throws(() => vpDiscrete([0.1, 1], "mine"), {
    name: "RangeError",
    message: "mine: rate 1 is 1; rates lie between 0 and 1",
  });
});

Deno.test("vpDiscrete() has Stable Diffusion's products and what the reference puts between them", async () => {
  const file = await readGolden("discrete_schedule");
  const betas = scaledLinearBetas();
  ok(distance(betas, file.f64("betas")) < 1e-12);
  const schedule = vpDiscrete(betas, "it");
  const of = (f: (t: number) => number, times: readonly number[]) => times.map(f);
  const steps = Array.from({ length: 1001 }, (_, n) => n / 1000);
  ok(distance(of((t) => schedule.alpha(t) ** 2, steps), file.f64("cum_alphas")) < 1e-12);
  const times = file.f64("t");
  ok(distance(of(schedule.logAlpha, times), file.f64("log_alpha")) < 1e-12);
  ok(distance(of(schedule.lambda, times), file.f64("lambda_")) < 1e-12);
});
