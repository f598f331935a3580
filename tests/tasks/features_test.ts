import { deepStrictEqual as deepEqual, match, ok, strictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { ImageEncoder } from "../../eval/latents/image_encoder.ts";
import { openAutoencoder } from "../../train/checkpoints/autoencoder/open_autoencoder.ts";
import { autoencoderOf } from "../../train/checkpoints/autoencoder/autoencoder_weights.ts";
import { openFeatures } from "../../train/data/features/open_features.ts";
import { FeatureWriter } from "../../train/data/features/feature_writer.ts";
import { readFeatureIndex } from "../../train/data/features/feature_index.ts";
import { consecutive } from "../../train/data/image_source.ts";
import { shapes } from "../../train/data/shapes.ts";
import { encodePng } from "../../train/formats/image.ts";
import { encodeSafetensors } from "../../train/formats/safetensors.ts";
import { openDevice } from "../device.ts";
import { configJson, parameters, tokenizerJson } from "../eval/text/clip_files.ts";
import { distance } from "../golden.ts";
import { temporaryFolder } from "../train/data/features/made_features.ts";
import { golden, writeAutoencoder } from "./autoencoder_file.ts";
import { runScript } from "./run_script.ts";

const SIZE = 16;
const { images } = shapes({ image_size: SIZE, n: 6, seed: 1 });
/** `[3, SIZE, SIZE]` of image `i`. */
const pixelsOf = (i: number) => images.subarray(i * 3 * SIZE ** 2, (i + 1) * 3 * SIZE ** 2);

/** Writes images `from` to `to - 1` as files. */
async function writeImages(folder: string, from: number, to: number): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  for (let i = from; i < to; i++) {
    const planes = pixelsOf(i);
    const rgb = planes.map((_, at) => planes[at % 3 * SIZE ** 2 + Math.floor(at / 3)]);
    await Deno.writeFile(join(folder, `${i}.png`), encodePng(rgb, SIZE, SIZE));
  }
}

Deno.test("features encodes images by class, both flips, and goes on where it was killed", async () => {
  await using folder = await temporaryFolder();
  const [photos, vae, out, killed] = ["photos", "vae.safetensors", "out", "killed"]
    .map((name) => join(folder.path, name));
  await writeAutoencoder(vae);
  await writeImages(join(photos, "cat"), 0, 4);
  await writeImages(join(photos, "dog"), 4, 6);
  const run = (to: string, ...args: string[]) =>
    runScript(
      "features.ts",
      photos,
      `--out=${to}`,
      `--autoencoder=${vae}`,
      `--image_size=${SIZE}`,
      "--flips",
      "--dtype=f32",
      "--scale_factor=0.25",
      "--batch_size=2",
      ...args,
    );
  const whole = await run(out);
  equal(whole.code, 0, whole.err);
  match(
    whole.err,
    /^12 images, .* Left .*features\.json\nto train: (?:deno|npx -y deno@\S+) task train --dataset\./m,
  );
  using source = await openFeatures(out);
  deepEqual(
    [source.length, source.shape, source.class_names, source.class_counts],
    [12, [4, 8, 8], ["cat", "dog"], [8, 4]],
  );
  using autoencoder = await openAutoencoder(vae);
  deepEqual(source.latents, { scale_factor: 0.25, autoencoder: autoencoder.sha256() });
  const { data, labels } = await source.read(consecutive(0, 12));
  deepEqual([...labels], [0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1]);

  using device = await openDevice();
  using encoder = await ImageEncoder.open(device, autoencoderOf(golden.config, golden.values()), {
    batch: 2,
  });
  // Image 1 as it is, and mirrored.
  const floats = Float32Array.from(pixelsOf(1), (v) => v / 127.5 - 1);
  const both = new Float32Array(2 * floats.length);
  both.set(floats);
  both.set(floats.map((_, at) => floats[at - at % SIZE + SIZE - 1 - at % SIZE]), floats.length);
  const moments = await encoder.encode(both, { height: SIZE, width: SIZE });
  const each = moments.length / 2;
  ok(distance(data.subarray(each, 2 * each), moments.subarray(0, each)) < 1e-6);
  ok(distance(data.subarray(7 * each, 8 * each), moments.subarray(each)) < 1e-6);

  // What a kill leaves: whole files of some images, and no more.
  const { complete: _, skipped: __, shards: ___, contexts: ____, ...recipe } =
    (await readFeatureIndex(out))!;
  const writer = await FeatureWriter.open(killed, recipe);
  for (let i = 0; i < 5; i++) {
    await writer.add({ moments: data.subarray(i * each, (i + 1) * each), label: labels[i] });
  }
  await writer.flush();
  const resumed = await run(killed);
  equal(resumed.code, 0, resumed.err);
  match(resumed.err, /^going on after 5 of 12 images$/m);
  using again = await openFeatures(killed);
  deepEqual(await again.digest(), await source.digest());
  const done = await run(killed, `--npy=${join(folder.path, "npy")}`);
  match(done.err, /has the features of 12 images already\n(?:.*\n)*Left .*npy, 12 images\n$/);
  using reference = await openFeatures(join(folder.path, "npy"));
  deepEqual((await reference.read(consecutive(0, 12))).data, data);
  const other = await run(killed, "--scale_factor=0.5");
  equal(other.code, 1);
  match(other.err, /is of other features; choose another folder, .*\n {2}autoencoder: .*0\.5}$/m);
});

