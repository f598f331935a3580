import { deepStrictEqual as deepEqual, ok, strictEqual as equal } from "node:assert/strict";
import { add, affine, cos, mul, reshape, sin, type Tensor } from "../../../engine/mod.ts";
import { Sampler } from "../../../eval/sampler.ts";
import { eulerSteps } from "../../../eval/samplers/euler_maruyama.ts";
import { openDevice } from "../../device.ts";
import { distance, readGolden } from "../../golden.ts";

const FILE = "euler_maruyama_ode_noise_pred";
const TOLERANCE = 2e-4;

/** The closed-form noise model of tests/golden/README.md. */
function closedForm(x: Tensor, timesteps: Tensor): Tensor {
  const t = reshape(affine(timesteps, 1 / 999), [-1, 1, 1, 1]);
  const wave = mul(affine(sin(affine(x, 3)), 0.2), cos(affine(t, 2)));
  return add(mul(x, affine(t, 0.5, 0.3)), wave);
}

Deno.test("eulerSteps() takes the reference's path at every step", async () => {
  const file = await readGolden(FILE);
  const steps = eulerSteps(Number(file.metadata.steps));
  const { shape, data } = file.f32("trace");
  const size = data.length / shape[0];
  let x = Array.from(file.f32("x_init").data);
  equal(shape[0], steps.length + 1);
  ok(distance(x, data.slice(0, size)) <= TOLERANCE);
  for (const [i, { t, x: kept, noise }] of steps.entries()) {
    x = x.map((v) => {
      const prediction = v * (0.3 + 0.5 * t) + 0.2 * Math.sin(3 * v) * Math.cos(2 * t);
      return kept * v + noise * prediction;
    });
    const error = distance(x, data.slice((i + 1) * size, (i + 2) * size));
    ok(error <= TOLERANCE, `step ${i}: ${error}`);
  }
});

Deno.test("Sampler ends where the reference does", async () => {
  using device = await openDevice();
  const file = await readGolden(FILE);
  const { shape, data } = file.f32("x_init");
  using sampler = await Sampler.create(device, shape, closedForm);
  const steps = Number(file.metadata.steps);
  const end = await sampler.sample({ seed: 0, steps, start: data });
  const error = distance(end, file.f32("output").data);
  ok(error <= TOLERANCE, `${error}`);
});

Deno.test("eulerSteps() goes from time 1 over 0.001 to 0", () => {
  const times = eulerSteps(5).map(({ t }) => t);
  ok(distance(times, [1, 0.75025, 0.5005, 0.25075, 0.001]) < 1e-12);
  deepEqual(eulerSteps(1).map(({ t }) => t), [0.001]);
});
