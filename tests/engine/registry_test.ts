import assert from "node:assert/strict";
import { ancestors } from "../../engine/grad.ts";
import { affine } from "../../engine/ops/unary.ts";
import { applyOne, elementwise } from "../../engine/ops/elementwise.ts";
import { mul } from "../../engine/ops/binary.ts";
import {
  compareWithReference,
  examples,
  type OperationExample,
  traceExample,
} from "../../engine/registry.ts";
import { openDevice } from "../device.ts";

const folder = new URL("../../engine/ops/", import.meta.url);

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

Deno.test("examples have names of their own", () => {
  const names = examples.map((example) => example.name);
  assert.deepEqual(names.filter((name, i) => names.indexOf(name) !== i), []);
});

Deno.test("compareWithReference() sees a wrong output and a wrong gradient", async () => {
  using device = await openDevice();
  const doubling = (f: number, slope: number): OperationExample => {
    const op = elementwise<null>({
      name: "double",
      arity: 1,
      wgsl: ([x]) => `(${x} * 2.0)`,
      f: ([x]) => x * f,
      adjoint: ({ outputs: [y] }, grad) => [mul(grad, affine(y, 0, slope))],
    });
    return {
      name: "double",
      inputs: [{ shape: [5], dtype: "f32" }],
      differentiable: [0],
      build: ([x]) => [applyOne(op, [x], null)],
    };
  };
  const right = await compareWithReference(device, doubling(2, 2));
  assert.ok(right.error < 1e-6);
  assert.deepEqual(right.kernels, ["double+broadcast+mul+affine+mul"]);
  assert.ok((await compareWithReference(device, doubling(2.002, 2))).error > 9e-4);
  assert.equal((await compareWithReference(device, doubling(2, 2e38))).error, Infinity);
});
