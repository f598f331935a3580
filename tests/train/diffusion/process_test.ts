import { deepStrictEqual as deepEqual, ok, strictEqual as equal } from "node:assert/strict";
import { affine, constant, evaluateReference, type Tensor } from "../../../engine/mod.ts";
import { type DiffusedBatch, processOf } from "../../../train/diffusion/process.ts";
import { DEFAULT_PROCESS, type ProcessConfig } from "../../../train/diffusion/process_config.ts";
import { distance, type Golden, readGolden } from "../../golden.ts";

const process = processOf(DEFAULT_PROCESS);

function batchOf(file: Golden): DiffusedBatch {
  const leaf = (name: string) => constant(file.f32(name).data, file.f32(name).shape);
  return { x0: leaf("x0"), t: leaf("t"), noise: leaf("noise") };
}

Deno.test("Process.diffuse() mixes images and noise as the reference does", async () => {
  const file = await readGolden("uvit_cond_scalelong3");
  const [xt] = evaluateReference([process.diffuse(batchOf(file))]);
  ok(distance(xt, file.f32("xt").data) < 1e-6);
});

Deno.test("Process.diffuse() returns the image at time 0 and almost pure noise at time 1", () => {
  const x0 = constant([1, -2, 3, -4], [2, 1, 1, 2]);
  const noise = constant([0.5, 0.5, -0.5, 0.25], [2, 1, 1, 2]);
  const [mixed] = evaluateReference([process.diffuse({ x0, t: constant([0, 1]), noise })]);
  deepEqual([...mixed.slice(0, 2)], [1, -2]);
  const [alpha, sigma] = [process.schedule.alpha(1), process.schedule.sigma(1)];
  ok(alpha < 0.01);
  ok(distance(mixed.slice(2), [3 * alpha - 0.5 * sigma, -4 * alpha + 0.25 * sigma]) < 1e-6);
});

Deno.test("Process.loss() passes 999 t and averages the squared error of the noise", async () => {
  const file = await readGolden("uvit_tiny_scalelong0");
  const asked: Tensor[] = [];
  const loss = process.loss((x, timesteps) => {
    asked.push(x, timesteps);
    return affine(x, 0.5);
  }, batchOf(file));
  const [value, x, timesteps] = evaluateReference([loss, ...asked]);
  ok(distance(x, file.f32("xt").data) < 1e-6);
  ok(distance(timesteps, file.f32("timesteps").data) < 1e-6);
  const noise = file.f32("noise").data;
  const xt = file.f32("xt").data;
  const squares = noise.map((n, i) => (n - 0.5 * xt[i]) ** 2);
  const mean = squares.reduce((sum, v) => sum + v, 0) / squares.length;
  ok(Math.abs(value[0] / mean - 1) < 1e-6);
});

Deno.test("processOf() names what is not the default", () => {
  const nameOf = (config: Partial<ProcessConfig>) =>
    processOf({ ...DEFAULT_PROCESS, ...config }).name;
  equal(nameOf({}), "vp_linear(0.1, 20)");
  equal(nameOf({ timestep: 999 }), "vp_linear(0.1, 20)");
  equal(nameOf({ beta_min: 1, timestep: 1000 }), "vp_linear(1, 20), timestep 1000 t");
  equal(nameOf({ schedule: "vp_cosine", target: "data" }), "vp_cosine, predicts data");
  equal(
    nameOf({ schedule: "vp_discrete", beta_steps: 50, target: "velocity" }),
    "vp_discrete(linear, 0.0001, 0.02, 50), predicts velocity",
  );
});
