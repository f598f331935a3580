import { testKernels, type Variant } from "./test_kernels.ts";

const variants: readonly Variant[] = [
  {
    name: "of an integrated GPU",
    options: { adapterClass: "integrated" },
    // Those left out have no kernel whose text differs in more than numbers from the others'.
    differing: /^(?!conv2d: \[2, (3, 6, 8|8, 4, 4|2, 8, 9|3, 5, 9)\]|linear: (13|300|9) x \()/,
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

for (const variant of variants) testKernels(variant);
