import { deepStrictEqual as deepEqual, ok, strictEqual as equal } from "node:assert/strict";
import { affine, constant, evaluateReference, type Tensor } from "../../../engine/mod.ts";
import {
  alphaBar,
  beta,
  BETA_MAX,
  BETA_MIN,
  diffuse,
  type DiffusedBatch,
  noisePredictionLoss,
} from "../../../train/diffusion/vp_sde.ts";
import { distance, type Golden, readGolden } from "../../golden.ts";

function batchOf(file: Golden): DiffusedBatch {
  const leaf = (name: string) => constant(file.f32(name).data, file.f32(name).shape);
  return { x0: leaf("x0"), t: leaf("t"), noise: leaf("noise") };
}

Deno.test("alphaBar() is what beta() leaves over", () => {
  deepEqual([beta(0), beta(1)], [BETA_MIN, BETA_MAX]);
  equal(alphaBar(0), 1);
  for (const t of [0.1, 0.5, 1]) {
    const n = 1000;
    let integral = 0;
    for (let i = 0; i < n; i++) integral += beta((i + 0.5) / n * t) * t / n;
    ok(Math.abs(alphaBar(t) / Math.exp(-integral) - 1) < 1e-9);
  }
});

Deno.test("diffuse() mixes images and noise as the reference does", async () => {
  const file = await readGolden("uvit_cond_scalelong3");
  ok(distance(evaluateReference([diffuse(batchOf(file))])[0], file.f32("xt").data) < 1e-6);
});

Deno.test("diffuse() keeps the image at time 0 and next to nothing of it at time 1", () => {
  const x0 = constant([1, -2, 3, -4], [2, 1, 1, 2]);
  const noise = constant([0.5, 0.5, -0.5, 0.25], [2, 1, 1, 2]);
  const [mixed] = evaluateReference([diffuse({ x0, t: constant([0, 1]), noise })]);
  deepEqual([...mixed.slice(0, 2)], [1, -2]);
  const kept = Math.sqrt(alphaBar(1));
  ok(kept < 0.01);
  const left = Math.sqrt(1 - alphaBar(1));
  ok(distance(mixed.slice(2), [3 * kept - 0.5 * left, -4 * kept + 0.25 * left]) < 1e-6);
});

Deno.test("noisePredictionLoss() asks for the noise at 999 t and averages the squared error", async () => {
  const file = await readGolden("uvit_tiny_scalelong0");
  const asked: Tensor[] = [];
  const loss = noisePredictionLoss((x, timesteps) => {
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
