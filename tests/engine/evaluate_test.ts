import assert from "node:assert/strict";
import { evaluate, sharedDevice } from "../../engine/evaluate.ts";
import { grad } from "../../engine/grad.ts";
import { constant, input } from "../../engine/leaves.ts";
import { mul } from "../../engine/ops/binary.ts";
import { mean } from "../../engine/ops/sum.ts";
import { evaluateReference } from "../../engine/reference.ts";
import { openDevice } from "../device.ts";

Deno.test("evaluate() computes values and gradients in one go", async () => {
  using device = await openDevice();
  const x = input("x", [3]);
  const [dx] = grad(mean(mul(x, x)), [x]);
  const values = await evaluate(dx, { x: Float32Array.of(3, 6, 12) }, device);
  [2, 4, 8].forEach((v, i) => assert.ok(Math.abs(values[i] - v) < 1e-6));
  assert.deepEqual([...await evaluate(constant([4, 5]), {}, device)], [4, 5]);
  assert.equal(device.bufferCount, 0);
});

Deno.test("evaluate() uses one device for the whole process", async () => {
  const own = await openDevice();
  own[Symbol.dispose]();
  const x = constant([1, 2]);
  assert.deepEqual([...await evaluate(mul(x, x))], [1, 4]);
  assert.equal(await sharedDevice(), await sharedDevice());
  (await sharedDevice())[Symbol.dispose]();
});

Deno.test("evaluateReference() takes leaves by name or tensor and names a missing one", () => {
  const x = input("x", [2]);
  const y = constant([10, 20]);
  const z = mul(x, y);
  assert.deepEqual([...evaluateReference([z], { x: [1, 2] })[0]], [10, 40]);
  const leaves = new Map([[x, [1, 2]], [y, [3, 4]]]);
  assert.deepEqual([...evaluateReference([z], leaves)[0]], [3, 8]);
  assert.throws(() => evaluateReference([z]), /input "x" was not given/);
});
