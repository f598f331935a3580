import { ok, strictEqual as equal } from "node:assert/strict";
import { vpCosine } from "../../../train/diffusion/vp_cosine.ts";
import { vpLinear } from "../../../train/diffusion/vp_linear.ts";
import { ancestral } from "../../../eval/samplers/ancestral.ts";
import { ddim } from "../../../eval/samplers/ddim.ts";
import { dpmSinglestep } from "../../../eval/samplers/dpm_singlestep.ts";
import type { SamplerProgram } from "../../../eval/samplers/program.ts";
import { timeGrid } from "../../../eval/time_grid.ts";
import { distance } from "../../golden.ts";
import { closedForm } from "../closed_form.ts";
import { inFloat64 } from "../in_float64.ts";
import { near } from "../schedule_checks.ts";

const schedule = vpLinear();
const grid = timeGrid("uniform", schedule, { intervals: 9 });

Deno.test("ddim() without noise is DPM-Solver of order 1", async () => {
  const intervals = grid.slice(1).map((t, i) => [grid[i], t]);
  const options = { schedule, noiseModel: closedForm, x: [-2, -0.5, 0.1, 1.5] };
  const one = await inFloat64(ddim(schedule, grid, { eta: 0 }), options);
  const other = await inFloat64(
    dpmSinglestep(schedule, intervals, { prediction: "noise" }),
    options,
  );
  ok(distance(one[9], other[9]) < 1e-12);
});

Deno.test("ddim() with eta 1 is ancestral()", () => {
  const [one, other] = [ddim(schedule, grid, { eta: 1 }), ancestral(schedule, grid)];
  one.steps.forEach(({ t, update: { x } }, i) => {
    equal(t, other.steps[i].t);
    for (const name of ["x", "model", "noise"]) near(x[name], other.steps[i].update.x[name], 1e-9);
  });
});

Deno.test("ddim() and ancestral() keep the right mean and variance when the image is known", () => {
  for (const process of [vpLinear(), vpCosine()]) {
    const times = [...timeGrid("log_snr", process, { intervals: 7 }), 0];
    const programs: SamplerProgram[] = [
      ancestral(process, times),
      ...[0, 0.3, 1].map((eta) => ddim(process, times, { eta })),
    ];
    for (const { steps } of programs) {
      for (const [i, { update: { x } }] of steps.entries()) {
        const [s, t] = [times[i], times[i + 1]];
        // With image 1: x_s has mean alpha_s and variance sigma_s^2.
        near(x.x * process.alpha(s) + x.model, process.alpha(t), 1e-9);
        const variance = (x.x * process.sigma(s)) ** 2 + (x.noise ?? 0) ** 2;
        ok(Math.abs(variance - process.sigma(t) ** 2) < 1e-12);
      }
      const last = steps[steps.length - 1].update.x;
      ok(last.x === 0 && last.model === 1 && (last.noise ?? 0) === 0, "ends with the image");
    }
  }
});
