import {
  deepStrictEqual as deepEqual,
  notDeepStrictEqual as notDeepEqual,
  ok,
} from "node:assert/strict";
import { evaluateReference, type Shape } from "../../../engine/mod.ts";
import { batchKey } from "../../../train/data/micro_batches.ts";
import { drawnLatents } from "../../../train/diffusion/drawn_batch.ts";
import { processOf } from "../../../train/diffusion/process.ts";
import { DEFAULT_PROCESS } from "../../../train/diffusion/process_config.ts";
import { distance } from "../../golden.ts";

const process = processOf(DEFAULT_PROCESS);

/** Latents and noise of a batch of `n` images of 1 channel of 2 x 4, sample `first` and on. */
function drawn(moments: Float32Array, { n, step, first }: Record<"n" | "step" | "first", number>) {
  const shape: Shape = [n, 1, 2, 4];
  const source = drawnLatents({ scale_factor: 0.25 });
  const { x0, noise } = source(shape, { kind: "none" }, process);
  const key = batchKey(5, step, first);
  return evaluateReference([x0, noise], { moments, key });
}

const MOMENTS = Float32Array.from({ length: 4 * 16 }, (_, i) => Math.sin(7 * i));

Deno.test("drawnLatents() draws scale_factor (mean + exp(logvar / 2) noise), logvar in [-30, 20]", () => {
  const spread = Float32Array.from([0, 2, -2, 20, 50, -30, -80, -9].flatMap((v) => [v, v]));
  // Of one image each: the same noise, seen through mean 0 and log variance 0.
  const flat = new Float32Array(16);
  const wild = Float32Array.from([...MOMENTS.subarray(0, 8), ...spread.subarray(0, 8)]);
  const wilder = Float32Array.from([...MOMENTS.subarray(0, 8), ...spread.subarray(8)]);
  const at = { n: 1, step: 3, first: 2 };
  const noise = drawn(flat, at)[0].map((z) => z / 0.25);
  for (const moments of [wild, wilder]) {
    const expected = Array.from(
      { length: 8 },
      (_, i) => {
        const logvar = Math.min(20, Math.max(-30, moments[8 + i]));
        return 0.25 * (moments[i] + Math.exp(logvar / 2) * noise[i]);
      },
    );
    ok(distance(drawn(moments, at)[0], expected) < 1e-12);
  }
});

Deno.test("drawnLatents() draws anew at each step, apart from the noise, whatever the micro-batches", () => {
  const [whole, noise] = drawn(MOMENTS, { n: 4, step: 7, first: 0 });
  const parts = [0, 2].map((first) =>
    drawn(MOMENTS.subarray(16 * first, 16 * (first + 2)), { n: 2, step: 7, first })[0]
  );
  deepEqual([...parts[0], ...parts[1]], [...whole]);
  notDeepEqual(drawn(MOMENTS, { n: 4, step: 8, first: 0 })[0], whole);
  const [bare, same] = drawn(new Float32Array(64), { n: 4, step: 7, first: 0 });
  deepEqual(same, noise);
  // Two independent normal samples are about sqrt(2) apart.
  const apart = bare.map((z, i) => z / 0.25 - noise[i]);
  ok(Math.sqrt(apart.reduce((sum, d) => sum + d * d, 0) / apart.length) > 0.7);
});
