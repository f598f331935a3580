import assert from "node:assert/strict";
import { decodePth, encodePth, PthError, type PthValue } from "../../../train/formats/pth.ts";
import { OpaqueValue } from "../../../train/formats/pickled_value.ts";
import { PickleWriter } from "../../../train/formats/pickle_writer.ts";
import { type StoredTensor, tensorBytes, toFloat32 } from "../../../train/formats/stored_tensor.ts";
import { writeZip } from "../../../train/formats/zip.ts";
import { readGolden } from "../../golden.ts";
import { DTYPES, everyRamp, ramp } from "./ramp.ts";

const read = (path: string) => Deno.readFileSync(new URL(`../../${path}`, import.meta.url));
const load = (path: string) => decodePth(read(path), path);

function dictionary(value: PthValue): Map<string | number, PthValue> {
  assert.ok(value instanceof Map);
  return value;
}

function tensor(value: PthValue | undefined): StoredTensor {
  assert.ok(typeof value === "object" && value !== null && "dtype" in value);
  return value;
}

function refuses(bytes: Uint8Array<ArrayBuffer>, message: RegExp): void {
  assert.throws(() => decodePth(bytes, "run/x.pth"), (error) => {
    assert.ok(error instanceof PthError, String(error));
    assert.match(error.message, /^run\/x\.pth cannot be read as a PyTorch file: [^\n]*$/);
    assert.match(error.message, message);
    assert.ok(error.message.length < 300);
    return true;
  });
}

/** A .pth file around a pickle. */
function around(
  pickle: Uint8Array,
  ...storages: Uint8Array<ArrayBuffer>[]
): Uint8Array<ArrayBuffer> {
  return writeZip([
    { name: "x/data.pkl", bytes: Uint8Array.from(pickle) },
    ...storages.map((bytes, i) => ({ name: `x/data/${i}`, bytes })),
  ]);
}

for (
  const [path, group] of [
    ["12.ckpt/nnet.pth", "final."],
    ["nnet_legacy.pth", "final."],
    ["12.ckpt/nnet_ema.pth", "ema."],
    ["nnet_half.pth", "final."],
  ]
) {
  Deno.test(`decodePth() reads ${path} as the weights that PyTorch saved`, async () => {
    const expected = (await readGolden("training_scalelong3")).group(group);
    const found = dictionary(load(`golden/${path}`));
    assert.deepStrictEqual([...found.keys()].sort(), Object.keys(expected).sort());
    for (const [name, { shape, data }] of Object.entries(expected)) {
      const weights = tensor(found.get(name));
      assert.deepStrictEqual(weights.shape, shape, name);
      const half = path === "nnet_half.pth";
      assert.equal(weights.dtype, half ? "F16" : "F32");
      assert.deepStrictEqual(toFloat32(weights), half ? data.map(Math.f16round) : data, name);
    }
  });
}

Deno.test("decodePth() reads the step, the optimizer's and the scheduler's states", () => {
  assert.equal(load("golden/12.ckpt/step.pth"), 12);
  const scheduler = dictionary(load("golden/12.ckpt/lr_scheduler.pth"));
  assert.deepStrictEqual(scheduler.get("_last_lr"), [0.01]);
  assert.deepStrictEqual(scheduler.get("lr_lambdas"), [null]);
  const optimizer = dictionary(load("golden/12.ckpt/optimizer.pth"));
  const moments = dictionary(dictionary(optimizer.get("state")!).get(0)!);
  assert.deepStrictEqual([...moments.keys()], ["step", "exp_avg", "exp_avg_sq"]);
  assert.deepStrictEqual(tensor(moments.get("step")).data, Float32Array.of(12));
  assert.deepStrictEqual(tensor(moments.get("exp_avg")).shape, [1, 17, 32]);
  const [group] = optimizer.get("param_groups") as PthValue[];
  assert.deepStrictEqual(dictionary(group).get("betas"), [0.99, 0.999]);
});

