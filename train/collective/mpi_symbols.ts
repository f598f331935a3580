import { type MpiAbi, mpiAbi } from "./mpi_abi.ts";

/** Waits for other ranks: on a thread of its own, so that signals are heard meanwhile. */
const waits = { result: "i32", nonblocking: true } as const;
const at_once = { result: "i32" } as const;
const [data, count, handle] = ["buffer", "i32", "usize"] as const;

/** The functions that are used; a handle is as wide as a pointer or less in every ABI. */
const FUNCTIONS = {
  MPI_Init_thread: { parameters: ["pointer", "pointer", "i32", data], ...at_once },
  MPI_Finalize: { parameters: [], ...waits },
  MPI_Comm_rank: { parameters: [handle, data], ...at_once },
  MPI_Comm_size: { parameters: [handle, data], ...at_once },
  MPI_Comm_set_errhandler: { parameters: [handle, handle], ...at_once },
  MPI_Error_string: { parameters: ["i32", data, data], ...at_once },
  MPI_Barrier: { parameters: [handle], ...waits },
  MPI_Bcast: { parameters: [data, count, handle, "i32", handle], ...waits },
  MPI_Alltoall: { parameters: [data, count, handle, data, count, handle, handle], ...waits },
  MPI_Allgather: { parameters: [data, count, handle, data, count, handle, handle], ...waits },
  MPI_Allgatherv: {
    parameters: [data, count, handle, data, data, data, handle, handle],
    ...waits,
  },
  MPI_Reduce_local: { parameters: ["buffer", "pointer", count, handle, handle], ...at_once },
} as const;

/** What only some libraries have, and what tells them apart. */
const SIGNS = {
  MPI_Abi_get_version: { parameters: [data, data], ...at_once, optional: true },
  ompi_mpi_comm_world: { type: "pointer", optional: true },
  ompi_mpi_byte: { type: "pointer", optional: true },
  ompi_mpi_float: { type: "pointer", optional: true },
  ompi_mpi_op_sum: { type: "pointer", optional: true },
  ompi_mpi_errors_return: { type: "pointer", optional: true },
} as const;

/** The functions of an MPI library. */
export type MpiFunctions = Deno.StaticForeignLibraryInterface<typeof FUNCTIONS>;

/**
 * Binds a library that is loaded already.
 *
 * @returns its functions, and the constants that they take
 */
export function mpiSymbols(library: string): { functions: MpiFunctions; abi: MpiAbi } {
  const { symbols: functions } = Deno.dlopen(library, FUNCTIONS);
  const { symbols: signs } = Deno.dlopen(library, SIGNS);
  const abi = mpiAbi({
    standard: majorOf(signs.MPI_Abi_get_version),
    address: (symbol) => {
      const pointer = signs[symbol] ?? null;
      return pointer === null ? null : Deno.UnsafePointer.value(pointer);
    },
  });
  return { functions, abi };
}

/** The major version of the standard's ABI that a library has; null where it knows of none. */
function majorOf(
  ask: ((major: BufferSource, minor: BufferSource) => number) | null,
): number | null {
  const [major, minor] = [new Int32Array(1), new Int32Array(1)];
  return ask && ask(major, minor) === 0 ? major[0] : null;
}
