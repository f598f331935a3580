import assert from "node:assert/strict";
import type { Device } from "../../../engine/device.ts";
import { evaluate } from "../../../engine/evaluate.ts";
import { input } from "../../../engine/leaves.ts";
import { randomNormal, randomUniform } from "../../../engine/ops/random.ts";
import type { Shape } from "../../../engine/tensor.ts";
import { openDevice } from "../../device.ts";

interface Draw {
  readonly shape: Shape;
  readonly seed?: number;
  readonly step?: number;
  readonly first?: number;
  readonly stream?: number;
}

function draw(
  device: Device,
  random: typeof randomNormal,
  { shape, seed = 1, step = 0, first = 0, stream = 0 }: Draw,
): Promise<Float32Array> {
  const key = input("key", [4], "u32");
  const words = Uint32Array.of(seed, 0, step, first);
  return evaluate(random(key, shape, stream), { key: words }, device);
}

/** The mean of `f` over a sample. */
const mean = (x: Float32Array, f: (v: number, i: number) => number): number =>
  x.reduce((sum, v, i) => sum + f(v, i), 0) / x.length;

Deno.test("randomNormal() has the moments of a standard normal distribution", async () => {
  using device = await openDevice();
  const x = await draw(device, randomNormal, { shape: [64, 4096] });
  // Bounds are five standard errors of a sample of 2^18.
  const bound = 5 / Math.sqrt(x.length);
  const near = (value: number, expected: number, deviation: number) =>
    assert.ok(Math.abs(value - expected) < bound * deviation, `${value} is not near ${expected}`);
  near(mean(x, (v) => v), 0, 1);
  near(mean(x, (v) => v ** 2), 1, Math.sqrt(2));
  near(mean(x, (v) => v ** 3), 0, Math.sqrt(15));
  near(mean(x, (v) => v ** 4), 3, Math.sqrt(96));
  near(mean(x, (v) => Number(Math.abs(v) > 2)), 0.0455, Math.sqrt(0.0455));
  for (const lag of [1, 2, 3, 4, 4096]) near(mean(x, (v, i) => v * (x[i + lag] ?? 0)), 0, 1);
});

Deno.test("randomUniform() is in [0, 1), uniform, and a multiple of 2^-24", async () => {
  using device = await openDevice();
  const x = await draw(device, randomUniform, { shape: [4, 16384] });
  assert.ok(x.every((v) => v >= 0 && v < 1 && Number.isInteger(v * 2 ** 24)));
  const bins = new Array<number>(16).fill(0);
  for (const v of x) bins[Math.floor(v * 16)]++;
  for (const n of bins) assert.ok(Math.abs(n - 4096) < 5 * Math.sqrt(4096), `${bins}`);
});

Deno.test("randomNormal() does not depend on how a batch is split", async () => {
  using device = await openDevice();
  const whole = await draw(device, randomNormal, { shape: [6, 3, 5], first: 10 });
  const parts = [
    await draw(device, randomNormal, { shape: [1, 3, 5], first: 10 }),
    await draw(device, randomNormal, { shape: [5, 15], first: 11 }),
  ];
  assert.deepEqual([...whole], parts.flatMap((part) => [...part]));
});

Deno.test("randomNormal() changes with seed, step and stream, and with nothing else", async () => {
  using device = await openDevice();
  const shape = [2, 8];
  const first = await draw(device, randomNormal, { shape });
  assert.deepEqual(await draw(device, randomNormal, { shape }), first);
  for (const change of [{ seed: 2 }, { step: 1 }, { stream: 1 }, { first: 2 }]) {
    const other = await draw(device, randomNormal, { shape, ...change });
    assert.ok(other.every((v, i) => v !== first[i]), JSON.stringify(change));
  }
});
