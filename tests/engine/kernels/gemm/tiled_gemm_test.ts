import assert from "node:assert/strict";
import { linear } from "../../../../engine/ops/linear.ts";
import { layOut } from "../../../../engine/plan/layout.ts";
import { compareWithReference, traceExample } from "../../../../engine/testing/example.ts";
import { openDevice } from "../../../device.ts";

/** The first of the two parts is a whole tile wide; the second is not. */
const example = {
  name: "linear: 7 x (64 + 20) -> 12",
  inputs: [[7, 64], [7, 20], [12, 84]].map((shape) => ({ shape, dtype: "f32" as const })),
  differentiable: [0, 1, 2],
  build: (
    [x, skip, weight]: readonly Parameters<typeof linear>[1][],
  ) => [linear([x, skip], weight)],
};

Deno.test("tiles that are in one of two parts each choose it once, and agree with float64", async () => {
  using device = await openDevice({ adapterClass: "integrated" });
  const { outputs: [y], gradients: [, , dw] } = traceExample(example);
  const texts = layOut(device.capabilities, { outputs: { y, dw } }).dispatches
    .map(({ code }) => code);
  for (const choice of ["if (k0 < 64u)", "if (n0 < 64u)"]) {
    assert.equal(texts.filter((text) => text.includes(choice)).length, 1, choice);
  }
  const { error } = await compareWithReference(device, example);
  assert.ok(error < 1e-5, `${error}`);
});
