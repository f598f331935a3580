import type { DeviceOptions } from "../../engine/device.ts";
import type { OperationExample } from "../../engine/testing/example.ts";
import { examples } from "../../engine/testing/registry.ts";
import { openDevice } from "../device.ts";
import { differingExamples } from "./differing_examples.ts";
import { f16Examples, testKernels } from "./test_kernels.ts";

interface Variant {
  readonly name: string;
  readonly options: DeviceOptions;
  /** Examples that may have kernels unlike those of the variants before. */
  readonly differing: RegExp;
  /** The same in f16. */
  readonly f16: RegExp;
}

const variants: readonly Variant[] = [
  {
    name: "of an integrated GPU",
    options: { adapterClass: "integrated" },
    // Attention's kernels of five vectors a row are those of eight, and compile sooner.
    differing: /^(?!attention: 1 x 5 )/,
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
  {
    name: "of AMD's GPUs",
    options: { adapterClass: "discrete", vendor: "amd" },
    differing: /^attention: (1 x 65|2 x 66|2 x 68) /,
    f16: /^attention: (1 x 65|2 x 66) /,
  },
];

/** Kinds of the kernels that run here or in `kernels_test.ts`, this adapter's first. */
const known = new Set<string>();

async function differing(
  options: DeviceOptions,
  ...lists: readonly (readonly OperationExample[])[]
): Promise<OperationExample[][]> {
  using device = await openDevice(options);
  return lists.map((list) => differingExamples(device.capabilities, list, known));
}

await differing({}, examples, f16Examples);
for (const { name, options, ...of } of variants) {
  const [f32, f16] = await differing(
    options,
    examples.filter(({ name }) => of.differing.test(name)),
    f16Examples.filter(({ name }) => of.f16.test(name)),
  );
  testKernels({ name, options, f32, f16 });
}
