import { deepStrictEqual as deepEqual } from "node:assert/strict";
import { compile, type FloatType, input, unpackF16 } from "../../../engine/mod.ts";
import { openDevice } from "../../device.ts";

Deno.test("unpackF16() gives every f16 number, bit for bit, subnormal ones and infinities too", async () => {
  using device = await openDevice();
  const bits = Uint16Array.from({ length: 1 << 16 }, (_, i) => i);
  const words = new Uint32Array(bits.buffer);
  const types: FloatType[] = ["f32", ...device.capabilities.f16 ? ["f16" as const] : []];
  const given = input("words", [words.length], "u32");
  using plan = await compile(device, {
    outputs: Object.fromEntries(types.map((dtype) => [dtype, unpackF16(given, [1 << 16], dtype)])),
  });
  plan.run({ words });
  const expected = Float32Array.from(new Float16Array(bits.buffer));
  for (const dtype of types) {
    const actual = await plan.read(dtype);
    const differing = [...expected.keys()].filter((i) => !Object.is(actual[i], expected[i]));
    deepEqual(differing, [], dtype);
  }
});
