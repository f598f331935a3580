import { deepStrictEqual as deepEqual } from "node:assert/strict";
import { mpiAbi, OPEN_MPI_SYMBOLS } from "../../../train/collective/mpi_abi.ts";

const none = () => null;

Deno.test("mpiAbi() tells the standard's ABI, Open MPI's and MPICH's apart", () => {
  const addresses = new Map(OPEN_MPI_SYMBOLS.map((name, i) => [name, BigInt(1000 + i)]));
  const address = (name: typeof OPEN_MPI_SYMBOLS[number]) => addresses.get(name) ?? null;
  const names = [
    { standard: 1, address: none },
    // Open MPI by the standard's ABI still has its own symbols.
    { standard: 1, address },
    { standard: null, address },
    { standard: null, address: none },
    // MPICH 5 with an ABI of its own.
    { standard: -1, address: none },
  ].map((signs) => mpiAbi(signs).name);
  deepEqual(names, ["the MPI ABI", "the MPI ABI", "Open MPI", "MPICH", "MPICH"]);
  const { COMM_WORLD, BYTE, FLOAT, SUM, ERRORS_RETURN } = mpiAbi({ standard: null, address });
  deepEqual([COMM_WORLD, BYTE, FLOAT, SUM, ERRORS_RETURN], [1000n, 1001n, 1002n, 1003n, 1004n]);
});
