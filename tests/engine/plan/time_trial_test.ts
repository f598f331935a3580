import assert from "node:assert/strict";
import { exp } from "../../../engine/ops/unary.ts";
import { layOut } from "../../../engine/plan/layout.ts";
import { timeTrial } from "../../../engine/plan/time_trial.ts";
import { constant } from "../../../engine/leaves.ts";
import { openDevice } from "../../device.ts";

Deno.test("no error scope of a time trial is open while others may work", async () => {
  using device = await openDevice();
  let open = 0;
  const { gpu, pipeline } = device;
  const [push, pop] = [gpu.pushErrorScope.bind(gpu), gpu.popErrorScope.bind(gpu)];
  gpu.pushErrorScope = (filter) => (open++, push(filter));
  gpu.popErrorScope = () => (open--, pop());
  device.pipeline = function (...kernel) {
    assert.equal(open, 0);
    return pipeline.apply(this, kernel);
  };
  const layout = layOut(device.capabilities, { outputs: { y: exp(constant([1, 2], [2])) } });
  assert.ok(await timeTrial(device, { layout, length: 1 }) !== null);
  assert.equal(open, 0);
});
