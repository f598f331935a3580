import { examples } from "../../engine/testing/registry.ts";
import { f16Examples, testKernels } from "./test_kernels.ts";

testKernels({ name: "of this adapter", options: {}, f32: examples, f16: f16Examples });
