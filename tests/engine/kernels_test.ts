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

interface Variant {
  readonly name: string;
  readonly options: DeviceOptions;
  /** Examples whose kernels differ from those of the variants before. */
  readonly differing: RegExp;
  /** Examples that run in f16 as well. */
  readonly f16: RegExp;
}

const variants: readonly Variant[] = [
  { name: "of this adapter", options: {}, differing: /./, f16: /./ },
  {
    name: "of an integrated GPU",
    options: { adapterClass: "integrated" },
    differing: /./,
    f16: /^(linear: (7|9|3)|matmul: \d x|attention|conv2d: .2|layer_norm|group_norm|fused ep)/,
  },
  {
    name: "without 64-bit integers",
    options: { withoutInt64: true },
    differing: /^(linear: (65|13|300)|conv2d: .2, 8|layer_norm: 5|group_norm|softmax: .7|fused)/,
    f16: /^linear: (9|300)/,
  },
  {
    name: "without subgroups",
    options: { withoutSubgroups: true },
    differing: /^(linear: 7|attention|layer_norm|group_norm|softmax|sum|mean)/,
    f16: /^(attention: 1|layer_norm: 5|group_norm|softmax: .7|sum: .257)/,
  },
  {
    name: "of a discrete GPU, widest tile",
    options: { adapterClass: "discrete" },
    differing: /^(matmul: 64 |conv2d: \[2, 1, 63)/,
    f16: /^matmul: 64 /,
  },
];

for (const { name, options, differing, f16 } of variants) {
  Deno.test(`kernels ${name} agree with float64 in every example`, async () => {
    const chosen = examples.filter((example) => differing.test(example.name));
    assert.deepEqual(await failures(options, chosen, TOLERANCE), []);
  });

  Deno.test(`kernels ${name} agree with float64 in f16 memory`, async () => {
    const chosen = examples
      .filter(({ name }) => f16.test(name) && !WITHOUT_F16.test(name))
      .map(inF16);
    assert.deepEqual(await failures(options, chosen, F16_TOLERANCE), []);
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
