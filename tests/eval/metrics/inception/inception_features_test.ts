import {
  deepStrictEqual as deepEqual,
  ok,
  rejects,
  strictEqual as equal,
  throws,
} from "node:assert/strict";
import {
  FEATURES,
  InceptionExtractor,
  inceptionMemory,
  LOGITS,
} from "../../../../eval/metrics/inception/inception_features.ts";
import { foldBatchNorm } from "../../../../nets/inception.ts";
import { openDevice } from "../../../device.ts";
import { distance, readGolden } from "../../../golden.ts";
import { formulaInception } from "../../../nets/formula_inception.ts";

const weights = foldBatchNorm(formulaInception());
/** `n` images of noise. */
const noise = (n: number, channels: number, height: number, width: number) => ({
  images: Uint8Array.from(
    { length: n * channels * height * width },
    (_, i) => 255 * (0.5 + 0.5 * Math.sin(12.9898 * i) * Math.cos(0.01 * i)),
  ),
  channels,
  height,
  width,
});

Deno.test("InceptionExtractor gives the reference's features, whatever else is in the batch", async () => {
  const file = await readGolden("inception");
  const { data } = file.f32("input");
  const golden = Uint8Array.from(data, (v) => Math.round(v * 255));
  const third = noise(1, 3, 32, 32);
  const batch = { ...third, images: Uint8Array.of(...golden, ...third.images) };
  const seen: number[] = [];
  using device = await openDevice();
  const before = device.bufferBytes;
  using wide = new InceptionExtractor(device, weights, { batch_size: 2, logits: true });
  const { pool, logits } = await wide.extract(batch, (done) => seen.push(done));
  deepEqual(seen, [2, 3]);
  equal(pool.length, 3 * FEATURES);
  equal(logits!.length, 3 * LOGITS);
  const memory = inceptionMemory(device.capabilities, third, { batch_size: 2, logits: true });
  equal(device.bufferBytes - before, memory.bytes);
  // The golden images are not of whole bytes: only nearly the same.
  ok(distance(pool.slice(0, 2 * FEATURES), file.f32("pool2048").data) < 2e-2);

  using narrow = new InceptionExtractor(device, weights, { batch_size: 1 });
  const alone = await narrow.extract(third);
  ok(distance(pool.slice(2 * FEATURES), alone.pool) < 1e-4);
  equal(alone.logits, null);
  // Another size, grey: the same as three equal channels.
  const { images, ...size } = noise(1, 1, 6, 5);
  const grey = await narrow.extract({ images, ...size });
  const rgb = { ...size, channels: 3, images: Uint8Array.of(...images, ...images, ...images) };
  ok(distance(grey.pool, (await narrow.extract(rgb)).pool) < 1e-6);
});

Deno.test("an InceptionExtractor that cannot be made leaves no device memory", async () => {
  using device = await openDevice();
  const name = Object.keys(weights).at(-1)!;
  const short = { ...weights, [name]: weights[name].subarray(1) };
  throws(() => new InceptionExtractor(device, short, { batch_size: 1 }), { name: "ShapeError" });
  equal(device.bufferBytes, 0);
});

Deno.test("InceptionExtractor takes no images, and says which it cannot", async () => {
  using device = await openDevice();
  using extractor = new InceptionExtractor(device, weights, { batch_size: 1 });
  equal((await extractor.extract(noise(0, 3, 8, 8))).pool.length, 0);
  await rejects(extractor.extract(noise(1, 2, 8, 8)), {
    name: "ShapeError",
    message: "inception: images have 3 channels or 1, not 2",
  });
  await rejects(extractor.extract({ ...noise(1, 3, 8, 8), width: 7 }), {
    name: "ShapeError",
    message: "inception: 192 bytes are no whole number of images [3, 8, 7]",
  });
});
