import {
  deepStrictEqual as deepEqual,
  ok,
  rejects,
  strictEqual as equal,
} from "node:assert/strict";
import { join } from "node:path";
import { State } from "../../../engine/mod.ts";
import { encodeNpz } from "../../../train/formats/npz.ts";
import { encodePth, type PthValue } from "../../../train/formats/pth.ts";
import { encodeSafetensors } from "../../../train/formats/safetensors.ts";
import type { StoredTensor } from "../../../train/formats/stored_tensor.ts";
import { openTensorFile } from "../../../train/checkpoints/tensor_file.ts";
import { openWeights } from "../../../train/checkpoints/weights_file.ts";
import { openDevice } from "../../device.ts";
import { readGolden } from "../../golden.ts";

const golden = (name: string) => new URL(`../../golden/${name}`, import.meta.url).pathname;
const tensor = (...values: number[]): StoredTensor => ({
  dtype: "F32",
  shape: [values.length],
  data: Float32Array.from(values),
});

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function allNames(shapes: object): Map<string, string> {
  return new Map(Object.keys(shapes).map((name) => [name, name]));
}

Deno.test("openWeights() reads PyTorch's legacy form exactly, and f16 to its rounding", async () => {
  const final = (await readGolden("training_scalelong3")).group("final.");
  using legacy = await openWeights(golden("nnet_legacy.pth"), "nnet");
  deepEqual(legacy.values(allNames(legacy.shapes)), final);
  using half = await openWeights(golden("nnet_half.pth"), "nnet");
  const rounded = half.values(allNames(half.shapes));
  for (const [name, { shape, data }] of Object.entries(final)) {
    deepEqual(rounded[name], { shape, data: new Float32Array(new Float16Array(data)) });
  }
});

Deno.test("openWeights() finds the dictionary of weights inside another", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "all.pth");
    const group = (value: number): PthValue => new Map([["a.weight", tensor(value)]]);
    const write = (entries: [string, PthValue][]) =>
      Deno.writeFile(path, encodePth(new Map(entries)));
    const first = async (kind: "ema" | "nnet") => {
      using weights = await openWeights(path, kind);
      deepEqual(weights.shapes, { "a.weight": [1] });
      return weights.values(new Map([["w", "a.weight"]])).w.data[0];
    };
    const state: PthValue = new Map([["state", new Map([[0, group(9)]])]]);
    await write([["epoch", 7], ["optimizer", state], ["model", group(1)], ["ema", group(2)]]);
    deepEqual([await first("nnet"), await first("ema")], [1, 2]);
    await write([["state_dict", group(3)]]);
    deepEqual([await first("nnet"), await first("ema")], [3, 3]);
    await write([["a.weight", tensor(4)]]);
    equal(await first("ema"), 4);
    await write([["epoch", 7], ["net", group(5)]]);
    equal(await first("ema"), 5);
    await write([["a", group(6)], ["other", group(7)]]);
    using two = await openWeights(path, "ema");
    deepEqual(Object.keys(two.shapes), ["a.a.weight", "other.a.weight"]);
  });
});

Deno.test("openWeights() chooses between a model and its average under flat keys, and says so", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "ema.safetensors");
    const keys = { "online_model.a.weight": tensor(1), "ema_model.a.weight": tensor(2) };
    const first = async (kind: "ema" | "nnet") => {
      using weights = await openWeights(path, kind);
      deepEqual(weights.shapes, { "a.weight": [1] });
      const [note] = weights.notes;
      return [weights.values(new Map([["w", "a.weight"]])).w.data[0], note];
    };
    const said = (taken: string, left: string) => `${path}: took its ${taken}.*, not its ${left}.*`;
    const [ema, online] = [said("ema_model", "online_model"), said("online_model", "ema_model")];
    await Deno.writeFile(path, encodeSafetensors({ ...keys, step: tensor(9) }));
    deepEqual([await first("ema"), await first("nnet")], [[2, ema], [1, online]]);
    // Inside a dictionary too.
    await Deno.writeFile(path, encodePth(new Map([["ema", new Map(Object.entries(keys))]])));
    deepEqual([await first("ema"), await first("nnet")], [[2, ema], [1, online]]);
    // One alone is a prefix like any other.
    await Deno.writeFile(path, encodeSafetensors({ "ema_model.a.weight": tensor(2) }));
    using alone = await openWeights(path, "ema");
    deepEqual([alone.shapes, alone.notes], [{ "ema_model.a.weight": [1] }, []]);
  });
});

