import { deepStrictEqual as deepEqual, match } from "node:assert/strict";
import { join } from "node:path";
import { openFeatures } from "../../train/data/features/open_features.ts";
import { writeReferenceFeatures } from "../../train/data/features/write_reference.ts";
import { makeCaptioned, temporaryFolder } from "../train/data/features/made_features.ts";
import { runScript } from "../tasks/run_script.ts";
import { missing, pythonWith } from "./python.ts";

const python = pythonWith("numpy");

/** Writes both kinds of folders as U-ViT's scripts do, but for `np.save` of NumPy 1.24 and later. */
const SCRIPT = `
import os, sys
import numpy as np
folder = sys.argv[1]
moments = lambda i: (np.arange(128) % (i + 3)).astype(np.float32).reshape(8, 4, 4)
for part in ["labelled", "captioned"]:
    os.makedirs(os.path.join(folder, part))
for i in range(5):
    pair = np.empty(2, object)
    pair[:] = moments(i), np.int64(i % 3)
    np.save(os.path.join(folder, "labelled", f"{i}.npy"), pair)
    np.save(os.path.join(folder, "captioned", f"{i}.npy"), moments(i))
    np.save(os.path.join(folder, "captioned", f"{i}_0.npy"), np.full((3, 2), i, np.float32))
os.makedirs(os.path.join(folder, "run_vis"))
pair = np.empty(2, object)
pair[:] = "a green elephant", np.full((3, 2), 7, np.float32)
np.save(os.path.join(folder, "run_vis", "0.npy"), pair)
np.save(os.path.join(folder, "empty_context.npy"), np.zeros((3, 2), np.float32))
`;

Deno.test({
  name: `openFeatures() reads the features that NumPy writes${missing(python, "numpy")}`,
  ignore: !python,
  async fn() {
    await using folder = await temporaryFolder();
    const { success } = await new Deno.Command(python!, { args: ["-c", SCRIPT, folder.path] })
      .output();
    deepEqual(success, true);
    for (const part of ["labelled", "captioned"]) {
      using source = await openFeatures(join(folder.path, part));
      const { data, labels } = await source.read([4, 1]);
      deepEqual(data, Float32Array.from({ length: 256 }, (_, k) => k % 128 % (k < 128 ? 7 : 4)));
      deepEqual([...labels], part === "labelled" ? [1, 1] : [0, 0]);
      const contexts = await source.captions?.read([3], [5]);
      deepEqual(contexts?.[0], part === "labelled" ? undefined : 3);
      const context = new Float32Array(6).fill(7);
      const prompts = { texts: ["a green elephant"], context };
      deepEqual(await source.captions?.prompts?.(5), source.captions && prompts);
    }
  },
});

Deno.test({
  name: `train learns the features that NumPy writes, by class${missing(python, "numpy")}`,
  ignore: !python,
  async fn() {
    await using folder = await temporaryFolder();
    await new Deno.Command(python!, { args: ["-c", SCRIPT, folder.path] }).output();
    const { code, err } = await runScript(
      "train.ts",
      ...["--dataset.name=features", `--dataset.path=${join(folder.path, "labelled")}`],
      ...[`--workdir=${join(folder.path, "run")}`, "--n_steps=2", "--batch_size=4"],
      ...["--patch_size=2", "--embed_dim=32", "--depth=2", "--num_heads=2"],
    );
    deepEqual(code, 0, err);
    match(err, /^5 images, 3 classes: 0 \(2\), 1 \(2\), 2 \(1\)/m);
  },
});

/** What U-ViT's scripts read of a text for samples. */
const READ = `
import sys
import numpy as np
prompt, context = np.load(sys.argv[1], allow_pickle=True)
print(prompt, context.dtype, context.shape, context[1, 2])
`;

Deno.test({
  name: `NumPy reads the texts for samples that are written${missing(python, "numpy")}`,
  ignore: !python,
  async fn() {
    await using folder = await temporaryFolder();
    const ours = join(folder.path, "ours");
    await makeCaptioned(ours, 2);
    using source = await openFeatures(ours);
    await writeReferenceFeatures(source, join(folder.path, "train"));
    const first = await source.captions!.read([1], [0]);
    const { stdout } = await new Deno.Command(python!, {
      args: ["-c", READ, join(folder.path, "run_vis", "1.npy")],
    }).output();
    deepEqual(new TextDecoder().decode(stdout), `text 1 float32 (2, 3) ${first[5]}\n`);
  },
});
