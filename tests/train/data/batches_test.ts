import assert from "node:assert/strict";
import { byteTokens } from "../../../nets/byte_tokens.ts";
import { batches } from "../../../train/data/batches.ts";
import type { EncodedCaptions, ImageSource } from "../../../train/data/image_source.ts";
import { type InMemorySource, inMemorySource } from "../../../train/data/in_memory_source.ts";

/** N images of 2 channels of 3 x 3 pixels, each byte encoding image and position. */
function numbered(length: number): InMemorySource {
  const images = Uint8Array.from(
    { length: length * 18 },
    (_, i) => Math.floor(i / 18) * 18 + i % 18,
  );
  const labels = Int32Array.from({ length }, (_, i) => i);
  return inMemorySource({
    name: "numbered",
    shape: [2, 3, 3],
    class_names: Array.from(labels, String),
    images,
    labels,
  });
}

/** The same as moments of one channel, each a quarter of the byte, read from nowhere. */
function numberedMoments(length: number): ImageSource<"moments"> {
  const bytes = numbered(length);
  return {
    ...bytes,
    shape: [1, 3, 3],
    dtype: "moments",
    async read(indices) {
      const { data, labels } = await bytes.read(indices);
      return { data: Float32Array.from(data, (v) => v / 4), labels };
    },
  };
}
const still = { seed: 1, random_flip: false };

Deno.test("batches() visits every image once an epoch, in a new order each time", async () => {
  const walk = batches(numbered(13), still);
  const epochs = await Promise.all(
    [0, 1, 2].map(async (epoch) => [...(await walk.at(epoch * 13, 13)).labels]),
  );
  for (const labels of epochs) {
    assert.deepEqual(labels.toSorted((a, b) => a - b), Array.from({ length: 13 }, (_, i) => i));
  }
  assert.equal(new Set(epochs.map(String)).size, 3);
  const other = await batches(numbered(13), { ...still, seed: 2 }).at(0, 13);
  assert.notDeepEqual(other.labels, epochs[0]);
});

Deno.test("batches().at() is a pure function of the sample's number", async () => {
  const data = numbered(13);
  const options = { seed: 9, random_flip: true };
  const whole = await batches(data, options).at(0, 100);
  const walk = batches(data, options);
  for (const sample of [90, 3, 40, 11, 77, 0]) {
    const part = await walk.at(sample, 10);
    assert.deepEqual(part.labels, whole.labels.slice(sample, sample + 10));
    assert.deepEqual(part.images, whole.images.slice(sample * 18, (sample + 10) * 18));
  }
});

Deno.test("batches().at() puts each image's bytes next to its label", async () => {
  const data = numbered(5);
  const { images, labels } = await batches(data, still).at(2, 9);
  labels.forEach((label, i) =>
    assert.deepEqual(
      images.slice(i * 18, (i + 1) * 18),
      data.images.slice(label * 18, (label + 1) * 18),
    )
  );
});

Deno.test("batches() with random_flip mirrors about half of the samples left to right", async () => {
  const data = numbered(8);
  const { images, labels } = await batches(data, { seed: 1, random_flip: true }).at(0, 400);
  let mirrored = 0;
  labels.forEach((label, i) => {
    const shown = [...images.slice(i * 18, (i + 1) * 18)];
    const stored = [...data.images.slice(label * 18, (label + 1) * 18)];
    const mirror = stored.map((_, p) => stored[p - p % 3 + 2 - p % 3]);
    if (shown[0] === mirror[0]) mirrored++;
    assert.deepEqual(shown, shown[0] === mirror[0] ? mirror : stored);
  });
  assert.ok(mirrored > 160 && mirrored < 240, `${mirrored} of 400`);
});

Deno.test("batches() walks over moments as over bytes, and mirrors none", async () => {
  const bytes = await batches(numbered(13), still).at(5, 40);
  const moments = await batches(numberedMoments(13), still).at(5, 40);
  assert.deepEqual(moments.images, Float32Array.from(bytes.images, (v) => v / 4));
  assert.deepEqual(moments.labels, bytes.labels);
  assert.throws(() => batches(numberedMoments(13), { seed: 1, random_flip: true }), {
    name: "DatasetError",
    message: "numbered: latents cannot be mirrored; set dataset.random_flip=false",
  });
});

Deno.test("batches() with captions draws one of each image's at each visit, by the sample's number", async () => {
  // Image i has three captions, whose contexts are 3 i, 3 i + 1 and 3 i + 2.
  const captions: EncodedCaptions = {
    kind: "contexts",
    shape: [1, 1],
    counts: new Array(5).fill(3),
    read: (images, draws) =>
      Promise.resolve(
        Float32Array.from(images, (image, i) => 3 * image + Math.floor(draws[i] / 2 ** 32 * 3)),
      ),
    empty: () => Promise.resolve(Float32Array.of(-1)),
  };
  const source = { ...numbered(5), captions };
  const walk = batches(source, { ...still, conditioning: { kind: "tokens", tokens: 1, width: 1 } });
  const { context, labels, none } = await walk.at(0, 300);
  const counts = [0, 0, 0];
  labels.forEach((label, i) => {
    assert.equal(Math.floor(context![i] / 3), label);
    counts[context![i] % 3]++;
  });
  assert.ok(counts.every((count) => count > 70), `${counts}`);
  assert.deepEqual(none, { context: Float32Array.of(-1) });
  assert.deepEqual((await walk.at(120, 9)).context, context!.slice(120, 129));
  assert.deepEqual(Object.keys(await batches(source, still).at(0, 2)), ["images", "labels"]);
});

Deno.test("batches() gives captions as ids to a network that reads texts, and to no other", async () => {
  const bytes = numbered(2);
  const source = inMemorySource({ ...bytes, texts: [["a"], ["Bcd"]] });
  const conditioning = { kind: "text", tokens: 3, ids: 24, vocabulary: 259 } as const;
  const { text, labels, none } = await batches(source, { ...still, conditioning }).at(0, 8);
  const [a, bcd, empty] = ["a", "bcd", ""].map((text) => byteTokens(text, 3).ids);
  assert.deepEqual([...text!], [...labels].flatMap((label) => [...[a, bcd][label]]));
  assert.deepEqual(none, { text: empty });
  const other = { kind: "tokens", tokens: 4, width: 1 } as const;
  const without = await batches(source, { ...still, conditioning: other }).at(0, 2);
  assert.deepEqual(Object.keys(without), ["images", "labels"]);
});

Deno.test("batches() of one image, and of none", async () => {
  const { labels } = await batches(numbered(1), still).at(7, 3);
  assert.deepEqual(labels, Int32Array.of(0, 0, 0));
  assert.throws(() => batches(numbered(0), still), { name: "DatasetError" });
});