Deno.test("features encodes captions once each, and leaves out what is broken where it may", async () => {
  await using folder = await temporaryFolder();
  const [photos, vae, clip, out] = ["photos", "vae.safetensors", "clip", "out"]
    .map((name) => join(folder.path, name));
  await writeAutoencoder(vae);
  await Deno.mkdir(clip);
  await Deno.writeFile(join(clip, "model.safetensors"), encodeSafetensors(parameters));
  await Deno.writeTextFile(join(clip, "config.json"), configJson);
  await Deno.writeTextFile(join(clip, "tokenizer.json"), tokenizerJson);
  await writeImages(photos, 0, 3);
  for (const [i, text] of ["a b", "c\na b", "d"].entries()) {
    await Deno.writeTextFile(join(photos, `${i}.txt`), text);
  }
  const run = (...args: string[]) =>
    runScript(
      "features.ts",
      photos,
      `--out=${out}`,
      `--autoencoder=${vae}`,
      `--image_size=${SIZE}`,
      "--batch_size=2",
      ...args,
    );
  const without = await run();
  deepEqual([without.code, without.err.split("\n").length], [2, 2], without.err);
  match(without.err, /^--text_encoder: .* has captions; name what encodes them, or leave them out/);

  await Deno.writeTextFile(join(photos, "1.png"), "no image");
  const broken = await run(`--text_encoder=${clip}`);
  equal(broken.code, 1, broken.err);
  match(broken.err, /1\.png is neither a PNG.*; to go on without it add --skip_broken/m);
  const { code, err } = await run(`--text_encoder=${clip}`, "--skip_broken");
  equal(code, 0, err);
  match(err, /^going on after 1 of 3 images$/m);
  match(err, /^left out: .*1\.png is neither a PNG/m);
  match(err, /^2 images, 1 left out, /m);
  const index = (await readFeatureIndex(out))!;
  deepEqual(
    [index.skipped, index.shards.length, index.contexts.map(({ n }) => n), index.dtype],
    [1, 2, [2, 1], "F16"],
  );
  using source = await openFeatures(out);
  deepEqual([source.length, source.class_names], [2, ["photos"]]);
  const captions = source.captions!;
  ok(captions.kind === "contexts");
  const contexts = await captions.read([0, 1], [0, 0]);
  ok(contexts.some((value) => value !== 0));
  const [tokens, width] = captions.shape;
  equal(contexts.length, 2 * tokens * width);
});

Deno.test("features says in lines what its command line lacks", async () => {
  const { code, err } = await runScript(
    "features.ts",
    "--image_size=256",
    "--captions=none",
    "--coco=a",
  );
  equal(code, 2);
  const lines = err.trimEnd().split("\n");
  deepEqual(lines.map((line) => /^(--\w+|name)/.exec(line)?.[0]), [
    "name",
    "--out",
    "--autoencoder",
    "--coco",
  ]);
});
