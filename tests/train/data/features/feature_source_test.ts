import { deepStrictEqual as deepEqual, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { batches } from "../../../../train/data/batches.ts";
import { openFeatures } from "../../../../train/data/features/open_features.ts";
import { FeatureWriter } from "../../../../train/data/features/feature_writer.ts";
import { makeFeatures, momentsOf, RECIPE, temporaryFolder } from "./made_features.ts";

const SHARD = "moments_00001.safetensors";

/** Inverts a byte of a file, counted from its end where negative. */
async function damage(path: string, at: number): Promise<void> {
  const bytes = await Deno.readFile(path);
  bytes[at < 0 ? bytes.length + at : at] ^= 0xff;
  await Deno.writeFile(path, bytes);
}

Deno.test("a source of features reads what is asked for alone, and refuses a row that was changed", async () => {
  await using folder = await temporaryFolder();
  await makeFeatures(folder.path, 15);
  using source = await openFeatures(folder.path);
  // Image 9 is the last of the second file; the others are as they were.
  await damage(join(folder.path, SHARD), -100);
  const { data } = await source.read([5, 8, 14]);
  deepEqual(data.subarray(512, 1024), momentsOf(8));
  const message =
    /moments_00001\.safetensors is torn or was changed: row 4 has another checksum; make the/;
  await rejects(source.read([8, 9]), { name: "DatasetError", message });
  await rejects(source.read([15]), { name: "RangeError", message: "no row 15, only 0 to 14" });
});

Deno.test("openFeatures() refuses files that are torn, changed or missing, in one line each", async () => {
  const refused = async (harm: (path: string) => Promise<void>, message: RegExp) => {
    await using folder = await temporaryFolder();
    await makeFeatures(folder.path, 13);
    await harm(folder.path);
    await rejects(openFeatures(folder.path), { name: "DatasetError", message });
  };
  await refused(
    (path) => Deno.truncate(join(path, SHARD), 10_000),
    /^.*moments_00001\.safetensors is torn or was changed: it has 10000 bytes, not \d+; make .*$/,
  );
  await refused(
    (path) => damage(join(path, SHARD), 100),
    /^.*moments_00001\.safetensors is torn or was changed: its head has another checksum; .*$/,
  );
  await refused(
    (path) => Deno.remove(join(path, SHARD)),
    /^.*moments_00001\.safetensors is missing: the features are not whole; copy it again$/,
  );
  await refused(
    (path) => Deno.truncate(join(path, "features.json"), 100),
    /^.*features\.json is torn: it is no JSON; make the features again$/,
  );
  await refused(
    (path) => Deno.writeTextFile(join(path, "features.json"), '{"format": "other"}'),
    /^.*features\.json is no index of features of this version: format: .*$/,
  );
  await refused(
    (path) => Deno.remove(join(path, "features.json")),
    /^.* has neither features\.json nor 0\.npy: it is no folder of features; for image files /,
  );
});

Deno.test("features of other moments, labels or order have another digest", async () => {
  const digestOf = async (images: readonly { moments: Float32Array; label: number }[]) => {
    await using folder = await temporaryFolder();
    const writer = await FeatureWriter.open(folder.path, RECIPE);
    for (const image of images) await writer.add(image);
    await writer.finish();
    using source = await openFeatures(folder.path);
    return [await source.digest(), ...await source.class_digests()];
  };
  const images = [0, 1, 2, 0].map((label, i) => ({ label, moments: momentsOf(i) }));
  const [digest, a, b, c] = await digestOf(images);
  deepEqual(await digestOf(images), [digest, a, b, c]);
  const changed = images.with(1, { label: 1, moments: momentsOf(9) });
  const other = await digestOf(changed);
  ok(other[0] !== digest && other[2] !== b);
  deepEqual([other[1], other[3]], [a, c]);
  const relabelled = await digestOf(images.with(1, { ...images[1], label: 2 }));
  ok(relabelled[0] !== digest && relabelled[2] !== b && relabelled[3] !== c);
  ok((await digestOf([images[3], images[1], images[2], images[0]]))[1] !== a);
});

Deno.test("an epoch of features larger than the bound streams in bounded memory", async () => {
  await using folder = await temporaryFolder();
  // 128 MiB on the disk.
  const [n, shape] = [2048, [8, 64, 64] as const];
  const writer = await FeatureWriter.open(folder.path, { ...RECIPE, shape, dtype: "F16" }, {
    shard_bytes: 1 << 23,
  });
  const moments = momentsOf(0, 8 * 64 * 64);
  for (let i = 0; i < n; i++) await writer.add({ moments, label: 0 });
  await writer.finish();
  using source = await openFeatures(folder.path);
  const walk = batches(source, { seed: 0, random_flip: false });
  const before = Deno.memoryUsage().rss;
  let most = 0;
  for (let sample = 0; sample < n; sample += 16) {
    await walk.at(sample, 16);
    most = Math.max(most, Deno.memoryUsage().rss - before);
  }
  ok(most < 100 * 2 ** 20, `${(most / 2 ** 20).toFixed(0)} MiB`);
});

Deno.test("100,000 latents, opened and read at random, take some ten bytes each", async () => {
  await using folder = await temporaryFolder();
  const n = 100_000;
  const writer = await FeatureWriter.open(folder.path, {
    ...RECIPE,
    shape: [2, 1, 1],
    dtype: "F16",
  }, { shard_bytes: 1 << 15 });
  for (let i = 0; i < n; i++) {
    await writer.add({ moments: Float32Array.of(i % 2048, i >> 11), label: i % 3 });
  }
  await writer.finish();
  const before = Deno.memoryUsage().rss;
  using source = await openFeatures(folder.path);
  deepEqual([source.length, source.class_counts], [n, [33334, 33333, 33333]]);
  const walk = batches(source, { seed: 0, random_flip: false });
  for (let at = 0; at < 4096; at += 256) {
    const { images, labels } = await walk.at(at, 256);
    labels.forEach((label, i) => deepEqual((images[2 * i] + 2048 * images[2 * i + 1]) % 3, label));
  }
  const grown = (Deno.memoryUsage().rss - before) / 2 ** 20;
  ok(grown < 50, `${grown.toFixed(0)} MiB`);
});
