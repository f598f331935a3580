import assert from "node:assert/strict";
import { evaluateReference } from "../../engine/reference.ts";
import { type OperationExample, traceExample } from "../../engine/testing/example.ts";
import { examples } from "../../engine/testing/registry.ts";

const STEP = 1e-5;

/** The largest difference from central differences, relative to the largest gradient. */
function gradientError(example: OperationExample): number {
  const { inputs, values, outputs, loss, gradients } = traceExample(example);
  const leaves = new Map(inputs.map((t, i) => [t, Float64Array.from(values[`input ${i}`])]));
  const byAdjoint = evaluateReference(gradients, leaves);
  const isBig = outputs.some((t) => t.size > 50000);
  let worst = 0;
  for (const [g, i] of example.differentiable.entries()) {
    const x = leaves.get(inputs[i])!;
    const magnitude = byAdjoint[g].reduce((top, v) => Math.max(top, Math.abs(v)), 0) || 1;
    for (const at of sample(x.length, isBig ? 3 : 20)) {
      const at0 = x[at];
      x[at] = at0 + STEP;
      const above = evaluateReference([loss], leaves)[0][0];
      x[at] = at0 - STEP;
      const below = evaluateReference([loss], leaves)[0][0];
      x[at] = at0;
      const difference = (above - below) / (2 * STEP);
      worst = Math.max(worst, Math.abs(difference - byAdjoint[g][at]) / magnitude);
    }
  }
  return worst;
}

/** Up to `count` indices below `size`, the first and the last among them. */
function sample(size: number, count: number): number[] {
  if (size <= count) return [...Array(size).keys()];
  return Array.from({ length: count }, (_, j) => Math.round(j * (size - 1) / (count - 1)));
}

Deno.test("grad() agrees with central differences for every example", () => {
  const failures = examples
    .filter((example) => example.differentiable.length > 0)
    .map((example) => ({ name: example.name, error: gradientError(example) }))
    .filter(({ error }) => !(error < 1e-7));
  assert.deepEqual(failures, []);
});
