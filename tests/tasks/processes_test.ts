import {
  deepStrictEqual as deepEqual,
  match,
  notStrictEqual,
  strictEqual as equal,
} from "node:assert/strict";
import { join } from "node:path";
import { encodePng } from "../../train/formats/image.ts";
import { shapes } from "../../train/data/shapes.ts";
import { sha256Of } from "../../train/files/sha256_of.ts";
import { launched, missing, mpiNamed } from "../train/collective/launched.ts";
import { latentRun } from "./latent_run.ts";
import { runScript } from "./run_script.ts";

/** The files of a folder and of those in it: digests by name. */
async function filesOf(folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) Object.assign(files, await filesOf(path));
    else files[name] = await sha256Of(path);
  }
  return files;
}

async function runs(script: string, ...args: string[]): Promise<{ out: string; err: string }> {
  const { code, out, err } = await runScript(script, ...args);
  equal(code, 0, err);
  return { out, err };
}

const SIZE = 16;

async function writeImages(folder: string, n: number): Promise<void> {
  const { images } = shapes({ image_size: SIZE, n, seed: 1 });
  await Deno.mkdir(folder);
  for (let i = 0; i < n; i++) {
    const planes = images.subarray(3 * i * SIZE ** 2, 3 * (i + 1) * SIZE ** 2);
    const rgb = planes.map((_, at) => planes[at % 3 * SIZE ** 2 + Math.floor(at / 3)]);
    await Deno.writeFile(join(folder, `${i}.png`), encodePng(rgb, SIZE, SIZE));
  }
}

const skipped = missing("Open MPI");
Deno.test(
  `two processes draw, decode and measure the images of one, and encode as one does${skipped}`,
  { ignore: skipped !== "" },
  async (t) => {
    await using tiny = await latentRun();
    const { folder, run, vae } = tiny;
    const at = (name: string) => join(folder, name);
    const two = "--num_processes=2";
    const decoded = [`--autoencoder.weights=${vae}`, "--steps=2"];
    await t.step("sample: five images in batches of two, the last one alone", async () => {
      const args = [`--checkpoint=${run}`, ...decoded, "--n=5", "--batch_size=2", "--trajectory"];
      await runs("sample.ts", ...args, `--out=${at("one")}`);
      const { out, err } = await runs("sample.ts", ...args, `--out=${at("both")}`, two);
      equal(out, "");
      equal(err.match(/^5 drawn, /gm)?.length, 1, err);
      const one = await filesOf(at("one"));
      equal(Object.keys(one).length, 8);
      notStrictEqual(one["000000.png"], one["000003.png"]);
      deepEqual(await filesOf(at("both")), one);
      // What is there is not drawn again, whoever drew it.
      for (const i of [1, 2, 4]) await Deno.remove(join(at("both"), `00000${i}.png`));
      const again = await runs("sample.ts", ...args, `--out=${at("both")}`, two);
      match(again.err, /3 images; 2 of 5 are in /);
      deepEqual(await filesOf(at("both")), one);
    });
    await writeImages(at("photos"), 5);
    await t.step("fid: what one draws, against what another reads", async () => {
      const args = [run, at("photos"), ...decoded, "--n=5", "--batch_size=2"];
      const rest = ["--metrics=swd", "--json"];
      const one = await runs("fid.ts", ...args, ...rest);
      const both = await runs("fid.ts", ...args, ...rest, two);
      equal(both.out, one.out);
      match(one.out, /"sliced_wasserstein": 0\.\d+/);
    });
    await t.step("features: five images, and both flips", async () => {
      const args = [at("photos"), `--autoencoder=${vae}`, `--image_size=${SIZE}`, "--flips"];
      const rest = ["--batch_size=2", "--scale_factor=0.5"];
      await runs("features.ts", ...args, ...rest, `--out=${at("features")}`);
      const { err } = await runs("features.ts", ...args, ...rest, `--out=${at("shared")}`, two);
      equal(err.match(/^10 images, /gm)?.length, 1, err);
      deepEqual(await filesOf(at("shared")), await filesOf(at("features")));
      const done = await runs("features.ts", ...args, ...rest, `--out=${at("shared")}`, two);
      match(done.err, /has the features of 10 images already$/m);
    });
    await t.step("what is wrong is said once", async () => {
      const alone = await runScript("sample.ts", `--checkpoint=${run}`, "--hostfile=hosts");
      equal(alone.code, 2);
      match(alone.err, /^--hostfile: names the machines of several processes; set /);
      // Open MPI itself says nothing of this where it is quiet.
      const lost = await runScript(
        "sample.ts",
        `--checkpoint=${run}`,
        ...decoded,
        two,
        "--hostfile=lost",
      );
      equal(lost.code, 1);
      match(
        lost.err,
        /^--hostfile: mpirun starts no 2 processes on the machines of lost: [^\n]+\n$/,
      );
      const { code, out, err } = await runScript("fid.ts", at("photos"), at("nothing"), two);
      deepEqual([code, out], [2, ""]);
      equal(err.match(/nothing: there is no such file or folder/g)?.length, 1, err);
    });
  },
);

const both = missing("Open MPI", "MPICH");
for (const name of ["Open MPI", "MPICH"] as const) {
  Deno.test(
    `features of images are computed by all ranks, in the order of one: ${name}${both}`,
    { ignore: both !== "" },
    async () => {
      const cache = await Deno.makeTempDir();
      try {
        const script = "../../tasks/sharing_ranks.ts";
        const { code, stdout, stderr } = await launched(mpiNamed(name), 3, script, [cache])
          .output();
        const decoder = new TextDecoder();
        equal(code, 0, decoder.decode(stderr));
        const sums = Array.from({ length: 7 }, (_, i) => 12 * i);
        const read = { sums, logits: sums.map((sum) => 100 - sum) };
        // The images in turn, as each rank extracts them; then none, as they are cached.
        deepEqual(JSON.parse(decoder.decode(stdout)), [
          { ...read, extracted: 3 },
          { ...read, extracted: 3 },
          { ...read, extracted: 1 },
        ]);
      } finally {
        await Deno.remove(cache, { recursive: true });
      }
    },
  );
}
