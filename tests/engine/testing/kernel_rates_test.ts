import { strictEqual as equal } from "node:assert/strict";
import type { PlanStep } from "../../../engine/plan/layout.ts";
import { KernelRates, workOf } from "../../../engine/testing/kernel_rates.ts";

const step = (label: string, flops: number, bytes: number): PlanStep => ({
  label,
  workgroups: [1, 1, 1],
  flops,
  bytes,
});

Deno.test("a kernel's work is what it binds, or its arithmetic where that is longer", () => {
  equal(workOf(step("copy", 0, 1000)), 1000);
  equal(workOf(step("add", 1000, 1000)), 1000);
  equal(workOf(step("linear", 80_000, 1000)), 10_000);
});

Deno.test("KernelRates scales each kind with its work, and takes the rest to be like its own sort", () => {
  const rates = new KernelRates([
    { step: step("linear", 8000, 10), count: 3, milliseconds: 2 },
    { step: step("linear", 16_000, 10), count: 1, milliseconds: 6 },
    { step: step("matmul", 8000, 10), count: 4, milliseconds: 8 },
    { step: step("add", 10, 1000), count: 2, milliseconds: 1 },
  ]);
  const equals = (steps: PlanStep[], expected: number) =>
    equal(rates.milliseconds(steps).toFixed(9), expected.toFixed(9));
  // 3 x 2 and 6 ms for 5 x 1000 of work.
  equals([step("linear", 8000, 10)], 12 / 5);
  equals([step("linear", 80_000, 20), step("matmul", 4000, 10)], 24 + 4);
  equals([step("add", 0, 500)], 0.5);
  // Neither was timed: as all products are, and as all that move memory are.
  equals([step("conv2d", 8000, 10)], (12 + 32) / 9);
  equals([step("softmax", 10, 4000)], 4);
  equals([], 0);
});

Deno.test("KernelRates knows nothing but what was timed", () => {
  const rates = new KernelRates([
    { step: step("linear", 8000, 10), count: 1, milliseconds: 2 },
  ]);
  equal(rates.milliseconds([step("add", 0, 500)]), 1);
});
