import { deepStrictEqual as deepEqual, match, ok, strictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { latentDecoding } from "../../eval/latents/latent_decoding.ts";
import { sampleCheckpoint, type SampleOptions } from "../../eval/sample_checkpoint.ts";
import { byteTexts } from "../../eval/text/byte_texts.ts";
import { encodeTexts } from "../../eval/text/clip_text_encoder.ts";
import { clipDigest, openClipWeights } from "../../eval/text/clip_weights.ts";
import { openAutoencoder } from "../../train/checkpoints/autoencoder/open_autoencoder.ts";
import { openCheckpoint } from "../../train/checkpoints/open_checkpoint.ts";
import { decodeImage } from "../../train/formats/image.ts";
import { openDevice } from "../device.ts";
import { configJson, inFolder, parameters, tokenizerJson } from "../eval/text/clip_files.ts";
import { tinyConfig } from "../tiny_config.ts";
import { latentRun, writeRun } from "./latent_run.ts";
import { runScript } from "./run_script.ts";

/** The small text encoder's contexts. */
const CLIP = { num_classes: -1, clip_dim: 32, num_clip_token: 16 };
const CLIP_FILES = {
  "clip/model.safetensors": parameters,
  "clip/config.json": configJson,
  "clip/tokenizer.json": tokenizerJson,
};
const LONG = "a b ".repeat(250).trim();

/** Bytes of images `[n, 3, size, size]` in a folder, as the library has them. */
async function imagesIn(folder: string, n: number, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(n * 3 * size ** 2);
  for (let i = 0; i < n; i++) {
    const file = join(folder, `${String(i).padStart(6, "0")}.png`);
    const { rgb, width, height } = await decodeImage(await Deno.readFile(file), file);
    deepEqual([width, height], [size, size]);
    const plane = size ** 2;
    for (let at = 0; at < 3 * plane; at++) {
      bytes[i * 3 * plane + at] = rgb[3 * (at % plane) + Math.floor(at / plane)];
    }
  }
  return bytes;
}

function distance(a: Uint8Array, b: Uint8Array): number {
  equal(a.length, b.length);
  return a.reduce((max, v, i) => Math.max(max, Math.abs(v - b[i])), 0);
}

Deno.test("sample draws from texts of a file in turn, encoded by CLIP's text encoder", async () => {
  await using made = await latentRun({
    nnet: CLIP,
    gain: 4,
    data: { text_encoder: "b".repeat(64) },
  });
  await inFolder(CLIP_FILES, async (folder) => {
    const [clip, out, file] = ["clip", "out", "prompts.txt"].map((name) => join(folder, name));
    await Deno.writeTextFile(file, `\ufeffx y z\r\n\n  ${LONG}\n\r\nx y z\n`);
    const drawing = [
      `--prompts=${file}`,
      "--negative=q",
      `--text_encoder.weights=${clip}`,
      `--autoencoder.weights=${made.vae}`,
      "--scale=1",
      "--steps=3",
      "--n=4",
    ];
    const sample = (...args: string[]) =>
      runScript("sample.ts", `--checkpoint=${made.run}`, `--out=${out}`, ...drawing, ...args);
    const { code, err } = await sample("--batch_size=3");
    equal(code, 0, err);
    match(
      err,
      /^\S+model\.safetensors is not the text encoder that the captions were encoded with: /m,
    );
    equal(
      [...err.matchAll(/has 500 tokens, and the text encoder takes 14: 486 tokens are/g)].length,
      1,
    );

    const prompts = ["x y z", LONG, "x y z"];
    const record = JSON.parse(await Deno.readTextFile(join(out, "sample.json")));
    using weights = await openClipWeights(clip);
    deepEqual(record.texts, { prompts, negative: "q", text_encoder: clipDigest(weights) });
    deepEqual(record.image_prompts, [...prompts, prompts[0]]);
    equal(record.text_encoder_weights, weights.file);

    // The same as the library draws, at once.
    using device = await openDevice();
    using autoencoder = await openAutoencoder(made.vae);
    const before = device.bufferBytes;
    const options: SampleOptions = {
      n: 4,
      scale: 1,
      sampler: "dpm_solver",
      steps: 3,
      texts: await encodeTexts(device, prompts, { weights: clip, negative: "q" }),
      decoding: latentDecoding(autoencoder),
    };
    equal(device.bufferBytes, before);
    const { images } = await sampleCheckpoint(device, await openCheckpoint(made.run), options);
    const drawn = await imagesIn(out, 4, 16);
    ok(distance(drawn, images) <= 1);
    // The last one is of the first text, and would be another of the second.
    const second = await encodeTexts(device, [LONG], { weights: clip, negative: "q" });
    const other = await sampleCheckpoint(device, await openCheckpoint(made.run), {
      ...options,
      texts: second,
    });
    ok(distance(drawn.subarray(3 * 768), other.images.subarray(3 * 768)) > 2);

    // Only what is drawn is encoded.
    await runScript("sample.ts", `--checkpoint=${made.run}`, `--out=${out}2`, ...drawing, "--n=1")
      .then(({ err }) => ok(!/tokens are cut/.test(err), err));

    const { code: judged, out: report, err: said } = await runScript(
      "fid.ts",
      made.run,
      out,
      ...drawing,
      "--metrics=swd",
      "--json",
    );
    equal(judged, 0, said);
    const { a, sliced_wasserstein } = JSON.parse(report);
    ok(sliced_wasserstein < 1e-3, `${sliced_wasserstein}`);
    deepEqual(a.drawn.texts, record.texts);

    const refuses = async (code: number, says: RegExp, ...args: string[]) => {
      const outcome = await sample(...args);
      equal(outcome.code, code, outcome.err);
      match(outcome.err.trimEnd().split("\n").at(-1)!, says);
      ok(!/^ +at /m.test(outcome.err), outcome.err);
    };
    await Deno.writeTextFile(file, "x y\n");
    await refuses(2, /made otherwise \(texts: \{"prompts":\["x y z",".{150,200}\.\. there, /);
    await refuses(2, /^--texts\.prompt: --texts\.prompts names a file .*out$/, "--prompt=x");
    const prompts_in = (name: string) => `--prompts=${join(folder, name)}`;
    await refuses(2, /^--texts\.prompts: \S+clip is a folder; name /, prompts_in("clip"));
    await refuses(2, /^--texts\.prompts: \S+none does not exist; name /, prompts_in("none"));
    await Deno.writeTextFile(file, " \n\n");
    await refuses(2, /^--texts\.prompts: \S+prompts\.txt has no text, and one a line is expected$/);
    await Deno.writeTextFile(file, "x");
    await refuses(2, /^--guidance\.labels: this network draws what texts say, not/, "--labels=1");
    await refuses(
      1,
      /^nowhere: there is no such file or folder; get model\.safetensors and tokenizer\.json .*hugg/,
      "--text_encoder.weights=nowhere",
    );
    const torn = join(folder, "clip", "model.safetensors");
    await Deno.truncate(torn, 50_000);
    await refuses(1, /model\.safetensors is not a valid safetensors file/);
  });
});

Deno.test("sample draws a text that the network reads itself", async () => {
  await using made = await latentRun();
  const run = join(made.folder, "texts");
  const nnet = { ...CLIP, num_clip_token: 4, text_depth: 1, text_heads: 4 };
  await writeRun(tinyConfig({ workdir: run, nnet }), { gain: 4 });
  const out = join(made.folder, "out");
  const sample = (...args: string[]) =>
    runScript("sample.ts", `--checkpoint=${run}`, `--out=${out}`, "--n=2", "--steps=3", ...args);
  const { code, err } = await sample("--prompt= a red circle, please ");
  equal(code, 0, err);
  match(
    err,
    /^"a red circle, please" has 5 tokens, and the network reads 2: 3 tokens are cut off/m,
  );
  const record = JSON.parse(await Deno.readTextFile(join(out, "sample.json")));
  const prompts = ["a red circle, please"];
  deepEqual(record.texts, { prompts, negative: "", text_encoder: null });
  using device = await openDevice();
  const { images } = await sampleCheckpoint(device, await openCheckpoint(run), {
    n: 2,
    sampler: "dpm_solver",
    steps: 3,
    texts: byteTexts(prompts, { tokens: 4 }),
  });
  ok(distance(await imagesIn(out, 2, 8), images) <= 1);
  const { images: others } = await sampleCheckpoint(device, await openCheckpoint(run), {
    n: 2,
    sampler: "dpm_solver",
    steps: 3,
    texts: byteTexts(["blue"], { tokens: 4 }),
  });
  ok(distance(images, others) > 10);

  const refuses = async (says: RegExp, ...args: string[]) => {
    const outcome = await sample(...args);
    equal(outcome.code, 2, outcome.err);
    match(outcome.err, says);
  };
  await refuses(
    /^--texts\.prompt: this network draws what a text says; give one, or .*--texts\.prompts\n$/,
  );
  await refuses(
    /^--texts\.prompt: expected a text that is not empty or null, got " "\n$/,
    "--prompt= ",
  );
  await refuses(
    /^--text_encoder\.weights: this network reads texts itself; leave it out\n$/,
    "--prompt=x",
    "--text_encoder.weights=clip",
  );
  await refuses(
    /^--texts\.prompt: this network was trained without texts; leave it out\n--texts\.negative: .*\n$/,
    `--checkpoint=${made.run}`,
    `--autoencoder.weights=${made.vae}`,
    "--prompt=x",
    "--negative=y",
  );
});
