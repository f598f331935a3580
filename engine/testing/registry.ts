import type { OperationExample } from "./example.ts";
import { elementwise } from "./examples/elementwise.ts";
import { gathers } from "./examples/gathers.ts";
import { images } from "./examples/images.ts";
import { products } from "./examples/products.ts";
import { rows } from "./examples/rows.ts";
import { sums } from "./examples/sums.ts";
import { views } from "./examples/views.ts";

/** Examples of every operation, at sizes around those where kernels take another path. */
export const examples: readonly OperationExample[] = [
  ...elementwise,
  ...products,
  ...rows,
  ...sums,
  ...images,
  ...views,
  ...gathers,
];
