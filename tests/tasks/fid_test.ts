import {
  deepStrictEqual as deepEqual,
  doesNotMatch,
  match,
  ok,
  strictEqual as equal,
} from "node:assert/strict";
import { join } from "node:path";
import { frechetDistance } from "../../eval/metrics/frechet_distance.ts";
import { readReferenceFile } from "../../eval/metrics/statistics_file.ts";
import { latestCheckpoint, saveCheckpoint } from "../../train/checkpoints/checkpoint.ts";
import { shapes } from "../../train/data/shapes.ts";
import { encodePng } from "../../train/formats/image.ts";
import { trainLoop } from "../../train/train_loop.ts";
import { openDevice } from "../device.ts";
import { randomInceptionFile } from "../eval/metrics/inception/random_inception.ts";
import { tinyConfig } from "../tiny_config.ts";
import { runScript } from "./run_script.ts";

const GOLDEN = ["full64", "rank_deficient64"]
  .map((name) => new URL(`../golden/fid_stats_${name}.npz`, import.meta.url).pathname);

async function fid(...args: string[]): Promise<string> {
  const { code, out, err } = await runScript("fid.ts", ...args);
  equal(code, 0, err);
  return out;
}

async function fails(code: number, message: RegExp, ...args: string[]): Promise<void> {
  const { code: found, out, err } = await runScript("fid.ts", ...args);
  deepEqual({ code: found, out }, { code, out: "" }, err);
  match(err, message);
  doesNotMatch(err, /^ +at /m);
}

