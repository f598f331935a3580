import assert from "node:assert/strict";
import type { Capabilities } from "../../../engine/capabilities.ts";
import type { Device } from "../../../engine/device.ts";
import { grad } from "../../../engine/grad.ts";
import { constant } from "../../../engine/leaves.ts";
import { conv2d } from "../../../engine/ops/conv2d.ts";
import { gelu } from "../../../engine/ops/gelu.ts";
import { linear } from "../../../engine/ops/linear.ts";
import { matmul } from "../../../engine/ops/matmul.ts";
import { mean } from "../../../engine/ops/sum.ts";
import { square } from "../../../engine/ops/unary.ts";
import { type Layout, layOut } from "../../../engine/plan/layout.ts";
import { Plan } from "../../../engine/plan/plan.ts";
import type { Tensor } from "../../../engine/tensor.ts";
import { openDevice } from "../../device.ts";

const LIMIT = 9;

const leaf = (...shape: number[]): Tensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  return constant(Array.from({ length: size }, (_, i) => Math.sin(1.3 * i + size)), shape);
};

/** Products with more than nine workgroups in the first, second and third dimension. */
const graphs: Record<string, () => Tensor[]> = {
  "a convolution and its gradients": () => {
    const [x, weight, bias] = [leaf(3, 2, 20, 20), leaf(3, 2, 3, 3), leaf(3)];
    const y = gelu(conv2d(x, weight, { bias, padding: 1 }));
    return [y, ...grad(mean(square(y)), [x, weight, bias])];
  },
  "a linear layer of many rows and its gradients": () => {
    const [x, weight, bias] = [leaf(2600, 8), leaf(12, 8), leaf(12)];
    const y = linear(x, weight, bias);
    return [y, ...grad(mean(square(y)), [x, weight, bias])];
  },
  "batched products": () => [matmul(leaf(5, 70, 10), leaf(5, 10, 130))],
  "slices of K": () => {
    const weight = leaf(12, 8);
    return grad(mean(linear(leaf(12 * 1024 + 3, 8), weight)), [weight]);
  },
};

async function valuesOf(device: Device, layout: Layout): Promise<Float32Array[]> {
  using plan = await Plan.build(device, layout);
  plan.run();
  return await Promise.all(layout.outputs.map(([name]) => plan.read(name)));
}

/** Most workgroups of a product in a dimension. */
const widest = ({ dispatches }: Layout): number =>
  Math.max(
    ...dispatches.flatMap(({ code, workgroups }) => code.includes("struct Gemm") ? workgroups : []),
  );

Deno.test("products within a small limit on workgroups compute the same bits", async () => {
  using device = await openDevice();
  const kinds: Partial<Capabilities>[] = [{}, { adapterClass: "integrated" }];
  let folded = 0;
  for (const [name, build] of Object.entries(graphs)) {
    for (const kind of kinds) {
      const outputs = Object.fromEntries(build().entries());
      const capabilities = { ...device.capabilities, ...kind };
      const usual = layOut(capabilities, { outputs });
      const small = layOut({ ...capabilities, maxWorkgroupsPerDimension: LIMIT }, { outputs });
      assert.ok(widest(small) <= LIMIT, `${name}: ${widest(small)} workgroups`);
      small.dispatches.forEach(({ code }, i) => {
        if (code.includes("folded")) folded++;
        else if (Math.max(...usual.dispatches[i].workgroups) <= LIMIT) {
          assert.equal(code, usual.dispatches[i].code);
        }
      });
      assert.deepEqual(await valuesOf(device, small), await valuesOf(device, usual), name);
    }
  }
  assert.ok(folded >= 8);
});

Deno.test("a convolution of two million positions is planned within the limit of 65535", async () => {
  using device = await openDevice();
  const y = conv2d(leaf(1, 1, 1, 1), leaf(1, 1, 1, 1), { padding: 724 });
  const { dispatches } = layOut(device.capabilities, { outputs: { y } });
  const { workgroups } = dispatches.find(({ label }) => label === "conv2d")!;
  assert.ok(workgroups.every((n) => n <= device.capabilities.maxWorkgroupsPerDimension));
});
