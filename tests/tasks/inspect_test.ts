import { deepStrictEqual as deepEqual, match, ok, strictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { saveCheckpoint } from "../../train/checkpoints/checkpoint.ts";
import { encodeNpz } from "../../train/formats/npz.ts";
import { checkpointOf } from "../train/checkpoints/checkpoint_of.ts";
import { runScript } from "./run_script.ts";

const golden = (name: string) => new URL(`../golden/${name}`, import.meta.url).pathname;

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("inspect shows the arrays and the other values of a PyTorch checkpoint", async () => {
  const { code, out, err } = await runScript("inspect.ts", golden("12.ckpt"));
  equal(code, 0, err);
  match(out, /nnet\.pth: 72 arrays, 68,756 numbers, F32$/m);
  match(out, /^pos_embed +F32 +\[1,17,32\]( +-?[\d.e-]+){4} +0$/m);
  match(out, /^state\.70\.exp_avg +F32 +\[17,1\]/m);
  match(out, /^ {2}last_epoch: 12$/m);
  match(out, /step\.pth: no arrays\n {2}value: 12$/m);
});

Deno.test("inspect shows a feature file's moments and label", async () => {
  const file = new URL("../data/formats/feature.npy", import.meta.url).pathname;
  const { code, out, err } = await runScript("inspect.ts", file);
  equal(code, 0, err);
  match(out, /feature\.npy: 1 array, 16 numbers, F32\n {2}1: 3$/m);
  match(out, /^0 +F32 +\[4,2,2\]/m);
});

Deno.test("inspect shows objects and types that are not read, and everything else", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "w.ckpt");
    const header = JSON.stringify({
      w: { dtype: "F32", shape: [1], data_offsets: [0, 4] },
      q: { dtype: "F8_E4M3", shape: [4], data_offsets: [4, 8] },
    });
    const bytes = new Uint8Array(8 + header.length + 8);
    bytes[0] = header.length;
    bytes.set(new TextEncoder().encode(header), 8);
    await Deno.writeFile(path, bytes);
    const listed = await runScript("inspect.ts", path);
    equal(listed.code, 0, listed.err);
    match(listed.out, /w\.ckpt: 2 arrays, 5 numbers, F32, F8_E4M3$/m);
    match(listed.out, /^q +F8_E4M3 +\[4\]( +-){5}$/m);
    const module = new URL("../data/formats/module.pth", import.meta.url).pathname;
    const opaque = await runScript("inspect.ts", module);
    match(opaque.out, /no arrays\n {2}value: <torch\.nn\.modules\.linear\.Linear> \(opaque\)$/m);
  });
});

Deno.test("inspect says first how many values are not finite", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "x.npz");
    const data = Float32Array.of(NaN, 1, -Infinity);
    await Deno.writeFile(path, encodeNpz({ x: { dtype: "F32", shape: [3], data } }));
    const { out } = await runScript("inspect.ts", path);
    match(out, /x\.npz: 1 array, 3 numbers, F32; 2 NaN or infinite$/m);
  });
});

Deno.test("inspect --json prints the same for programs", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "x.npz");
    const data = Float16Array.of(1, 2, NaN, 4, 5, 6);
    await Deno.writeFile(path, encodeNpz({ mu: { dtype: "F16", shape: [2, 3], data } }));
    const { code, out, err } = await runScript("inspect.ts", "--json", path);
    equal(code, 0, err);
    const { files: [{ kind, numbers, tensors, config }] } = JSON.parse(out);
    deepEqual([kind, numbers, config], ["npz", 6, null]);
    const std = Math.sqrt(3.44);
    ok(Math.abs(tensors[0].std - std) < 1e-12);
    deepEqual({ ...tensors[0], std }, {
      name: "mu",
      dtype: "F16",
      shape: [2, 3],
      min: 1,
      max: 6,
      mean: 3.6,
      std,
      not_finite: 1,
    });
  });
});

Deno.test("inspect shows a run's newest checkpoint with its configuration", async () => {
  await inFolder(async (run) => {
    const data = {
      class_names: ["cat", "ship"],
      class_counts: [2, 1],
      class_digests: ["0a", "1b"],
      digest: "2c",
    };
    for (const step of [1, 2]) await saveCheckpoint(run, { ...checkpointOf(step), data }, 9);
    const { code, out, err } = await runScript("inspect.ts", run);
    equal(code, 0, err);
    match(out, /checkpoints.2.nnet\.safetensors: 3 arrays, 20,004 numbers, F32$/m);
    match(out, /^ {2}step: 2$/m);
    match(out, /^ {2}--nnet\.embed_dim=128$/m);
    match(out, /^ {2}data: 3 images, 2 classes: cat \(2\), ship \(1\); SHA-256 2c$/m);
    ok(!out.includes(': {"'));
    match(out, /^exp_avg_sq\.scalar +F32 +\[\]/m);
  });
});

Deno.test("inspect names the problem in one line", async () => {
  await inFolder(async (folder) => {
    const fails = async (code: number, says: RegExp, ...args: string[]) => {
      const { code: ended, err, out } = await runScript("inspect.ts", ...args);
      deepEqual([ended, out], [code, ""], err);
      match(err, says);
      equal(err.trimEnd().split("\n").length, 1, err);
    };
    await fails(2, /^name a file or a folder/);
    await fails(2, /one file at a time$/m, "a", "b");
    await fails(2, /^--jsn: .* did you mean --json\?$/m, "a", "--jsn");
    await fails(1, /nowhere: there is no such file or folder$/m, join(folder, "nowhere"));
    await fails(1, /has no checkpoint and no file of arrays$/m, folder);
    for (
      const name of [
        "12.ckpt/nnet.pth",
        "nnet_legacy.pth",
        "fid_stats_full64.npz",
        "schedules.safetensors",
      ]
    ) {
      const cut = join(folder, name.replace("/", "_"));
      const whole = await Deno.readFile(golden(name));
      await Deno.writeFile(cut, whole.subarray(0, whole.length - 100));
      await fails(1, new RegExp(cut.slice(folder.length + 1)), cut);
    }
  });
});
