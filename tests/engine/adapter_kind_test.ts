import assert from "node:assert/strict";
import { subgroupSizeOf } from "../../engine/adapter_kind.ts";

Deno.test("kernels rely on the size of subgroups only where it is one for all kernels", () => {
  const sizeOf = (subgroupMinSize: number, subgroupMaxSize: number) =>
    subgroupSizeOf({ subgroupMinSize, subgroupMaxSize });
  assert.equal(sizeOf(32, 32), 32);
  assert.equal(sizeOf(4, 4), 4);
  assert.equal(sizeOf(32, 64), 0);
  assert.equal(sizeOf(8, 32), 0);
  assert.equal(sizeOf(0, 0), 0);
});
