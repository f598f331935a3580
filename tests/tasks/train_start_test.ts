/**
 * Starts of `train` on a folder of photos. `TRAIN_START_IMAGES=20000` measures them on that many
 * files of 640 x 480 instead, and prints the times.
 */

import { doesNotMatch, match, ok, strictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
// deno-lint-ignore no-import-prefix -- for this test alone, which writes photos
import { encode } from "npm:jpeg-js@0.4.4";
import { type Outcome, runScript } from "./run_script.ts";

const MEASURED = Number(Deno.env.get("TRAIN_START_IMAGES") ?? 0);
const [WIDTH, HEIGHT] = MEASURED ? [640, 480] : [64, 48];
const CLASSES = ["cat", "dog", "ship"];
/** Files whose content differs; the others are links to them. */
const DIFFERENT = 6;

const TINY = [
  "--img_size=64",
  "--image_size=64",
  "--patch_size=16",
  "--embed_dim=32",
  "--depth=2",
  "--num_heads=2",
  "--batch_size=2",
  "--n_samples=1",
  "--sample_steps=2",
  "--num_classes=4",
];

/** Processor time of the processes that this one has waited for; 0 where it is not measured. */
function childrenSeconds(): number {
  if (!MEASURED) return 0;
  const fields = Deno.readTextFileSync("/proc/self/stat").split(") ")[1].split(" ");
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

/** A photo's worth of edges and gradients. */
function photo(seed: number): Uint8Array {
  const data = new Uint8Array(4 * WIDTH * HEIGHT);
  for (let p = 0; p < WIDTH * HEIGHT; p++) {
    const [x, y] = [p % WIDTH, Math.floor(p / WIDTH)];
    const value = 128 + 60 * Math.sin((x + seed * 7) / 9) + 60 * Math.cos(y * (seed + 1) / 31);
    data.set([value, 255 - value, (x ^ y) & 255, 255], 4 * p);
  }
  return encode({ data, width: WIDTH, height: HEIGHT }, 85).data;
}

async function photos(folder: string, n: number): Promise<void> {
  const hidden = join(folder, ".originals");
  await Deno.mkdir(hidden, { recursive: true });
  for (let i = 0; i < DIFFERENT; i++) await Deno.writeFile(join(hidden, `${i}.jpg`), photo(i));
  for (const [k, name] of CLASSES.entries()) {
    await Deno.mkdir(join(folder, name));
    for (let i = k; i < n; i += CLASSES.length) {
      const target = join("..", ".originals", `${i % DIFFERENT}.jpg`);
      await Deno.symlink(target, join(folder, name, `${String(i).padStart(6, "0")}.jpg`));
    }
  }
}

Deno.test("train lists a folder before it decodes, and decodes it once for all starts", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const n = MEASURED || 12;
    const images = join(folder, "images");
    await photos(images, n);
    const start = async (what: string, ...args: string[]): Promise<Outcome & { s: number }> => {
      const [begun, cpu] = [performance.now(), childrenSeconds()];
      const outcome = await runScript(
        "train.ts",
        ...TINY,
        "--dataset.name=folder",
        `--dataset.path=${images}`,
        `--workdir=${join(folder, "run")}`,
        ...args,
      );
      const s = (performance.now() - begun) / 1000;
      if (MEASURED) {
        const used = childrenSeconds() - cpu;
        console.log(`${what}: ${s.toFixed(2)} s, ${used.toFixed(2)} s of processor time`);
      }
      return { ...outcome, s };
    };

    const wrong = await start("wrong class count", "--num_classes=9");
    equal(wrong.code, 2, wrong.err);
    match(wrong.err, /^--nnet\.num_classes: folder has 3 classes/);
    const first = await start("first start", "--n_steps=1");
    equal(first.code, 0, first.err);
    const each = (n / 3).toLocaleString("en", { maximumFractionDigits: 0 });
    if (n % 3 === 0) ok(first.err.includes(`cat (${each}), dog (${each}), ship (${each})`));
    match(first.err, /^decoding /m);
    const second = await start("second start", "--n_steps=2");
    equal(second.code, 0, second.err);
    doesNotMatch(second.err, /^decoding /m);
    match(second.err, /^going on from step 1 of /m);
    if (MEASURED) return console.log(`second / first: ${(second.s / first.s).toFixed(3)}`);
    const again = await start("without a cache", "--n_steps=3", "--dataset.cache=false");
    equal(again.code, 0, again.err);
    match(again.err, /^decoding /m);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
