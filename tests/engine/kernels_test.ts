import { testKernels } from "./test_kernels.ts";

testKernels({ name: "of this adapter", options: {}, differing: /./, f16: /./ });
