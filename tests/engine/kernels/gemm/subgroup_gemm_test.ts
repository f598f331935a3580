import { ok } from "node:assert/strict";
import { input } from "../../../../engine/leaves.ts";
import { linear } from "../../../../engine/ops/linear.ts";
import { layOut } from "../../../../engine/plan/layout.ts";

/** Characters of the kernel of a product on a software adapter. */
function lengthFor(subgroupSize: number): number {
  const y = linear(input("x", [64, 512]), input("w", [128, 512]));
  const { dispatches } = layOut({
    adapterClass: "software",
    vendor: "other",
    subgroupSize,
    maxWorkgroupsPerDimension: 65535,
    maxWorkgroupMemory: 32768,
    maxStorageBuffers: 10,
    maxBindingBytes: 2 ** 27,
    f16: false,
    int64: false,
  }, { outputs: { y } });
  return dispatches.reduce((sum, { code }) => sum + code.length, 0);
}

Deno.test("the kernel of a product is short for four lanes, whose driver compiles slowly", () => {
  const [four, eight] = [lengthFor(4), lengthFor(8)];
  ok(four < 0.7 * eight, `${four} characters, ${eight} for eight lanes`);
});
