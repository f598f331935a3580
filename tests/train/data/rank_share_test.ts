import { deepStrictEqual as deepEqual } from "node:assert/strict";
import { shareOf } from "../../../train/data/rank_share.ts";

Deno.test("shareOf() divides a batch into consecutive parts", () => {
  const shares = [0, 1, 2].map((rank) => shareOf(12, { rank, size: 3 }));
  deepEqual(shares, [{ first: 0, n: 4 }, { first: 4, n: 4 }, { first: 8, n: 4 }]);
});
