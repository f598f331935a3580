import { deepStrictEqual as deepEqual, strictEqual as equal } from "node:assert/strict";
import { compile } from "../../../engine/plan/compile.ts";
import { layOut } from "../../../engine/plan/layout.ts";
import { input } from "../../../engine/leaves.ts";
import { affine } from "../../../engine/ops/unary.ts";
import { openDevice } from "../../device.ts";

Deno.test("elementwise kernels of short arrays have no unrolled loop, and long ones are right to the end", async () => {
  using device = await openDevice();
  // Neither is of whole vectors.
  for (const [size, calls] of [[101, 1], [4099, 5]]) {
    const y = affine(input("x", [size]), 2, 1);
    const [{ code }] = layOut(device.capabilities, { outputs: { y } }).dispatches;
    equal(code.split("finish(i").length - 1, calls);
    using plan = await compile(device, { outputs: { y } });
    const x = Float32Array.from({ length: size }, (_, i) => i - 50);
    plan.run({ x });
    deepEqual(await plan.read("y"), x.map((value) => 2 * value + 1));
  }
});
