import {
  deepStrictEqual as deepEqual,
  doesNotMatch,
  match,
  notDeepStrictEqual as notDeepEqual,
  ok,
  strictEqual as equal,
} from "node:assert/strict";
import { join } from "node:path";
import { latentDecoding } from "../../eval/latents/latent_decoding.ts";
import { sampleCheckpoint } from "../../eval/sample_checkpoint.ts";
import { openAutoencoder } from "../../train/checkpoints/autoencoder/open_autoencoder.ts";
import { openCheckpoint } from "../../train/checkpoints/open_checkpoint.ts";
import { decodeImage } from "../../train/formats/image.ts";
import { encodeNpy } from "../../train/formats/npy.ts";
import { openDevice } from "../device.ts";
import { writeAutoencoder } from "./autoencoder_file.ts";
import { tinyConfig } from "../tiny_config.ts";
import { latentRun, writeRun } from "./latent_run.ts";
import { runScript } from "./run_script.ts";

const NAMES = ["000000.png", "000001.png", "000002.png"];

async function names(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();
}

async function image(file: string) {
  return await decodeImage(await Deno.readFile(file), file);
}

/** The largest difference of two images of bytes. */
function distance(a: Uint8Array, b: Uint8Array): number {
  equal(a.length, b.length);
  return a.reduce((max, v, i) => Math.max(max, Math.abs(v - b[i])), 0);
}

Deno.test("sample decodes what a run on latents draws, and says by what", async () => {
  await using made = await latentRun();
  using autoencoder = await openAutoencoder(made.vae);
  const out = join(made.folder, "out");
  const draw = (...args: string[]) =>
    runScript(
      "sample.ts",
      `--checkpoint=${made.run}`,
      `--autoencoder.weights=${made.vae}`,
      `--out=${out}`,
      "--labels=0,2",
      "--scale=0",
      "--steps=3",
      ...args,
    );
  const { code, err } = await draw("--n=3", "--batch_size=2", "--trajectory");
  equal(code, 0, err);
  match(err, /3 drawn, .*: the images, grid\.png, trajectory\.png, sample\.json$/m);
  deepEqual(await names(out), [...NAMES, "grid.png", "sample.json", "trajectory.png"]);
  const record = JSON.parse(await Deno.readTextFile(join(out, "sample.json")));
  deepEqual(record.autoencoder, { sha256: autoencoder.sha256(), scale_factor: 0.5 });
  equal(record.autoencoder_weights, made.vae);

  // The same as the library draws, in another batch.
  using device = await openDevice();
  const samples = await sampleCheckpoint(device, await openCheckpoint(made.run), {
    n: 3,
    labels: [0, 2],
    scale: 0,
    sampler: "dpm_solver",
    steps: 3,
    decoding: latentDecoding(autoencoder),
  });
  deepEqual([samples.channels, samples.image_size], [3, 16]);
  for (const [i, name] of NAMES.entries()) {
    const { rgb } = await image(join(out, name));
    const planes = rgb.map((_, at) => rgb[3 * (at % 256) + Math.floor(at / 256)]);
    ok(distance(planes, samples.images.subarray(i * 768, (i + 1) * 768)) <= 1, name);
  }
  // Of its four columns the last is the image, four times as large.
  const strip = await image(join(out, "trajectory.png"));
  deepEqual([strip.width, strip.height], [4 * 66 + 2, 2 * 66 + 2]);
  const first = await image(join(out, NAMES[0]));
  const left = 3 * 66 + 2;
  const corner = Array.from({ length: 16 * 16 * 3 }, (_, at) => {
    const [y, x, c] = [Math.floor(at / 48), Math.floor(at / 3) % 16, at % 3];
    return strip.rgb[((2 + 4 * y) * strip.width + left + 4 * x) * 3 + c];
  });
  ok(distance(Uint8Array.from(corner), Uint8Array.from(first.rgb)) <= 1);

  // What an interrupted command has drawn is decoded, and not drawn again.
  const before = await image(join(out, NAMES[1]));
  await Deno.remove(join(out, NAMES[1]));
  await Deno.mkdir(join(out, "latents"));
  const zeros = encodeNpy({ dtype: "F32", shape: [4, 8, 8], data: new Float32Array(256) });
  await Deno.writeFile(join(out, "latents", "000001.npy"), zeros);
  const resumed = await draw("--n=3");
  equal(resumed.code, 0, resumed.err);
  deepEqual(await names(out), [...NAMES, "grid.png", "sample.json", "trajectory.png"]);
  notDeepEqual((await image(join(out, NAMES[1]))).rgb, before.rgb);
});

Deno.test("sample says which autoencoder latents take, and where it is another than the run's", async () => {
  await using made = await latentRun({
    data: { latents: { autoencoder: "a".repeat(64), scale_factor: 0.5 } },
  });
  const out = join(made.folder, "out");
  const draw = (...args: string[]) =>
    runScript(
      "sample.ts",
      `--checkpoint=${made.run}`,
      `--out=${out}`,
      "--n=1",
      "--steps=2",
      "--scale=0",
      ...args,
    );
  const vae = `--autoencoder.weights=${made.vae}`;
  const { code, err } = await draw(vae, "--scale_factor=0.25");
  equal(code, 0, err);
  match(
    err,
    /^\S+vae\.safetensors is not the autoencoder that the features were made with: images/m,
  );
  match(err, /^the scale factor is 0\.25, and .* trained on latents multiplied by 0\.5: images/m);

  const refuses = async (code: number, says: RegExp, ...args: string[]) => {
    const outcome = await draw(...args);
    equal(outcome.code, code, outcome.err);
    match(outcome.err.trimEnd().split("\n").at(-1)!, says);
    doesNotMatch(outcome.err, /^ +at /m);
  };
  await refuses(
    2,
    /made otherwise \(autoencoder: \{.*"scale_factor":0\.25\} there, .*0\.5\} /,
    vae,
  );
  await refuses(2, /^--autoencoder\.weights: this network draws latents; name .*\(Stable Diff/);
  await refuses(1, /^nowhere: there is no such autoencoder; Sta/, "--autoencoder.weights=nowhere");
  await refuses(
    2,
    /^--solver\.limit: latents have no range of pixels to clip; /,
    vae,
    "--limit=clip",
  );
  const broken = join(made.folder, "broken.safetensors");
  await writeAutoencoder(broken);
  await Deno.truncate(broken, 100_000);
  await refuses(1, /broken\.safetensors is not a valid/, `--autoencoder.weights=${broken}`);
});

Deno.test("sample refuses an autoencoder with other channels, and one for a run on images", async () => {
  await using made = await latentRun({ nnet: { in_chans: 3 } });
  const run = (checkpoint: string, ...args: string[]) =>
    runScript(
      "sample.ts",
      `--checkpoint=${checkpoint}`,
      `--autoencoder.weights=${made.vae}`,
      `--out=${join(made.folder, "out")}`,
      ...args,
    );
  const other = await run(made.run);
  equal(other.code, 2, other.err);
  match(
    other.err,
    /^--autoencoder\.weights: the latents of .* have 4 channels, the network's 3; name .*\n$/,
  );
  const images = join(made.folder, "images");
  await writeRun(tinyConfig({ workdir: images }));
  const needless = await run(images);
  equal(needless.code, 2, needless.err);
  equal(needless.err, "--autoencoder.weights: this network draws images; leave it out\n");
});
