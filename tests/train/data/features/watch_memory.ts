/** Prints the MiB that a folder of features takes to be read; see feature_source_test.ts. */
import { deepStrictEqual as deepEqual } from "node:assert/strict";
import { batches } from "../../../../train/data/batches.ts";
import { FeatureWriter } from "../../../../train/data/features/feature_writer.ts";
import { openFeatures } from "../../../../train/data/features/open_features.ts";
import { momentsOf, RECIPE, temporaryFolder } from "./made_features.ts";

const [what] = Deno.args;
await using folder = await temporaryFolder();
const resident = () => Deno.memoryUsage().rss / 2 ** 20;

if (what === "epoch") {
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
  const before = resident();
  let most = 0;
  for (let sample = 0; sample < n; sample += 16) {
    await walk.at(sample, 16);
    most = Math.max(most, resident() - before);
  }
  console.log(most);
} else {
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
  const before = resident();
  using source = await openFeatures(folder.path);
  deepEqual([source.length, source.class_counts], [n, [33334, 33333, 33333]]);
  const walk = batches(source, { seed: 0, random_flip: false });
  for (let at = 0; at < 4096; at += 256) {
    const { images, labels } = await walk.at(at, 256);
    labels.forEach((label, i) => deepEqual((images[2 * i] + 2048 * images[2 * i + 1]) % 3, label));
  }
  console.log(resident() - before);
}
