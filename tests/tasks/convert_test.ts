import { deepStrictEqual as deepEqual, match, ok, strictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { loadCheckpoint, saveCheckpoint } from "../../train/checkpoints/checkpoint.ts";
import { findWeights } from "../../train/checkpoints/find_weights.ts";
import { shapesOf } from "../../train/checkpoints/network_shapes.ts";
import { readPytorchCheckpoint } from "../../train/checkpoints/pytorch_checkpoint.ts";
import { openTensorFile } from "../../train/checkpoints/tensor_file.ts";
import { readGolden } from "../golden.ts";
import { goldenConfig } from "../train/golden_training.ts";
import { type Outcome, runScript } from "./run_script.ts";

const golden = (name: string) => new URL(`../golden/${name}`, import.meta.url).pathname;
const training = await readGolden("training_scalelong3");
const config = goldenConfig(training, 1);
const NETWORK = Object.entries(JSON.parse(training.metadata.config))
  .map(([key, value]) => `--nnet.${key}=${value}`);

async function inFolder(
  use: (
    at: (name: string) => string,
    convert: (...args: string[]) => Promise<Outcome>,
  ) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use((name) => join(folder, name), (...args) => runScript("convert.ts", ...args));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function arraysOf(path: string): Promise<Record<string, unknown>> {
  using file = await openTensorFile(path);
  return Object.fromEntries([...file.tensors.keys()].map((name) => [name, file.read(name)]));
}

Deno.test("convert takes arrays through every kind of file unchanged", async () => {
  await inFolder(async (at, convert) => {
    const files = [golden("nnet_half.pth"), at("a.safetensors"), at("b.npz"), at("c.pth")];
    for (let i = 1; i < files.length; i++) {
      const { code, out, err } = await convert(files[i - 1], files[i]);
      equal(code, 0, err);
      match(out, /^Left .*: 72 arrays, \d+ kB$/m);
    }
    deepEqual(await arraysOf(files[3]), await arraysOf(files[0]));
    equal((await convert(files[3], at("d.safetensors"), "--dtype=f32")).code, 0);
    using single = await openTensorFile(at("d.safetensors"));
    ok([...single.tensors.values()].every(({ dtype }) => dtype === "F32"));
  });
});

Deno.test("convert takes a checkpoint to PyTorch's form and back, moments included", async () => {
  await inFolder(async (at, convert) => {
    const there = await convert(golden("12.ckpt"), at("12"), ...NETWORK);
    equal(there.code, 0, there.err);
    const ours = await loadCheckpoint(at("12"));
    deepEqual(ours.config.optimizer, { ...config.optimizer, name: ours.config.optimizer.name });
    const back = await convert(at("12"), at("12.ckpt"));
    equal(back.code, 0, back.err);
    const shapes = shapesOf(config);
    deepEqual(
      await readPytorchCheckpoint(at("12.ckpt"), shapes),
      await readPytorchCheckpoint(golden("12.ckpt"), shapes),
    );

    const saved = await saveCheckpoint(at("run"), { ...ours, config }, 1);
    equal((await convert(at("run"), at("ema.pth"))).code, 0);
    equal((await convert(saved, at("nnet.safetensors"), "--weights=nnet")).code, 0);
    deepEqual(await arraysOf(at("ema.pth")), await arraysOf(golden("12.ckpt/nnet_ema.pth")));
    deepEqual(await arraysOf(at("nnet.safetensors")), await arraysOf(golden("12.ckpt/nnet.pth")));
  });
});

Deno.test("convert says which values are not finite, and makes no checkpoint of them", async () => {
  await inFolder(async (at, convert) => {
    const shapes = shapesOf(config);
    const { optimizer: _, ...twelve } = await readPytorchCheckpoint(golden("12.ckpt"), shapes);
    await saveCheckpoint(at("run"), { ...twelve, config }, 9);
    twelve.nnet_ema.pos_embed.data[3] = NaN;
    twelve.nnet_ema["norm.bias"].data[0] = Infinity;
    const spoilt = await saveCheckpoint(at("run"), { ...twelve, step: 13, config }, 9);
    const said = "nnet_ema.safetensors: pos_embed[3] is NaN";

    const weights = await convert(spoilt, at("ema.pth"));
    equal(weights.code, 0, weights.err);
    ok(weights.out.includes(`${said}, and 1 more array is not finite; converted as it is\n`));
    const refused = await convert(spoilt, at("13.ckpt"));
    equal(refused.code, 1, refused.out);
    equal(refused.err, `${join(spoilt, said)}\n`);
    const newest = await convert(at("run"), at("12.ckpt"));
    equal(newest.code, 0, newest.err);
    match(newest.out, /pos_embed\[3\] is NaN; skipped\nLeft .*: step 12, 72 parameters/);
    const finite = await convert(at("run"), at("12.pth"));
    equal(finite.code, 0, finite.err);
    ok(finite.out.startsWith(`${join(spoilt, said)}; skipped\nLeft `), finite.out);
    deepEqual(await arraysOf(at("12.pth")), await arraysOf(golden("12.ckpt/nnet_ema.pth")));
  });
});

Deno.test("convert lets safetensors name their network", async () => {
  await inFolder(async (at, convert) => {
    const { code, err } = await convert(
      golden("12.ckpt"),
      at("w.safetensors"),
      ...NETWORK,
      "--dtype=bf16",
    );
    equal(code, 0, err);
    const onNote = () => {};
    const { step, config: named } = await findWeights(at("w.safetensors"), { kind: "ema", onNote });
    deepEqual([step, named.nnet], [12, config.nnet]);
    const twice = await convert(at("w.safetensors"), at("v.safetensors"), "--preset=cifar10");
    equal(twice.code, 2);
    match(twice.err, /w\.safetensors: names its own network; leave --preset/);
  });
});

Deno.test("convert overwrites nothing without --force, and leaves nothing incomplete", async () => {
  await inFolder(async (at, convert) => {
    await Deno.writeTextFile(at("a.npz"), "mine");
    const refused = await convert(golden("nnet_half.pth"), at("a.npz"));
    equal(refused.code, 2);
    match(refused.err, /a\.npz: exists; choose another name, or --force to overwrite it$/m);
    equal(await Deno.readTextFile(at("a.npz")), "mine");
    equal((await convert(golden("nnet_half.pth"), at("a.npz"), "--force")).code, 0);
    equal(Object.keys(await arraysOf(at("a.npz"))).length, 72);
    deepEqual([...Deno.readDirSync(at(""))].map(({ name }) => name), ["a.npz"]);
  });
});

Deno.test("convert --force overwrites checkpoints, and no other content of a folder", async () => {
  await inFolder(async (at, convert) => {
    const twelve = golden("12.ckpt");
    for (const more of [[], ["--force"]]) {
      const { code, out, err } = await convert(twelve, at("12/"), ...NETWORK, ...more);
      equal(code, 0, err);
      match(out, /12: step 12, 72 parameters .*; what PyTorch does not store .* is the preset's/);
    }
    const refused = async (says: RegExp, ...args: string[]) => {
      const { code, err } = await convert(...args, "--force");
      equal(code, 2, err);
      match(err, says);
    };
    await Deno.writeTextFile(at("12/mine"), "");
    await refused(/12: has more in it than a checkpoint \(mine\)/, twelve, at("12"), ...NETWORK);
    await refused(/: has more in it than a checkpoint \(12\)/, at("12"), at(""));
    await Deno.mkdir(at("a.pth"));
    await refused(/a\.pth: is a folder, and a file is to be written/, at("12"), at("a.pth"));
    await Deno.writeTextFile(at("b.ckpt"), "");
    await refused(/b\.ckpt: is a file, and a folder is to be written/, at("12"), at("b.ckpt"));
    await refused(/12: names its own network/, at("12"), at("c"), ...NETWORK);
  });
});

Deno.test("convert reports what it leaves out", async () => {
  await inFolder(async (at, convert) => {
    const { code, out, err } = await convert(golden("12.ckpt/optimizer.pth"), at("o.npz"));
    equal(code, 0, err);
    match(out, /o\.npz: 216 arrays, .*; left out what else is in .*optimizer\.pth: \d+ values$/m);
  });
});

Deno.test("convert refuses in one line what cannot be done", async () => {
  await inFolder(async (at, convert) => {
    const fails = async (code: number, says: RegExp, ...args: string[]) => {
      const { code: ended, err, out } = await convert(...args);
      deepEqual([ended, out], [code, ""], err);
      match(err, says);
      equal(err.trimEnd().split("\n").length, 1, err);
    };
    const half = golden("nnet_half.pth");
    await fails(2, /task convert IN OUT/, half);
    await fails(2, /x\.txt: its name should end in .safetensors, .pth/, half, at("x.txt"));
    await fails(2, /an index is only read/, half, at("x.safetensors.index.json"));
    await fails(2, /\.npy holds one array, and there are 72; take \.npz$/m, half, at("x.npy"));
    await fails(
      2,
      /NumPy has no bfloat16, as pos_embed is; give --dtype=f32$/m,
      half,
      at("x.npz"),
      "--dtype=bf16",
    );
    await fails(2, /is a file, and a checkpoint is a folder, with the optimizer/, half, at("x"));
    await fails(
      2,
      /12\.ckpt: does not say what its network is; give --preset.* --nnet\.embed_dim=32/,
      golden("12.ckpt"),
      at("x"),
    );
    await fails(1, /none\.pth: there is no such file or folder$/m, at("none.pth"), at("x.npz"));
    await fails(
      2,
      /^--dtype: a checkpoint is stored in f32/,
      golden("12.ckpt"),
      at("x"),
      "--dtype=f16",
    );
    await Deno.writeFile(at("cut.pth"), (await Deno.readFile(half)).subarray(0, 9000));
    await fails(1, /cut\.pth/, at("cut.pth"), at("x.npz"));
  });
});
