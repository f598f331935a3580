import {
  deepStrictEqual as deepEqual,
  match,
  notDeepStrictEqual as notDeepEqual,
  strictEqual as equal,
} from "node:assert/strict";
import { join } from "node:path";
import { PROMPTS } from "../../train/data/captions/shape_prompts.ts";
import { runScript } from "./run_script.ts";
import { newest, train, withWorkdir } from "./tiny_run.ts";

/** A network that reads two tokens of a caption. */
const READS = [
  "--preset=quickstart_t2i",
  "--image_size=12",
  "--img_size=12",
  "--patch_size=6",
  "--conv",
  "--clip_dim=8",
  "--num_clip_token=4",
  "--text_depth=1",
];

Deno.test("a preset trains text to image without any weights, and sample draws what a text says", async () => {
  await withWorkdir(async (workdir) => {
    const { code, said } = await train(workdir, ...READS, "--n_steps=2");
    equal(code, 0, said);
    match(said, /^captions have up to \d+ tokens, and the network reads the first 2 of each; for/m);
    const asked = await Deno.readTextFile(join(workdir, "samples", "prompts.txt"));
    equal(asked, PROMPTS.slice(0, 4).map((prompt) => `${prompt}\n`).join(""));
    const { config } = await newest(workdir);
    deepEqual([config.dataset.name, config.train.mode], ["captioned_shapes", "cond"]);

    const drawn = async (prompt: string) => {
      const out = join(workdir, "images");
      const { code, err } = await runScript(
        "sample.ts",
        `--checkpoint=${workdir}`,
        `--prompt=${prompt}`,
        "--n=2",
        "--steps=2",
        "--scale=9",
        "--overwrite",
        `--out=${out}`,
      );
      equal(code, 0, err);
      return { err, image: await Deno.readFile(join(out, "000001.png")) };
    };
    const cross = await drawn("crosses");
    const { err, image } = await drawn("a green triangle");
    notDeepEqual(image, cross.image);
    match(err, /"a green triangle" has 3 tokens, and the network reads 2: 1 token is cut off/);
  });
});

Deno.test("the same learns from a folder of images with captions, and says where there are none", async () => {
  await withWorkdir(async (workdir) => {
    const folder = `${workdir}_photos`;
    await Deno.mkdir(folder, { recursive: true });
    const own = (...flags: string[]) =>
      train(workdir, ...READS, "--dataset.name=folder", `--dataset.path=${folder}`, ...flags);
    for (const name of ["a.png", "b.png"]) {
      const image = new URL("../data/images/formats/rgb.png", import.meta.url);
      await Deno.copyFile(image, join(folder, name));
    }
    const without = await own("--n_steps=1");
    equal(without.code, 2);
    match(
      without.said,
      /^--nnet.clip_dim: the network takes texts, and folder has no captions; set/m,
    );
    await Deno.writeTextFile(join(folder, "a.txt"), "a dog\n");
    const { code, said } = await own("--n_steps=1");
    equal(code, 0, said);
    match(said, /^left out, as they have no caption: 1 image$/m);
    equal(await Deno.readTextFile(join(workdir, "samples", "prompts.txt")), "a dog\n".repeat(4));
  });
});