async function temporary() {
  const folder = await Deno.makeTempDir();
  return {
    at: (name: string) => join(folder, name),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** Writes images of shapes, from the `first` on, as PNG files into a folder. */
async function writeShapes(folder: string, first: number, n: number): Promise<void> {
  const { images } = shapes({ image_size: 12, n: first + n, seed: 0 });
  await Deno.mkdir(folder, { recursive: true });
  for (let i = first; i < first + n; i++) {
    const planes = images.subarray(i * 432, (i + 1) * 432);
    const rgb = Uint8Array.from(planes, (_, at) => planes[at % 3 * 144 + Math.floor(at / 3)]);
    await Deno.writeFile(join(folder, `${String(i).padStart(6, "0")}.png`), encodePng(rgb, 12, 12));
  }
}

Deno.test("deno task fid compares two files of statistics without Inception", async () => {
  const [a, b] = await Promise.all(GOLDEN.map(readReferenceFile));
  const expected = frechetDistance(a.statistics!, b.statistics!);
  const report = JSON.parse(await fid(...GOLDEN, "--json"));
  ok(Math.abs(report.fid - expected) < 1e-9 * expected);
  deepEqual([report.a.n, report.a.statistics_from_file, report.inception], [null, true, null]);
  match(await fid(...GOLDEN), /^FID +\d+\.\d{4}\nA +an unknown number .*of unknown variant/);
  // Whatever their names.
  await using files = await temporary();
  const [renamed, weights] = [files.at("statistics"), files.at("weights.npz")];
  await Deno.copyFile(GOLDEN[0], renamed);
  equal(JSON.parse(await fid(renamed, GOLDEN[1], "--json")).fid, report.fid);
  await Deno.copyFile(new URL("../golden/nnet_half.pth", import.meta.url), weights);
  await fails(
    2,
    /^.*weights\.npz: does not say what its network is; give --preset/,
    weights,
    renamed,
  );
});

Deno.test("deno task fid measures folders, caching features and saving statistics", async () => {
  await using files = await temporary();
  await writeShapes(files.at("a"), 0, 4);
  await writeShapes(files.at("b"), 4, 3);
  await Deno.writeFile(files.at("inception.safetensors"), randomInceptionFile());
  const options = [`--inception=${files.at("inception.safetensors")}`, `--cache=${files.at("c")}`];
  const { code, out, err } = await runScript(
    "fid.ts",
    files.at("a"),
    files.at("b"),
    ...options,
    `--save-stats=${files.at("a.npz")}`,
    "--json",
  );
  equal(code, 0, err);
  match(err, /warning: A has 4 images, .*\n.*warning: B has 3 images/);
  const report = JSON.parse(out);
  ok(report.fid > 1, `${report.fid}`);
  deepEqual([report.a.n, report.b.n], [4, 3]);
  match(report.inception.sha256, /^[0-9a-f]{64}$/);
  match(report.inception.variant, /pytorch-fid/);
  equal((await Array.fromAsync(Deno.readDir(files.at("c")))).length, 2);

  // From here on features are at hand. The same from files, the other way round, renamed.
  const again = JSON.parse(await fid(files.at("b"), files.at("a.npz"), ...options, "--json"));
  ok(Math.abs(again.fid - report.fid) < 1e-5 * report.fid);
  deepEqual([again.b.n, again.b.statistics_from_file], [4, true]);
  match(await fid(files.at("a"), files.at("a.npz"), ...options), /^FID +0\.000\d\n/);

  const all = await fid(files.at("b"), files.at("b"), ...options, "--metrics=fid,kid,swd");
  match(all, /^FID +0\.0000\nKID .*1 subset of 3.*\nsliced Wasserstein +0\.000000 .*no FID/);
});

Deno.test("deno task fid draws from a checkpoint, and reports how", async () => {
  await using files = await temporary();
  const run = files.at("run");
  const config = { ...tinyConfig({ train: { ...tinyConfig().train, n_steps: 4 } }), workdir: run };
  {
    using device = await openDevice();
    await trainLoop(device, config, shapes({ image_size: 8, n: 64, seed: 0 }), {
      hooks: { onCheckpoint: async (c) => void await saveCheckpoint(run, c, 1) },
    });
  }
  // Without B: its own training data.
  const options = ["--metrics=swd", "--n=5", "--steps=3", "--sampler=ddim", "--json"];
  const report = JSON.parse(await fid(run, ...options, "--batch_size=2"));
  equal(report.fid, null);
  ok(report.sliced_wasserstein > 0);
  const { given, n, drawn } = report.a;
  deepEqual([given, n, drawn.ema, drawn.seed, drawn.training_step], [run, 5, true, 0, 4]);
  deepEqual([drawn.sampler.sampler, drawn.sampler.steps, drawn.guidance.scale], ["ddim", 3, 1]);
  deepEqual([report.b.n, report.b.name, report.inception], [64, "coloured shapes", null]);
  // Drawn to files and read again, in other batches, it is the same.
  const wrote = await runScript(
    "sample.ts",
    `--checkpoint=${run}`,
    `--out=${files.at("drawn")}`,
    ...options.slice(1, 4),
  );
  equal(wrote.code, 0, wrote.err);
  const same = JSON.parse(await fid(files.at("drawn"), run, ...options));
  ok(same.sliced_wasserstein < 1e-3, `${same.sliced_wasserstein}`);
  equal(same.a.n, 5);

  // Trained on a folder: its decoded images are the run's, and come last.
  const photos = files.at("photos");
  await writeShapes(photos, 0, 3);
  const of_folder = files.at("of_folder");
  const dataset = { ...config.dataset, name: "folder", path: photos };
  const trained = await latestCheckpoint(run, { onSkip: () => {} });
  await saveCheckpoint(of_folder, { ...trained!, config: { ...config, dataset } }, 1);
  await fid(of_folder, ...options);
  await Deno.stat(join(of_folder, "cache", "images"));
  await Deno.writeTextFile(join(photos, "z.png"), "no image");
  await fails(
    2,
    /^--metrics: fid takes 2 images at least, and there are 1: drawn/,
    of_folder,
    "--n=1",
  );
});

Deno.test("deno task fid refuses in one line what it cannot compare", async () => {
  await using files = await temporary();
  await writeShapes(files.at("a"), 0, 2);
  const a = files.at("a");
  await fails(2, /^expected two things to compare, got 0: .*task fid A B/);
  await fails(2, /^nowhere: there is no such file or folder, .*cifar10:train/, "nowhere", a);
  await fails(2, /^shapes:test: there is no such part/, a, "shapes:test");
  await fails(2, /has no training data to be compared with/, a);
  await fails(
    2,
    /^--metrics: kid cannot be computed from statistics in/,
    a,
    GOLDEN[0],
    "--metrics=kid",
  );
  await fails(
    2,
    /^--metrics: fid takes statistics of the same .*full64\.npz have mu \[64\] and .*, images in .* \[2048\]/,
    GOLDEN[0],
    a,
  );
  await Deno.writeTextFile(join(a, "z.png"), "no image");
  const quick = [a, a, "--metrics=swd"];
  await fails(1, /^1 of 3 images in .*--skip_broken=true:\n.*z\.png is neither a PNG/, ...quick);
  match(await fid(...quick, "--skip-broken"), /^sliced Wasserstein +0\.000000/);
  await Deno.writeFile(join(a, "z.png"), encodePng(new Uint8Array(3), 1, 1));
  await fails(1, /z\.png has 1 x 1 pixels and .*000000\.png 12 x 12.*--image_size=1/, ...quick);
  const inception = join(a, "000000.png");
  await fails(
    1,
    /^.*000000\.png cannot be read as a PyTorch file/,
    a,
    a,
    "--image_size=8",
    `--inception=${inception}`,
  );
});

Deno.test("deno task fid measures what it can, names what it cannot and why, and ends with 3", async () => {
  await using files = await temporary();
  await writeShapes(files.at("a"), 0, 3);
  await writeShapes(files.at("b"), 3, 2);
  const run = (...args: string[]) =>
    runScript("fid.ts", files.at("a"), files.at("b"), "--inception=nowhere", ...args);
  const few = `is takes 10 images at least, and there are 3: images in ${files.at("a")}`;
  const { code, out, err } = await run("--metrics=fid,is,pr,swd", "--json");
  equal(code, 3, err);
  const { fid, sliced_wasserstein, missing } = JSON.parse(out);
  deepEqual([fid, Object.keys(missing).sort()], [null, ["fid", "is", "pr"]]);
  ok(sliced_wasserstein > 0);
  equal(missing.is, few);
  match(missing.pr, /^pr takes 4 images at least, and there are 3: /);
  match(missing.fid, /^fid: cannot read Inception's weights from nowhere/);
  // Said before anything is measured, which may take long.
  ok(err.startsWith("not measured: ") && err.includes(few), err);
  const text = await run("--metrics=is,swd");
  equal(text.code, 3, text.err);
  match(
    text.out,
    /^sliced Wasserstein +0\.\d+ .*\nInception Score of A +not measured: is takes 10 /,
  );
  const none = await run("--metrics=is,pr");
  deepEqual([none.code, none.out], [2, ""]);
  match(none.err, /^--metrics: is takes 10 .*\n--metrics: pr takes 4 .*\n$/);
});

Deno.test("deno task fid --help shows every flag and examples", async () => {
  match(
    await fid("--help"),
    /task fid images cifar10:train[^]*--metrics=fid[^]*--sample\.n/,
  );
});
