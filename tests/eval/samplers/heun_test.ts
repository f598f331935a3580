import { deepStrictEqual as deepEqual, ok } from "node:assert/strict";
import { vpLinear } from "../../../train/diffusion/vp_linear.ts";
import { ddim } from "../../../eval/samplers/ddim.ts";
import { heun } from "../../../eval/samplers/heun.ts";
import { distance } from "../../golden.ts";
import { closedForm } from "../closed_form.ts";
import { inFloat64 } from "../in_float64.ts";

const schedule = vpLinear();
const options = { schedule, noiseModel: closedForm, x: [-2, -0.5, 0.1, 1.5] };

Deno.test("heun() averages the noise at both ends of an interval", async () => {
  const [s, t] = [0.7, 0.4];
  const ratio = (at: number) => schedule.sigma(at) / schedule.alpha(at);
  const path = await inFloat64(heun(schedule, [s, t], { euler_last: false }), options);
  const x = Float64Array.from(options.x);
  const scaled = x.map((v) => v / schedule.alpha(s));
  const first = closedForm(x, [s]);
  const h = ratio(t) - ratio(s);
  const u = scaled.map((v, i) => (v + h * first[i]) * schedule.alpha(t));
  const second = closedForm(u, [t]);
  const expected = scaled.map((v, i) => (v + h * (first[i] + second[i]) / 2) * schedule.alpha(t));
  ok(distance(path[2], expected) < 1e-12);
});

Deno.test("heun() asks the network twice per interval, and once for a last Euler step", async () => {
  const grid = [1, 0.5, 0.1];
  const times = (euler_last: boolean) =>
    heun(schedule, grid, { euler_last }).steps.map(({ t }) => t);
  deepEqual(times(false), [1, 0.5, 0.5, 0.1]);
  deepEqual(times(true), [1, 0.5, 0.5]);
  const one = await inFloat64(heun(schedule, [1, 0.5], { euler_last: true }), options);
  const other = await inFloat64(ddim(schedule, [1, 0.5], { eta: 0 }), options);
  ok(distance(one[1], other[1]) < 1e-12);
});
