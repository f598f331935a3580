import { ok, strictEqual as equal } from "node:assert/strict";
import { PairwiseProducts } from "../../../../eval/metrics/linalg/pairwise_products.ts";
import { openDevice } from "../../../device.ts";
import { distance } from "../../../golden.ts";
import { plainProducts } from "./plain_products.ts";
import { seeded } from "../../seeded.ts";

Deno.test("PairwiseProducts multiplies all rows with all, fewer and more than a block", async () => {
  using device = await openDevice();
  const d = 33;
  using pairs = await PairwiseProducts.create(device, d);
  using few = await PairwiseProducts.create(device, d, 4);
  for (const [n, m] of [[3, 1], [3, 5], [513, 600]]) {
    const a = Float32Array.from(seeded(n * d, 1));
    const b = Float32Array.from(seeded(m * d, 2));
    const products = await pairs.products(a, b);
    equal(products.length, n * m);
    ok(distance(products, await plainProducts(d)(a, b)) < 1e-6);
    ok(distance(await few.products(a.slice(0, 99), b), products.slice(0, 3 * m)) < 1e-6);
  }
});
