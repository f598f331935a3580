import assert from "node:assert/strict";
import { ancestors } from "../../../engine/graph.ts";
import { applyOne, elementwise } from "../../../engine/ops/elementwise.ts";
import { compareWithReference, traceExample } from "../../../engine/testing/example.ts";
import { examples } from "../../../engine/testing/registry.ts";
import type { Operation } from "../../../engine/tensor.ts";
import { openDevice } from "../../device.ts";

const folder = new URL("../../../engine/ops/", import.meta.url);

Deno.test("examples reach every operation of engine/ops, backward ones through gradients", async () => {
  const reached = new Set<unknown>();
  for (const example of examples) {
    const { outputs, gradients } = traceExample(example);
    for (const { op } of ancestors([...outputs, ...gradients])) reached.add(op);
  }
  const missing: string[] = [];
  let count = 0;
  for await (const { name } of Deno.readDir(folder)) {
    const exported: Record<string, unknown> = await import(new URL(name, folder).href);
    for (const [key, value] of Object.entries(exported)) {
      if (!key.endsWith("Op")) continue;
      count++;
      if (!reached.has(value)) missing.push(`${key} of ${name}`);
    }
  }
  assert.ok(count > 30, `only ${count} operations found`);
  assert.deepEqual(missing, []);
});

Deno.test("examples have unique names", () => {
  const names = examples.map((example) => example.name);
  assert.deepEqual(names.filter((name, i) => names.indexOf(name) !== i), []);
});

/** An operation that scales by `onDevice` in its kernel and by `inReference` in float64. */
function scaling(onDevice: string, inReference: number, slope?: Operation<null>): Operation<null> {
  return elementwise<null>({
    name: "scale",
    arity: 1,
    wgsl: ([x]) => `(${x} * ${onDevice})`,
    f: ([x]) => x * inReference,
    adjoint: slope && ((_, grad) => [applyOne(slope, [grad], null)]),
  });
}

Deno.test("compareWithReference() detects a wrong output and a wrong gradient", async () => {
  using device = await openDevice();
  const compare = (op: Operation<null>) =>
    compareWithReference(device, {
      name: "scale",
      inputs: [{ shape: [5], dtype: "f32" }],
      differentiable: [0],
      build: ([x]) => [applyOne(op, [x], null)],
    });
  const right = scaling("2.0", 2);
  const { error, kernels } = await compare(scaling("2.0", 2, right));
  assert.ok(error < 1e-6);
  assert.ok(kernels.length > 0);
  assert.ok((await compare(scaling("2.0", 2.002, right))).error > 9e-4);
  assert.ok((await compare(scaling("2.0", 2, scaling("2.0", 2.002)))).error > 9e-4);
  const infinite = scaling("3e38 * 10.0", 3e39, right);
  assert.equal((await compare(infinite)).error, Infinity);
});
