import assert from "node:assert/strict";
import type { Capabilities } from "../../../engine/capabilities.ts";
import { grad } from "../../../engine/grad.ts";
import { workgroupBytes } from "../../../engine/kernels/workgroup_bytes.ts";
import { input } from "../../../engine/leaves.ts";
import { attention } from "../../../engine/ops/attention.ts";
import { mean } from "../../../engine/ops/sum.ts";
import { layOut } from "../../../engine/plan/layout.ts";
import { Plan } from "../../../engine/plan/plan.ts";
import { traceExample } from "../../../engine/testing/example.ts";
import { examples } from "../../../engine/testing/registry.ts";
import type { Tensor } from "../../../engine/tensor.ts";
import { openDevice } from "../../device.ts";

/** What every WebGPU adapter has. */
const LEAST = 16384;

/** Gradients of attention at a width of a head. */
function attentionGrad(width: number): Tensor {
  const qkv = input("qkv", [1, 70, 3 * width]);
  return grad(mean(attention(qkv, { heads: 1, scale: 1 })), [qkv])[0];
}

Deno.test("workgroupBytes() adds up declarations, and refuses what it does not know", () => {
  assert.equal(workgroupBytes("var<workgroup> a: array<vec4f, 3>;\nvar<private> b: f32;"), 48);
  assert.equal(
    workgroupBytes("var<workgroup> a: array<f32, 5>; var<workgroup> b: array<u32, 4>;"),
    48,
  );
  assert.equal(workgroupBytes("var<workgroup> a: array<array<array<vec4f, 16>, 2>, 3>;"), 1536);
  assert.throws(() => workgroupBytes("var<workgroup> a: array<mat4x4f, 2>;"), /no known size/);
});

Deno.test("kernels of every adapter class declare at most the least workgroup memory", async () => {
  using device = await openDevice();
  const kinds: Partial<Capabilities>[] = (["software", "integrated", "discrete"] as const)
    .flatMap((adapterClass) => [{ adapterClass }, { adapterClass, subgroupSize: 0 }]);
  const graphs = [
    ...examples.map((example) => {
      const { outputs, gradients } = traceExample(example);
      return [...outputs, ...gradients];
    }),
    ...[4, 32, 60, 64, 128].map((width) => [attentionGrad(width)]),
  ];
  for (const kind of kinds) {
    for (const graph of graphs) {
      const outputs = Object.fromEntries(graph.entries());
      const { dispatches } = layOut({ ...device.capabilities, ...kind }, { outputs });
      for (const { label, code } of dispatches) {
        const bytes = workgroupBytes(code);
        assert.ok(bytes <= LEAST, `${kind.adapterClass}: "${label}" needs ${bytes} bytes`);
      }
    }
  }
});

Deno.test("a kernel that needs more workgroup memory than there is is refused by name", async () => {
  using device = await openDevice({ adapterClass: "discrete" });
  const layout = layOut(device.capabilities, { outputs: { dqkv: attentionGrad(64) } });
  const capabilities = { ...device.capabilities, maxWorkgroupMemory: 8192 };
  Object.defineProperty(device, "capabilities", { value: capabilities });
  await assert.rejects(Plan.build(device, layout), /"flash_attention\w*" needs \d+ bytes of work/);
});
