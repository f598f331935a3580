import assert from "node:assert/strict";
import { constant, input } from "../../../engine/leaves.ts";
import { cast } from "../../../engine/ops/cast.ts";
import { embedding } from "../../../engine/ops/embedding.ts";
import { compile } from "../../../engine/plan/compile.ts";
import { openDevice } from "../../device.ts";

Deno.test("embedding() of an index without a row is NaN on the device", async () => {
  using device = await openDevice();
  const table = constant([1, 2, 3, 4, 5, 6], [3, 2]);
  for (const dtype of ["f32", "f16"] as const) {
    if (dtype === "f16" && !device.capabilities.f16) continue;
    const y = embedding(cast(table, dtype), input("index", [4], "i32"));
    using plan = await compile(device, { outputs: { y } });
    plan.run({ index: Int32Array.of(2, 3, -1, 0) });
    assert.deepEqual([...await plan.read("y")], [5, 6, NaN, NaN, NaN, NaN, 1, 2]);
  }
});
