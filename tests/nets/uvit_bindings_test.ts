import assert from "node:assert/strict";
import { grad, input, type Layout, layOut, mean, square, type Tensor } from "../../engine/mod.ts";
import { traceExample } from "../../engine/testing/example.ts";
import { examples } from "../../engine/testing/registry.ts";
import { uvit, type UVitConfig, uvitParameters } from "../../nets/uvit.ts";
import { presets } from "../../train/config/presets.ts";
import { openDevice } from "../device.ts";

/** The buffers of a kernel that every WebGPU adapter has. */
const LEAST = 8;

Deno.test("a U-ViT is as few kernels at eight buffers each as at the adapter's limit", async () => {
  using device = await openDevice();
  const config = presets.cifar10.nnet as UVitConfig;
  const leaves: Tensor[] = [];
  const params = uvitParameters(config, (name, shape) => {
    leaves.push(input(name, shape));
    return leaves[leaves.length - 1];
  });
  const y = uvit(params, { x: input("x", [2, 3, 32, 32]), timesteps: input("t", [2]) }, config);
  const gradients = grad(mean(square(y)), leaves);
  const layout = (outputs: readonly Tensor[], maxStorageBuffers: number): Layout =>
    layOut({ ...device.capabilities, adapterClass: "discrete", maxStorageBuffers }, {
      outputs: Object.fromEntries(outputs.entries()),
    });
  const most = ({ dispatches }: Layout): number =>
    Math.max(...dispatches.map(({ bindings }) => bindings.length));
  const forward = layout([y], LEAST);
  assert.ok(most(forward) <= LEAST);
  assert.equal(forward.dispatches.length, 107);
  assert.equal(layout([y], 48).dispatches.length, 107);
  const backward = layout(gradients, LEAST);
  assert.ok(most(backward) <= LEAST);
  assert.ok(backward.dispatches.length < 1.1 * layout(gradients, 48).dispatches.length);
});

Deno.test("every example is planned within eight buffers a kernel", async () => {
  using device = await openDevice();
  for (const adapterClass of ["software", "discrete"] as const) {
    const capabilities = { ...device.capabilities, adapterClass, maxStorageBuffers: LEAST };
    for (const example of examples) {
      const { outputs, gradients } = traceExample(example);
      const named = Object.fromEntries([...outputs, ...gradients].entries());
      for (const { label, bindings } of layOut(capabilities, { outputs: named }).dispatches) {
        assert.ok(bindings.length <= LEAST, `${example.name}: ${label} binds ${bindings.length}`);
      }
    }
  }
});
