import assert from "node:assert/strict";
import type { DeviceOptions } from "../../engine/device.ts";
import {
  compareWithReference,
  inF16,
  type OperationExample,
} from "../../engine/testing/example.ts";
import { examples } from "../../engine/testing/registry.ts";
import { openDevice } from "../device.ts";

/** Ten times what rounding to f32 does to the longest sums; `E[x^2] - E[x]^2` would not pass. */
const TOLERANCE = 1e-5;
/** Twice what rounding to f16 does to a number: sums on the way are f32. */
const F16_TOLERANCE = 1e-3;

/** Operations for f32 alone, and an example that magnifies what f16 loses. */
const WITHOUT_F16 = /^(avg_pool2d|max|min|resize|pack|softmax: .*times 60)/;

/** The examples that run in f16 as well. */
export const f16Examples: readonly OperationExample[] = examples
  .filter(({ name }) => !WITHOUT_F16.test(name))
  .map(inF16);

/** Kernels that one adapter or another would choose, and the examples to run them in. */
export interface Sweep {
  readonly name: string;
  readonly options: DeviceOptions;
  readonly f32: readonly OperationExample[];
  readonly f16: readonly OperationExample[];
}

/** Declares the tests of a sweep. */
export function testKernels({ name, options, f32, f16 }: Sweep): void {
  Deno.test(`kernels ${name} agree with float64 in every example`, async () => {
    assert.deepEqual(await failures(options, f32, TOLERANCE), []);
  });

  Deno.test(`kernels ${name} agree with float64 in f16 memory`, async () => {
    assert.deepEqual(await failures(options, f16, F16_TOLERANCE), []);
  });
}

async function failures(
  options: DeviceOptions,
  chosen: readonly OperationExample[],
  tolerance: number,
): Promise<{ name: string; error: number; kernels: readonly string[] }[]> {
  using device = await openDevice(options);
  assert.ok(chosen.length > 1);
  const found = [];
  for (const example of chosen) {
    const { error, kernels } = await compareWithReference(device, example);
    if (!(error < tolerance)) found.push({ name: example.name, error, kernels });
  }
  return found;
}