for (const form of ["everything", "everything_protocol4", "everything_legacy"]) {
  Deno.test(`decodePth() reads every type, view and plain value of ${form}.pth`, () => {
    const everything = dictionary(load(`data/formats/${form}.pth`));
    const names = "float64 float32 float16 bfloat16 int64 int32 int16 int8 uint8 bool".split(" ");
    assert.deepStrictEqual(
      everything.get("dtypes"),
      new Map(names.map((name, i) => [name, ramp(DTYPES[i], 24)])),
    );
    const base = ramp("F32", 4, 6).data as Float32Array;
    const f32 = (shape: number[], at: number[]) => ({
      dtype: "F32",
      shape,
      data: Float32Array.from(at, (i) => base[i]),
    });
    const order = [0, 1, 2, 3, 4, 5].flatMap((column) => [0, 6, 12, 18].map((row) => row + column));
    assert.deepStrictEqual(
      everything.get("views"),
      new Map<string, unknown>([
        ["transposed", f32([6, 4], order)],
        ["row", f32([6], [6, 7, 8, 9, 10, 11])],
        ["column", f32([4], [2, 8, 14, 20])],
        ["corner", f32([2, 2], [10, 11, 16, 17])],
        ["expanded", f32([3, 2], [0, 0, 0, 0, 0, 0])],
        ["scalar", f32([], [7])],
        ["empty", f32([3, 0, 2], [])],
        ["parameter", f32([6], [0, 1, 2, 3, 4, 5])],
      ]),
    );
    const plain = [null, true, false, -3, 2 ** 40, -(2n ** 80n), 0.5, "text ü", [1, 2], [3, 4]];
    assert.deepStrictEqual(everything.get("plain"), plain);
    const counter = new Map([[30, 1]]);
    assert.deepStrictEqual(
      everything.get("numbers"),
      new Map<number, unknown>([[0, "zero"], [1, counter]]),
    );
    const arrays = [0.5, -7, ramp("F32", 2, 3), ramp("I64", 2, 3)];
    assert.deepStrictEqual(everything.get("numpy"), arrays);
    assert.equal(everything.get("device"), "cuda:1");
  });
}

Deno.test("pth round trips for every dtype, shape and plain value, and is deterministic", () => {
  const value: PthValue = new Map<string | number, PthValue>([
    ["tensors", new Map(Object.entries(everyRamp(DTYPES)))],
    [7, [null, true, false, 0, -1, 255, 2 ** 31, -(2 ** 31), 2 ** 53 - 1, 2n ** 63n, -(2n ** 90n)]],
    ["floats", [0.1, -0, NaN, Infinity, 1e300, 5e-324]],
    ["long", [-(2n ** 63n), -(2n ** 63n) - 1n, 2n ** 64n - 1n, 2n ** 200n]],
    ["text", ["", "ü", "\u0000", "x".repeat(70_000)]],
    ["nested", [[], [[1]], new Map([["a", new Map()]])]],
  ]);
  const bytes = encodePth(value);
  assert.deepStrictEqual(decodePth(bytes, "made"), value);
  assert.deepStrictEqual(encodePth(value), bytes);
  for (const plain of [null, 3, "x", [], ramp("F32", 2)]) {
    assert.deepStrictEqual(decodePth(encodePth(plain), "plain"), plain);
  }
});

Deno.test("decodePth() keeps shared storages shared", () => {
  const views = dictionary(dictionary(load("data/formats/everything.pth")).get("views")!);
  const row = tensor(views.get("row"));
  assert.equal(row.data.buffer, tensor(views.get("parameter")).data.buffer);
});

Deno.test("decodePth() calls nothing: what is unknown is opaque, and the rest is read", () => {
  const beside = (module: string, name: string) => {
    const pickle = new PickleWriter();
    pickle.mark().global(module, name).mark().text("true").tuple().reduce();
    return decodePth(around(pickle.number(7).tuple().end()), "x.pth");
  };
  for (const [module, name] of [["os", "system"], ["builtins", "eval"], ["torch", "__proto__"]]) {
    assert.deepStrictEqual(beside(module, name), [new OpaqueValue(`${module}.${name}`), 7]);
  }
  assert.deepStrictEqual(
    load("data/formats/module.pth"),
    new OpaqueValue("torch.nn.modules.linear.Linear"),
  );
  assert.throws(
    () => beside("torch", "FloatStorage"),
    /calls torch\.FloatStorage, which is refused/,
  );
});

