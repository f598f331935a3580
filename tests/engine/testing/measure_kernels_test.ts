import { ok, strictEqual as equal } from "node:assert/strict";
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
  Deno.test(`measureKernels() times each kernel once by the ${clock} clock, and leaves nothing`, async () => {
    using device = await openDevice({ withoutTimestamps });
    using state = new State(device, { w: [64, 64] }, "weights");
    const before = device.bufferBytes;
    const plan = (rows: number) => {
      let x = constant(noise(rows * 64), [rows, 64]);
      // Four equal products, and a kernel that binds a state and overwrites it.
      for (let i = 0; i < 4; i++) x = matmul(x, state.tensor("w"));
      const update = { state: state.tensor("w"), value: softmax(state.tensor("w")) };
      return layOut(device.capabilities, { outputs: { y: x }, updates: [update] });
    };
    const [few, many] = [plan(8), plan(64)];
    const measure = (milliseconds: number) =>
      measureKernels(device, [{ layout: few, runs: 1 }], [{ layout: many, runs: 2 }], milliseconds);
    const all = await measure(60_000);
    equal(all.coverage, 1);
    ok(all.timed >= 2 && all.timed < few.dispatches.length, `${all.timed}`);
    const [a, b] = [few, many].map((layout) => all.rates.milliseconds(planSteps(layout)));
    ok(0 < a && a < b && b < Infinity, `${a} ${b}`);

    const one = await measure(0);
    equal(one.timed, 1);
    ok(one.coverage < 1);
    equal(device.bufferBytes, before);
    equal((await state.read()).w.some((value) => value !== 0), false);
  });
}
