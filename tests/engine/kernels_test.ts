import assert from "node:assert/strict";
import type { DeviceOptions } from "../../engine/device.ts";
import { compareWithReference, examples } from "../../engine/registry.ts";
import { openDevice } from "../device.ts";

/** Ten times what rounding to f32 does to the longest sums; `E[x^2] - E[x]^2` would not pass. */
const TOLERANCE = 1e-5;

interface Variant {
  readonly name: string;
  readonly options: DeviceOptions;
  /** Examples whose kernels differ from those of the variants before. */
  readonly differing: RegExp;
}

const variants: readonly Variant[] = [
  { name: "of this adapter", options: {}, differing: /./ },
  { name: "of an integrated GPU", options: { adapterClass: "integrated" }, differing: /./ },
  {
    name: "without subgroups",
    options: { withoutSubgroups: true },
    differing: /^(linear: 7|attention|layer_norm|group_norm|softmax|sum|mean)/,
  },
  {
    name: "of a discrete GPU, widest tile",
    options: { adapterClass: "discrete" },
    differing: /^matmul: 64 /,
  },
];

for (const { name, options, differing } of variants) {
  Deno.test(`kernels ${name} agree with float64 in every example`, async () => {
    using device = await openDevice(options);
    const chosen = examples.filter((example) => differing.test(example.name));
    assert.ok(chosen.length > 1);
    const failures = [];
    for (const example of chosen) {
      const { error, kernels } = await compareWithReference(device, example);
      if (!(error < TOLERANCE)) failures.push({ name: example.name, error, kernels });
    }
    assert.deepEqual(failures, []);
  });
}
