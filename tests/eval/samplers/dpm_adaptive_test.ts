import { ok, rejects, strictEqual as equal } from "node:assert/strict";
import { Float64Machine } from "../float64_machine.ts";
import { vpLinear } from "../../../train/diffusion/vp_linear.ts";
import { type AdaptiveOptions, dpmAdaptive } from "../../../eval/samplers/dpm_adaptive.ts";
import type { SamplerMachine } from "../../../eval/samplers/program.ts";
import { distance, readGolden } from "../../golden.ts";
import { closedForm } from "../closed_form.ts";

const schedule = vpLinear();
const WIDTH = 48;

/** The closed form, counting its evaluations. */
async function solve(x: ArrayLike<number>, options: AdaptiveOptions, noiseModel = closedForm) {
  let asked = 0;
  const machine = new Float64Machine({
    schedule,
    prediction: options.prediction,
    noiseModel(seen, times) {
      asked++;
      return noiseModel(seen, times);
    },
    x,
    images: x.length / WIDTH,
  });
  const fractions: number[] = [];
  await dpmAdaptive(schedule, options).run(machine, (done) => void fractions.push(done));
  return { x: machine.x, asked, fractions };
}

Deno.test("dpmAdaptive() takes the reference's steps where the batch goes together", async () => {
  const file = await readGolden("dpm_solver");
  const start = file.f32("x_init").data;
  const options = { prediction: "noise", order: 3, together: true } as const;
  const error = distance((await solve(start, options)).x, file.f32("adaptive_order3").data);
  ok(error <= 2e-4, `${error}`);
});

Deno.test("dpmAdaptive() gives an image the same in a batch and alone", async () => {
  const start = (await readGolden("dpm_solver")).f32("x_init").data;
  for (const prediction of ["noise", "data"] as const) {
    for (const order of [2, 3] as const) {
      const both = await solve(start, { prediction, order });
      for (const i of [0, 1]) {
        const alone = await solve(start.slice(i * WIDTH, (i + 1) * WIDTH), { prediction, order });
        ok(distance(alone.x, both.x.subarray(i * WIDTH, (i + 1) * WIDTH)) < 1e-12);
      }
    }
  }
});

Deno.test("dpmAdaptive() comes nearer with a smaller tolerance, for more work", async () => {
  const start = (await readGolden("dpm_solver")).f32("x_init").data;
  const options = { prediction: "noise", order: 3 } as const;
  const exact = await solve(start, { ...options, absolute: 1e-6, relative: 1e-5 });
  const fine = await solve(start, { ...options, absolute: 7.8e-4, relative: 5e-3 });
  const coarse = await solve(start, options);
  ok(distance(fine.x, exact.x) < distance(coarse.x, exact.x) / 3);
  ok(coarse.asked < fine.asked && fine.asked < exact.asked);
  ok(fine.fractions.every((fraction, i) => i === 0 || fraction >= fine.fractions[i - 1]));
  equal(fine.fractions[fine.fractions.length - 1], 1);
});

Deno.test("dpmAdaptive() keeps a step of error 1, and drops one of more for a smaller one", async () => {
  const asked: number[] = [];
  const errors = [1.1, 1, 1e-9, 1e-9];
  const machine: SamplerMachine = {
    images: 1,
    run(step) {
      const [{ t }] = "input" in step ? [step] : step;
      if (t !== null) asked.push(schedule.lambda(t));
      return Promise.resolve();
    },
    errors: () => Promise.resolve([errors.shift()!]),
  };
  await dpmAdaptive(schedule, { prediction: "noise", order: 2 }).run(machine);
  const start = schedule.lambda(1);
  // Each attempt asks at its start and half of the way: 0.05 at first, then 0.9 h E^(-1/2).
  const second = 0.05 * 0.9 / Math.sqrt(1.1);
  const third = second * 0.9;
  ok(
    distance(asked.slice(0, 5), [
      start,
      start + 0.05 / 2,
      start,
      start + second / 2,
      start + second,
    ]) < 1e-9,
  );
  ok(Math.abs(asked[5] - (start + second + third / 2)) < 1e-9);
  equal(errors.length, 0);
});

Deno.test("dpmAdaptive() stops where the network predicts no numbers", async () => {
  const nothing = (x: Float64Array) => x.map(() => NaN);
  await rejects(solve(new Float64Array(WIDTH), { prediction: "noise", order: 2 }, nothing), {
    name: "NotFiniteError",
    message: /^the images are no longer numbers at time 1\.00: [^\n]+$/,
  });
});