Deno.test("WeightsFile.load() uploads tensors larger than a piece, of every float type", async () => {
  using device = await openDevice();
  await inFolder(async (folder) => {
    const path = join(folder, "large.safetensors");
    const large = Float32Array.from({ length: 3 * 2 ** 20 + 5 }, (_, i) => i % 1999 - 1000);
    const tensors: Record<string, StoredTensor> = {
      large: { dtype: "F32", shape: [large.length], data: large },
      half: { dtype: "F16", shape: [2, 2], data: Float16Array.of(1, -2, 0.5, 8) },
      brain: { dtype: "BF16", shape: [2], data: Uint16Array.of(0x3f80, 0xc000) },
      double: { dtype: "F64", shape: [], data: Float64Array.of(0.1) },
      none: { dtype: "F32", shape: [0], data: new Float32Array() },
    };
    await Deno.writeFile(path, encodeSafetensors(tensors));
    using weights = await openWeights(path, "nnet");
    const { none: _, ...shapes } = weights.shapes;
    using state = new State(device, shapes, "weights");
    await weights.load(state, allNames(shapes));
    const read = await state.read();
    ok(read.large.every((value, i) => value === large[i]));
    deepEqual([...read.half, ...read.brain], [1, -2, 0.5, 8, 1, -2]);
    deepEqual(read.double, Float32Array.of(0.1));
  });
});

Deno.test("openTensorFile() gives plain values by path, and the files of an index", async () => {
  using file = await openTensorFile(golden("12.ckpt/lr_scheduler.pth"));
  equal(file.values.get("last_epoch"), 12);
  equal(file.values.get("base_lrs.0"), 0.01);
  equal(file.tensors.size, 0);
  await inFolder(async (folder) => {
    const names = ["one.safetensors", "two.safetensors"];
    const weight_map = { a: names[0], b: names[1] };
    await Deno.writeFile(join(folder, names[0]), encodeSafetensors({ a: tensor(1, 2) }));
    await Deno.writeFile(join(folder, names[1]), encodeSafetensors({ b: tensor(3) }));
    const index = join(folder, "model.safetensors.index.json");
    await Deno.writeTextFile(index, JSON.stringify({ metadata: {}, weight_map }));
    using sharded = await openTensorFile(index);
    deepEqual(sharded.files, names.map((name) => join(folder, name)));
    deepEqual(["a", "b"].map((name) => [...sharded.read(name).data]), [[1, 2], [3]]);
    await Deno.remove(join(folder, names[1]));
    await rejects(openTensorFile(index), { name: "CheckpointError", message: /two\.safetensors/ });
  });
});

Deno.test("TensorFile.pieces() gives pieces of the requested size, of every kind of file", async () => {
  await inFolder(async (folder) => {
    const whole = tensor(1, 2, 3, 4, 5);
    const files: Record<string, Uint8Array> = {
      "x.safetensors": encodeSafetensors({ whole }),
      "x.npz": encodeNpz({ whole }),
      "x.pth": encodePth(new Map([["whole", whole]])),
    };
    for (const [name, bytes] of Object.entries(files)) {
      await Deno.writeFile(join(folder, name), bytes);
      using file = await openTensorFile(join(folder, name));
      const pieces = Array.from(file.pieces("whole", 16), ({ shape, data }) => [shape, [...data]]);
      deepEqual(pieces, [[[4], [1, 2, 3, 4]], [[1], [5]]], name);
    }
  });
});

Deno.test("openTensorFile() names the problem in one line", async () => {
  await inFolder(async (folder) => {
    const fails = async (name: string, bytes: Uint8Array, message: RegExp) => {
      const path = join(folder, name);
      await Deno.writeFile(path, bytes);
      await rejects(openTensorFile(path), (error: Error) => {
        equal(error.name, "CheckpointError");
        ok(message.test(error.message) && !error.message.includes("\n"), error.message);
        return true;
      });
    };
    const garbage = Uint8Array.from({ length: 99 }, (_, i) => i * 7);
    for (const kind of ["safetensors", "pth", "npz", "npy"]) {
      await fails(`x.${kind}`, garbage, new RegExp(`x\\.${kind}`));
      await fails(`x.${kind}`, new Uint8Array(), new RegExp(`x\\.${kind}`));
    }
    await fails("x.txt", garbage, /x\.txt: is no file of arrays \(/);
    const path = join(folder, "none.pth");
    await rejects(openTensorFile(path), {
      name: "CheckpointError",
      message: /none\.pth: is missing$/,
    });
    await Deno.mkdir(path);
    await rejects(openTensorFile(path), { name: "CheckpointError", message: /none\.pth: / });
  });
});
