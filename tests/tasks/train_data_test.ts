import { match, strictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { type Outcome, runScript } from "./run_script.ts";

const IMAGE = new URL("../data/images/formats/rgb.png", import.meta.url);

/** A network as small as can be, for images of 8 pixels in two classes. */
const TINY = [
  "--img_size=8",
  "--image_size=8",
  "--patch_size=4",
  "--embed_dim=32",
  "--depth=2",
  "--num_heads=2",
  "--batch_size=2",
  "--num_classes=3",
  "--n_samples=1",
  "--sample_steps=2",
  "--n_steps=2",
];

/** Two classes of an image each and what `train` says of them; the second image is broken. */
async function brokenFolder() {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "images");
  for (const name of ["a", "b"]) await Deno.mkdir(join(path, name), { recursive: true });
  await Deno.copyFile(IMAGE, join(path, "a", "1.png"));
  await Deno.writeTextFile(join(path, "b", "1.png"), "no image");
  return {
    path,
    workdir: join(folder, "run"),
    train: (...args: string[]): Promise<Outcome> =>
      runScript(
        "train.ts",
        ...TINY,
        `--workdir=${join(folder, "run")}`,
        "--dataset.name=folder",
        `--dataset.path=${path}`,
        ...args,
      ),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

Deno.test("train checks what listing and settings tell before it decodes an image", async () => {
  await using data = await brokenFolder();
  const refuses = async (code: number, says: RegExp, ...args: string[]) => {
    const outcome = await data.train(...args);
    equal(outcome.code, code, outcome.err);
    match(outcome.err, says);
  };
  await refuses(2, /^--nnet\.num_classes: folder has 2 classes, .*\n$/, "--num_classes=9");
  await refuses(2, /^--nnet\.in_chans: the images of folder have 3 .*\n$/, "--in_chans=2");
  await refuses(
    1,
    /^cannot read Inception's weights from nowhere/m,
    "--fid.n_samples=2",
    "--fid.inception=nowhere",
  );
  await Deno.remove(join(data.path, "a"), { recursive: true });
  await refuses(
    2,
    /^--eval\.fid\.n_samples: FID takes two images of the data at least, and folder has 1;/,
    "--fid.n_samples=2",
    "--num_classes=2",
  );
});

Deno.test("train refuses to resume with other settings before it decodes an image", async () => {
  await using data = await brokenFolder();
  const first = await runScript(
    "train.ts",
    ...TINY,
    "--num_classes=17",
    `--workdir=${data.workdir}`,
    "--dataset.n=16",
    "--n_steps=1",
  );
  equal(first.code, 0, first.err);
  const { code, err } = await data.train("--num_classes=3");
  equal(code, 2, err);
  match(err, /^--dataset\.name: the checkpoint was trained with "shapes", /m);
});
