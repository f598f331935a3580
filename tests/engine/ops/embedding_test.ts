import assert from "node:assert/strict";
import { constant, input } from "../../../engine/leaves.ts";
import { cast } from "../../../engine/ops/cast.ts";
import { embedding } from "../../../engine/ops/embedding.ts";
import { reshape } from "../../../engine/ops/views.ts";
import { compile } from "../../../engine/plan/compile.ts";
import { layOut } from "../../../engine/plan/layout.ts";
import { Plan } from "../../../engine/plan/plan.ts";
import { evaluateReference } from "../../../engine/reference.ts";
import { openDevice } from "../../device.ts";

const table = constant([1, 2, 3, 4, 5, 6], [3, 2]);
const index = Int32Array.of(2, 3, -1, 0);
const expected = [5, 6, NaN, NaN, NaN, NaN, 1, 2];

Deno.test("embedding() of an index without a row is NaN on the device, and in float64", async () => {
  using device = await openDevice();
  for (const dtype of ["f32", "f16"] as const) {
    if (dtype === "f16" && !device.capabilities.f16) continue;
    const y = embedding(cast(table, dtype), input("index", [4], "i32"));
    const layout = layOut(device.capabilities, { outputs: { y } });
    // Without what a plan knows of the rows, so that the kernel gets the indices.
    const inputs = new Map(
      Array.from(layout.placement.inputs, ([name, at]) => [name, { ...at, rows: null }]),
    );
    using plan = await Plan.build(device, {
      ...layout,
      placement: { ...layout.placement, inputs },
    });
    plan.run({ index });
    assert.deepEqual([...await plan.read("y")], expected);
    assert.deepEqual([...evaluateReference([y], { index })[0]], expected);
  }
});

Deno.test("embedding() refuses a constant index without a row", () => {
  for (const row of [3, -1]) {
    assert.throws(
      () => embedding(table, reshape(constant(Int32Array.of(0, row, 1, 2)), [2, 2])),
      new RegExp(`^ShapeError: embedding: index 1 is ${row}, and the table has rows 0 to 2$`),
    );
  }
});

Deno.test("a plan refuses an input that indexes a row which a table does not have", async () => {
  using device = await openDevice();
  const rows = input("labels", [4], "i32");
  const larger = constant([1, 2, 3, 4, 5], [5, 1]);
  const outputs = { y: embedding(table, reshape(rows, [2, 2])), z: embedding(larger, rows) };
  using plan = await compile(device, { outputs });
  plan.run({ labels: Int32Array.of(2, 0, 1, 2) });
  for (const row of [3, -1]) {
    assert.throws(
      () => plan.run({ labels: Int32Array.of(2, 0, 1, row) }),
      new RegExp(
        `^ShapeError: plan: the input "labels": index 3 is ${row}, and the table has rows 0 to 2$`,
      ),
    );
  }
  assert.deepEqual([...await plan.read("y")], [5, 6, 1, 2, 3, 4, 5, 6]);
});
