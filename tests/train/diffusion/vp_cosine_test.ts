import { ok } from "node:assert/strict";
import { vpCosine } from "../../../train/diffusion/vp_cosine.ts";
import { distance, readGolden } from "../../golden.ts";
import { lambdaCases, near } from "../../eval/schedule_checks.ts";

const schedule = vpCosine();

Deno.test("vpCosine() matches the reference", async () => {
  const file = await readGolden("schedules");
  const times = Array.from(file.f32("cosine_t").data);
  const alphas = times.map((t) => schedule.alpha(t) ** 2);
  ok(distance(alphas, file.f32("cosine_cum_alpha").data) < 1e-6);
  const rates = times.map((t) => Math.sqrt(schedule.beta(t)));
  ok(distance(rates, file.f32("cosine_diffusion").data) < 1e-5);
  file.f32("cosine_snr").data.forEach((snr, i) => {
    // Single precision leaves the reference few digits of 1 - alpha^2 near time 0, and of the cosine
    // near time 1.
    const lost = 2 ** -23 / (1 - alphas[i]) + 2 ** -23 / Math.sqrt(alphas[i]);
    near(Math.exp(2 * schedule.lambda(times[i])), snr, lost + 1e-5);
  });
});

Deno.test("vpCosine() is consistent in float64 from time 0 to its end", () => {
  lambdaCases(schedule);
});
