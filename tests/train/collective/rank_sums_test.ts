import { deepStrictEqual as deepEqual, strictEqual as equal } from "node:assert/strict";
import { launched, missing, mpiNamed } from "./launched.ts";

const skipped = missing("Open MPI");
Deno.test(
  `RankSums gives all ranks the sums, a stop that one asks for, and states that are mended${skipped}`,
  { ignore: skipped !== "" },
  async () => {
    const { code, stdout, stderr } = await launched(
      mpiNamed("Open MPI"),
      3,
      "./summing_ranks.ts",
      [],
    ).output();
    equal(code, 0, new TextDecoder().decode(stderr));
    const sums = { a: [111, 222, 333], b: [3, -3], loss: [4.5] };
    const each = {
      sums: [{ ...sums, isStopping: false }, { ...sums, isStopping: true }],
      started: 7,
      equal: [],
      drifted: [1],
      mended: 7,
    };
    deepEqual(JSON.parse(new TextDecoder().decode(stdout)), [each, each, each]);
  },
);
