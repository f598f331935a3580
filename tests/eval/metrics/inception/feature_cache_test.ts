import { deepStrictEqual as deepEqual, strictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { cachedFeatures } from "../../../../eval/metrics/inception/feature_cache.ts";
import type { ImageBatch } from "../../../../eval/image_sets/image_set.ts";

const batch = (...bytes: number[]): ImageBatch => ({
  images: Uint8Array.from(bytes),
  n: bytes.length / 3,
  height: 1,
  width: 1,
});

/** Features that are the images' own bytes, and how often they were asked for. */
function counted(logits: boolean) {
  const calls = { n: 0 };
  const extract = ({ images }: ImageBatch) => {
    calls.n++;
    const pool = Float32Array.from(images, (byte) => byte / 3);
    return Promise.resolve({ pool, logits: logits ? pool.map((value) => -value) : null });
  };
  return { calls, extract };
}

Deno.test("cachedFeatures() computes a batch once per pixels and variant", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const { calls, extract } = counted(false);
    const options = { folder: join(folder, "not", "there"), variant: "a", logits: false };
    const cached = cachedFeatures(extract, options);
    const first = await cached(batch(1, 2, 3));
    deepEqual(await cached(batch(1, 2, 3)), first);
    equal(calls.n, 1);
    await cached(batch(1, 2, 4));
    await cached({ ...batch(1, 2, 3, 4, 5, 6), n: 1, width: 2 });
    await cached(batch(1, 2, 3, 4, 5, 6));
    await cachedFeatures(extract, { ...options, variant: "b" })(batch(1, 2, 3));
    equal(calls.n, 5);
    // Logits that nobody had asked for before.
    const both = counted(true);
    const withLogits = cachedFeatures(both.extract, { ...options, logits: true });
    equal((await withLogits(batch(1, 2, 3))).logits!.length, 3);
    await withLogits(batch(1, 2, 3));
    equal(both.calls.n, 1);
    deepEqual((await cached(batch(1, 2, 3))).pool, first.pool);
    equal(calls.n, 5);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("cachedFeatures() computes again what is damaged: cut, changed, or of another kind", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const { calls, extract } = counted(false);
    const cached = cachedFeatures(extract, { folder, variant: "a", logits: false });
    const whole = await cached(batch(1, 2, 3));
    const [{ name }] = await Array.fromAsync(Deno.readDir(folder));
    const file = join(folder, name);
    const bytes = await Deno.readFile(file);
    const flipped = bytes.slice();
    flipped[bytes.length - 1] ^= 1;
    for (const damaged of [bytes.slice(0, 20), bytes.slice(0, -1), flipped, new Uint8Array()]) {
      await Deno.writeFile(file, damaged);
      const before = calls.n;
      deepEqual(await cached(batch(1, 2, 3)), whole);
      equal(calls.n, before + 1);
      deepEqual(await Deno.readFile(file), bytes);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
