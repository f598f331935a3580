import { deepStrictEqual as deepEqual, ok } from "node:assert/strict";
import type { Capabilities } from "../../engine/capabilities.ts";
import { examples } from "../../engine/testing/registry.ts";
import { codesOf, differingExamples, kindOf } from "./differing_examples.ts";

const software: Capabilities = {
  adapterClass: "software",
  vendor: "other",
  subgroupSize: 8,
  maxWorkgroupsPerDimension: 65535,
  maxWorkgroupMemory: 32768,
  maxStorageBuffers: 64,
  maxBindingBytes: 2 ** 31,
  f16: true,
  int64: true,
};
const integrated: Capabilities = { ...software, adapterClass: "integrated", int64: false };

Deno.test("differingExamples() leaves out no kind of kernel, and no example that adds no kernel", () => {
  const known = new Set<string>();
  differingExamples(software, examples, known);
  const before = new Set(known);
  const chosen = differingExamples(integrated, examples, known);
  ok(chosen.length < examples.length);
  const codes = new Set(chosen.flatMap((example) => codesOf(integrated, example)));
  for (const example of examples) {
    const needed = codesOf(integrated, example);
    const kinds = needed.map(kindOf).filter((kind) => !before.has(kind));
    const ran = new Set([...codes].map(kindOf));
    ok(kinds.every((kind) => ran.has(kind)), example.name);
    if (needed.every((code) => codes.has(code))) ok(chosen.includes(example), example.name);
  }
  // All is known then.
  deepEqual(differingExamples(integrated, examples, known), []);
});
