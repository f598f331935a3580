import {
  deepStrictEqual as deepEqual,
  notDeepStrictEqual,
  strictEqual as equal,
} from "node:assert/strict";
import { launched, missing, mpiNamed } from "./launched.ts";
import { valuesOf } from "./values_of.ts";

const RANKS = 3;

/** The values of these ranks, added in this order in 32 bits. */
function summed(ranks: readonly number[]): number[] {
  const total = valuesOf(ranks[0], 5 * RANKS);
  for (const rank of ranks.slice(1)) {
    const values = valuesOf(rank, 5 * RANKS);
    total.forEach((sum, i) => total[i] = sum + values[i]);
  }
  return [...total];
}

for (const name of ["Open MPI", "MPICH"] as const) {
  const skipped = missing(name);
  Deno.test(
    `MpiCollective sums in the order of the ranks, broadcasts and gathers: ${name}${skipped}`,
    { ignore: skipped !== "" },
    async () => {
      const { code, stdout, stderr } = await launched(mpiNamed(name), RANKS, "./ranks.ts", [])
        .output();
      const decoder = new TextDecoder();
      equal(code, 0, decoder.decode(stderr));
      const sums = summed([0, 1, 2]);
      notDeepStrictEqual(sums, summed([2, 1, 0]));
      deepEqual(
        JSON.parse(decoder.decode(stdout)),
        [0, 1, 2].map((rank) => ({
          rank,
          size: RANKS,
          sums,
          again: sums,
          first: [0, 7, 0],
          said: { rank: 0, text: "é".repeat(3000) },
        })),
      );
    },
  );
}

const skipped = missing("Open MPI", "MPICH");
Deno.test(
  `MpiCollective refuses another MPI's launcher, and a library that there is not${skipped}`,
  { ignore: skipped !== "" },
  async () => {
    const said = async (library: string) => {
      const command = launched(mpiNamed("MPICH"), 2, "./ranks.ts", [], { SCALELONG_MPI: library });
      const { stdout } = await command.output();
      return new TextDecoder().decode(stdout).trimEnd().split("\n");
    };
    const wrong =
      "MPICH's mpiexec started 2 processes, but libmpi.so.40 (Open MPI) finds 1: start " +
      "them with the launcher of that library, or name the launcher's library in SCALELONG_MPI";
    deepEqual(await said("libmpi.so.40"), [wrong, wrong]);
    const none = "SCALELONG_MPI: libnone.so is no library that can be loaded here";
    deepEqual(await said("libnone.so"), [none, none]);
  },
);