Deno.test("decodePth() reads what is beside objects of every kind", () => {
  // Each as Python pickles it: a global, a call, an object with a state, with items, with keywords.
  const objects: Record<string, [pickle: string, expected: PthValue]> = {
    dtype: ["ctorch\nfloat32\n", new OpaqueValue("torch.float32")],
    namespace: [
      "cargparse\nNamespace\n)\x81}X\x02\0\0\0lrG?\xe0\0\0\0\0\0\0sb",
      new OpaqueValue("argparse.Namespace"),
    ],
    path: ["cpathlib\nPosixPath\nX\x01\0\0\0a\x85R", new OpaqueValue("pathlib.PosixPath")],
    time: ["cdatetime\ndatetime\nC\x02ab\x85R", new OpaqueValue("datetime.datetime")],
    omega: ["comegaconf\nDictConfig\n)}\x92}b", new OpaqueValue("omegaconf.DictConfig")],
    munch: ["cmunch\nMunch\n)\x81(K\x01K\x02u", new OpaqueValue("munch.Munch")],
    deque: ["ccollections\ndeque\n)R(K\x01K\x02e", new OpaqueValue("collections.deque")],
    old: [
      "ccopy_reg\n_reconstructor\n(cm\nOld\nc__builtin__\nobject\nNtR}b",
      new OpaqueValue("m.Old"),
    ],
    instance: ["(im\nOld\n}b", new OpaqueValue("m.Old")],
    set: ["cbuiltins\nset\n](K\x01K\x02e\x85R", [1, 2]],
    "set of protocol 4": ["\x8f(K\x01K\x02\x90", [1, 2]],
    defaults: ["ccollections\ndefaultdict\ncbuiltins\nint\n\x85RK\x01K\x02s", new Map([[1, 2]])],
    "frozen set": ["(K\x01K\x02\x91", [1, 2]],
    bytes: ["C\x02ab", new OpaqueValue("raw bytes")],
    keys: [
      "}ctorch\nfloat32\nK\x01sK\x01N\x86K\x02s",
      new Map([["<torch.float32>", 1], ["(1, null)", 2]]),
    ],
    complex: [
      "ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nComplexFloatStorage\n" +
      "X\x01\0\0\0" + "0X\x03\0\0\0cpuK\x01tQK\0))tR",
      new OpaqueValue("a tensor of torch.ComplexFloatStorage"),
    ],
    "protocol 0": [
      "(dp0\nVa\np1\nI5\nsVb\nF0.5\nsVc\nI01\ns",
      new Map<string, PthValue>([["a", 5], ["b", 0.5], ["c", true]]),
    ],
  };
  for (const [what, [text, expected]] of Object.entries(objects)) {
    const pickle = Uint8Array.from(`(${text}K\x07t.`, (character) => character.charCodeAt(0));
    assert.deepStrictEqual(decodePth(around(pickle), what), [expected, 7]);
  }
});

Deno.test("decodePth() refuses a damaged file and names the problem", () => {
  const strided = (offset: number, shape: number[], stride: number[], count = 4) => {
    const pickle = new PickleWriter();
    const list = (values: number[]) => {
      pickle.mark();
      values.forEach((value) => pickle.number(value));
      pickle.tuple();
    };
    pickle.global("torch._utils", "_rebuild_tensor_v2").mark();
    pickle.mark().text("storage").global("torch", "FloatStorage").text("0").text("cpu")
      .number(count).tuple().persistent().number(offset);
    list(shape);
    list(stride);
    pickle.tuple().reduce();
    return around(pickle.end(), tensorBytes(ramp("F32", 4)));
  };
  assert.deepStrictEqual(decodePth(strided(0, [4], [1]), "fine"), ramp("F32", 4));
  refuses(strided(1, [4], [1]), /reaches beyond its storage of 4/);
  refuses(strided(0, [2, 2], [3, 1]), /reaches beyond/);
  refuses(strided(0, [2, 2], [1]), /rebuilds a tensor in an unknown way/);
  refuses(strided(-1, [1], [1]), /in an unknown way/);
  refuses(strided(0, [4], [1], 5), /storage "0" of 5 F32 has 16 bytes/);
  refuses(strided(0, [2 ** 30, 2 ** 20], [0, 0]), /repeat a storage endlessly/);
  refuses(strided(0, new Array<number>(70).fill(1), new Array<number>(70).fill(1)), /unknown way/);
  refuses(new Uint8Array(0), /it is empty: it has 0 bytes$/);
  refuses(Uint8Array.of(1, 2), /neither a zip archive nor a pickle/);
  refuses(Uint8Array.of(0x80, 2, 0x4b, 1, 0x2e), /not of torch\.save/);
  refuses(writeZip([{ name: "a.txt", bytes: new Uint8Array(0) }]), /no data\.pkl/);
  const big = [{ name: "x/byteorder", bytes: new TextEncoder().encode("big") }];
  refuses(writeZip([{ name: "x/data.pkl", bytes: Uint8Array.of(78, 46) }, ...big]), /big-endian/);
  refuses(around(Uint8Array.of(78, 46, 0)), /more follows/);
  const legacy = read("data/formats/everything_legacy.pth");
  refuses(Uint8Array.from([...legacy, 0]), /1 bytes follow its storages/);
});

Deno.test("encodePth() refuses inconsistent tensors", () => {
  const lying = { ...ramp("F32", 2), shape: [3] };
  assert.throws(() => encodePth(lying), { name: "PthError", message: /does not hold 2 values/ });
  const round: PthValue[] = [];
  round.push(round);
  assert.throws(() => encodePth(round), { name: "PthError", message: /nested/ });
});
