import {
  deepStrictEqual as deepEqual,
  ok,
  rejects,
  strictEqual as equal,
} from "node:assert/strict";
import { join } from "node:path";
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

/** MiB that a read takes, in a process of its own: other tests take and free memory in this one. */
async function takenBy(what: "epoch" | "random"): Promise<number> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", import.meta.resolve("./watch_memory.ts"), what],
  }).output();
  equal(code, 0, new TextDecoder().decode(stderr));
  return Number(new TextDecoder().decode(stdout));
}

Deno.test("an epoch of features larger than the bound streams in bounded memory", async () => {
  const most = await takenBy("epoch");
  ok(most < 100, `${most.toFixed(0)} MiB`);
});

Deno.test("100,000 latents, opened and read at random, take some ten bytes each", async () => {
  const grown = await takenBy("random");
  ok(grown < 50, `${grown.toFixed(0)} MiB`);
});
