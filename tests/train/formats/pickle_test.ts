import assert from "node:assert/strict";
import { NUMPY_GLOBALS } from "../../../train/formats/numpy_pickle.ts";
import { pickleGlobals, unpickle } from "../../../train/formats/pickle.ts";
import {
  type PickledValue,
  PickleError,
  PickleObject,
  plainValue,
} from "../../../train/formats/pickled_value.ts";

const globals = new Map([
  ...NUMPY_GLOBALS,
  ...pickleGlobals({ "m.list": ([items]) => [...items as unknown[]], "m.type": null }),
]);

/** Reads a pickle written as text, one character a byte. */
function read(text: string): PickledValue {
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  const { made, length } = unpickle(bytes, { globals });
  assert.equal(length, bytes.length);
  return plainValue(made, { opaque: false });
}

const refuses = (text: string, message: RegExp) =>
  assert.throws(() => read(text), (error) => {
    assert.ok(error instanceof PickleError, String(error));
    assert.match(error.message, message);
    return true;
  });

Deno.test("unpickle() reads plain values of protocols 1 to 5", () => {
  const read1 = (text: string) => read(text + ".");
  assert.equal(read1("N"), null);
  assert.equal(read1("\x88"), true);
  assert.equal(read1("K\xff"), 255);
  assert.equal(read1("M\x01\x02"), 513);
  assert.equal(read1("J\xff\xff\xff\xff"), -1);
  assert.equal(read1("\x8a\x00"), 0);
  assert.equal(read1("\x8a\x01\x80"), -128);
  assert.equal(read1("\x8b\x08\0\0\0\0\0\0\0\0\0\0\x80"), -(2n ** 63n));
  assert.equal(read1("G?\xe0\0\0\0\0\0\0"), 0.5);
  assert.equal(read1("X\x02\0\0\0\xc3\xbc"), "ü");
  assert.equal(read1("\x80\x04\x95\x05\0\0\0\0\0\0\0\x8c\x02\xc3\xbc\x94"), "ü");
  assert.equal(read1("U\x01\xfc"), "ü");
  assert.deepStrictEqual(read1("(K\x01K\x02t"), [1, 2]);
  assert.deepStrictEqual(read1("(K\x01K\x02l"), [1, 2]);
  assert.deepStrictEqual(read1("K\x01K\x02\x86K\x03\x85\x86"), [[1, 2], [3]]);
  assert.deepStrictEqual(read1("]q\0K\x01ah\x002\x87"), [[1], [1], [1]]);
  assert.deepStrictEqual(read1("](K\x01K\x02e"), [1, 2]);
  assert.deepStrictEqual(read1("(K\x01K\x02d"), new Map([[1, 2]]));
  assert.deepStrictEqual(
    read1("}(K\x01NK\x02NuK\x03Ns"),
    new Map([[1, null], [2, null], [3, null]]),
  );
  assert.deepStrictEqual(read1("K\x01(NN1K\x020\x85"), [1]);
});

Deno.test("unpickle() refuses every name that is not listed, by whatever opcode", () => {
  refuses("cos\nsystem\nX\x02\0\0\0ls\x85R.", /asks for "os\.system", which is refused/);
  refuses("\x8c\x02os\x8c\x06system\x93.", /asks for "os\.system"/);
  refuses("cbuiltins\nexec\n.", /"builtins\.exec"/);
  refuses("cm\ntype\n)R.", /calls m\.type, which is refused/);
  refuses("cm\ntype\n)\x81.", /calls m\.type, which is refused/);
  refuses("cm\ntype\n.", /holds m\.type where a value should be/);
  refuses("(ios\nsystem\n.", /asks for "os\.system"/);
  refuses("(cos\n", /ends early/);
  refuses("K\x01Q.", /data outside of itself/);
  refuses("K\x01)R.", /calls what is not a function/);
  refuses("]Nb.", /gives a state to a plain value/);
});

Deno.test("unpickle() refuses a damaged pickle and names the problem", () => {
  refuses("", /ends early/);
  refuses("K", /ends early/);
  refuses("X\xff\xff\xff\xffab.", /ends early/);
  refuses("\x8d\xff\xff\xff\xff\xff\xff\xff\xffab.", /ends early/);
  refuses("X\x01\0\0\0\xff.", /not UTF-8/);
  refuses("\x80\x09N.", /protocol 9 is unknown/);
  refuses(".", /pops from an empty stack/);
  refuses("NN.", /stops halfway/);
  refuses("(N.", /stops halfway/);
  refuses("t.", /a mark that was never set/);
  refuses("h\x05.", /recalls a value that was never memoised/);
  refuses("Na.", /pops from an empty stack/);
  refuses("NNa.", /something else for a list/);
  refuses("}(Nu.", /something else for a dictionary/);
  refuses("}\x88Ns.", /a key that is neither text nor a number/);
  refuses("C\x01a.", /raw bytes where a value should be/);
  refuses("\x8b\xff\xff\xff\x7f.", /a number of 2147483647 bytes/);
  refuses("cnumpy\ndtype\nU\x02f4\x85R.", /holds numpy\.dtype where a value should be/);
  refuses("cnumpy\nndarray\n)R.", /calls numpy\.ndarray/);
  refuses("cnumpy.core.multiarray\n_reconstruct\n)R.", /it has no values/);
  refuses("cnumpy.core.multiarray\nscalar\nNN\x86R.", /it has no type/);
});

Deno.test("unpickle() and plainValue() refuse pickles that would grow without bound", () => {
  const million = 1_000_000;
  refuses("(".repeat(million), /too many objects/);
  refuses("](" + "}".repeat(million) + "e.", /too many objects/);
  refuses("N" + "\x94".repeat(million), /memoises too many values/);
  refuses("N0".repeat(million) + "N0".repeat(million), /too many steps/);
  refuses("N" + "\x85".repeat(100_000) + ".", /nested over 500 deep/);
  refuses("N" + "2\x86".repeat(40) + ".", /unfolds to too many values/);
  refuses("]q\0h\0a.", /contains itself/);
  const list = "](" + "N".repeat(1000) + "eq\0cm\nlist\nq\x01";
  refuses(list + "h\x01h\0\x85R0".repeat(1000), /the same data over and over/);
});

Deno.test("plainValue() keeps shared values shared, and takes the values of objects", () => {
  const shared = [1];
  const [a, b] = plainValue([shared, shared], { opaque: false }) as PickledValue[];
  assert.equal(a, b);
  class Pair extends PickleObject {
    override value(): unknown[] {
      return [shared, "x"];
    }
  }
  assert.deepStrictEqual(plainValue(new Pair(), { opaque: false }), [[1], "x"]);
  assert.throws(() => new Pair().setState(null), PickleError);
});
