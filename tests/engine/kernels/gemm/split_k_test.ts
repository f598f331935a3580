import assert from "node:assert/strict";
import { grad } from "../../../../engine/grad.ts";
import { layOut } from "../../../../engine/plan/layout.ts";
import { input } from "../../../../engine/leaves.ts";
import { conv2d } from "../../../../engine/ops/conv2d.ts";
import { linear } from "../../../../engine/ops/linear.ts";
import { mean } from "../../../../engine/ops/sum.ts";
import { openDevice } from "../../../device.ts";

Deno.test("a weight gradient of many rows is split on a GPU, and only there", async () => {
  using device = await openDevice({ adapterClass: "discrete" });
  const products = (rows: number, adapterClass: "discrete" | "software"): string[] => {
    const weight = input("weight", [12, 8]);
    const [dw] = grad(mean(linear(input("x", [rows, 8]), weight)), [weight]);
    const { dispatches } = layOut({ ...device.capabilities, adapterClass }, { outputs: { dw } });
    return dispatches.map(({ label }) => label).filter((label) => label.startsWith("linear_"));
  };
  const whole = "linear_weight_grad";
  assert.deepEqual(products(2047, "discrete"), [whole]);
  assert.deepEqual(products(2048, "discrete"), [whole, `${whole} (slices)`]);
  assert.deepEqual(products(2055, "discrete"), [whole, whole, `${whole} (slices)`]);
  assert.deepEqual(products(2055, "software"), [whole]);
});

Deno.test("a convolution's weight gradient is split between images", async () => {
  using device = await openDevice({ adapterClass: "discrete" });
  const products = (batch: number, size: number): number => {
    const weight = input("weight", [3, 2, 1, 1]);
    const [dw] = grad(mean(conv2d(input("x", [batch, 2, size, size]), weight)), [weight]);
    const { dispatches } = layOut(device.capabilities, { outputs: { dw } });
    return dispatches.filter(({ label }) => label.startsWith("conv2d_weight_grad")).length;
  };
  assert.equal(products(1, 64), 1);
  assert.equal(products(4, 16), 1);
  assert.equal(products(8, 16), 2);
  assert.equal(products(9, 16), 3);
});

Deno.test("weight gradients of U-ViT-S/2 fill a large GPU", async () => {
  using device = await openDevice({ adapterClass: "discrete" });
  const rows = 128 * 257;
  for (const [outs, ins] of [[2048, 512], [512, 512], [1536, 512], [512, 1024]]) {
    const weight = input("weight", [outs, ins]);
    const [dw] = grad(mean(linear(input("x", [rows, ins]), weight)), [weight]);
    const { dispatches } = layOut(device.capabilities, { outputs: { dw } });
    const { workgroups: [x, y, z] } = dispatches.find(({ flops }) => flops > rows * ins * outs)!;
    assert.ok(x * y * z >= 256, `${outs} x ${ins}: ${x} x ${y} x ${z}`);
  }
});
