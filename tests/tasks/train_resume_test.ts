import { deepStrictEqual as deepEqual, match, strictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { loadCheckpoint } from "../../train/checkpoints/checkpoint.ts";
import { encodePng } from "../../train/formats/image.ts";
import { runScript } from "./run_script.ts";

const SIZE = 8;

/** Writes a folder of classes with images of one colour. */
async function writeClasses(folder: string, counts: Record<string, number>): Promise<void> {
  for (const [label, [name, n]] of Object.entries(counts).entries()) {
    await Deno.mkdir(join(folder, name), { recursive: true });
    for (let i = 0; i < n; i++) {
      const rgb = new Uint8Array(3 * SIZE * SIZE).fill(40 * label + i);
      await Deno.writeFile(join(folder, name, `${i}.png`), encodePng(rgb, SIZE, SIZE));
    }
  }
}

Deno.test("train lists what a resumed run changes, and refuses renamed classes", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const [workdir, images] = [join(folder, "run"), join(folder, "images")];
    await writeClasses(images, { cat: 5, dog: 4 });
    const train = (...args: string[]) =>
      runScript(
        "train.ts",
        ...[`--workdir=${workdir}`, "--dataset.name=folder", `--dataset.path=${images}`],
        ...["--img_size=8", "--patch_size=4", "--image_size=8", "--embed_dim=32", "--depth=2"],
        ...["--num_heads=2", "--num_classes=3", "--batch_size=4", "--n_samples=2"],
        ...["--sample_steps=2", ...args],
      );
    const first = await train("--n_steps=2", "--grad_clip=2", "--lr=1e-05");
    equal(first.code, 0, first.err);
    const { data } = await loadCheckpoint(join(workdir, "checkpoints", "2"));
    deepEqual([data?.class_names, data?.class_counts], [["cat", "dog"], [5, 4]]);

    await Deno.remove(join(images, "cat", "4.png"));
    const more = await train("--n_steps=3");
    equal(more.code, 0, more.err);
    match(more.err, /^going on from step 2 of .*\nwith .*:\n {2}--train\.n_steps: 2 -> 3\n/m);
    match(more.err, /^ {2}--train\.grad_clip: 2 -> 1\n {2}--optimizer\.lr: 0\.00001 -> /m);
    match(more.err, /^the data has changed since step 2: 8 .*\n {2}"cat": 5 -> 4 images\nU-ViT/m);

    await Deno.rename(join(images, "cat"), join(images, "zcat"));
    // It would be reported if images were decoded first.
    await Deno.writeTextFile(join(images, "dog", "9.png"), "no image");
    const refused = await train("--n_steps=4");
    equal(refused.code, 2, refused.err);
    match(refused.err, /run was trained on other classes; choose another --workdir, or take this/);
    match(refused.err, /^label 0 was "cat", now "dog"\nlabel 1 was "dog", now "zcat"$/m);
    const steps = [...Deno.readDirSync(join(workdir, "checkpoints"))].map(({ name }) => name);
    deepEqual(steps.sort(), ["2", "3"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
