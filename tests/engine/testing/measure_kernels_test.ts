import { deepStrictEqual as deepEqual, ok, strictEqual as equal } from "node:assert/strict";
import { constant } from "../../../engine/leaves.ts";
import { matmul } from "../../../engine/ops/matmul.ts";
import { softmax } from "../../../engine/ops/softmax.ts";
import { layOut, planSteps } from "../../../engine/plan/layout.ts";
import { State } from "../../../engine/state.ts";
import { measureKernels } from "../../../engine/testing/measure_kernels.ts";
import { openDevice } from "../../device.ts";

const noise = (n: number) => Float32Array.from({ length: n }, (_, i) => Math.sin(i));

for (const withoutTimestamps of [false, true]) {
  const clock = withoutTimestamps ? "host's" : "device's";
  Deno.test(`measureKernels() times each kernel of a plan by the ${clock} clock, and leaves nothing`, async () => {
    using device = await openDevice({ withoutTimestamps });
    using state = new State(device, { w: [64, 64] }, "weights");
    const before = device.bufferBytes;
    // Four products, and a kernel that binds a state and overwrites it.
    let x = constant(noise(8 * 64), [8, 64]);
    for (let i = 0; i < 4; i++) x = matmul(x, state.tensor("w"));
    const update = { state: state.tensor("w"), value: softmax(state.tensor("w")) };
    const layout = layOut(device.capabilities, { outputs: { y: x }, updates: [update] });
    const samples = await measureKernels(device, [{ layout, runs: 3 }]);
    deepEqual(samples?.map(({ step }) => step), planSteps(layout));
    for (const { count, milliseconds } of samples ?? []) {
      equal(count, 3);
      ok(0 < milliseconds && milliseconds < Infinity, `${milliseconds}`);
    }
    equal(device.bufferBytes, before);
    equal((await state.read()).w.some((value) => value !== 0), false);
  });
}
