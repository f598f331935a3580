/** The values of MPI's constants that are used, in the way that a library takes them. */
export interface MpiAbi {
  /** Whose values they are, for messages. */
  readonly name: string;
  readonly COMM_WORLD: bigint;
  readonly BYTE: bigint;
  readonly FLOAT: bigint;
  readonly SUM: bigint;
  readonly ERRORS_RETURN: bigint;
  readonly THREAD_SERIALIZED: number;
}

/** The ABI that the MPI standard has since version 5: small integers. */
const STANDARD: MpiAbi = {
  name: "the MPI ABI",
  COMM_WORLD: 0x101n,
  BYTE: 0x247n,
  FLOAT: 0x210n,
  SUM: 0x21n,
  ERRORS_RETURN: 0x143n,
  THREAD_SERIALIZED: 2048,
};

/** MPICH's, and of all that are compatible with it since 2013: integers. */
const MPICH: MpiAbi = {
  name: "MPICH",
  COMM_WORLD: 0x44000000n,
  BYTE: 0x4c00010dn,
  FLOAT: 0x4c00040an,
  SUM: 0x58000003n,
  ERRORS_RETURN: 0x54000001n,
  THREAD_SERIALIZED: 2,
};

/** What a library shows of itself, before MPI is initialised. */
export interface MpiSigns {
  /** The major version by `MPI_Abi_get_version`; null where there is no such function. */
  readonly standard: number | null;
  /** The address of a symbol; null where there is none. */
  address(symbol: OpenMpiSymbol): bigint | null;
}

/** The symbols whose addresses are Open MPI's handles. */
export const OPEN_MPI_SYMBOLS = [
  "ompi_mpi_comm_world",
  "ompi_mpi_byte",
  "ompi_mpi_float",
  "ompi_mpi_op_sum",
  "ompi_mpi_errors_return",
] as const;
/** One of {@linkcode OPEN_MPI_SYMBOLS}. */
export type OpenMpiSymbol = typeof OPEN_MPI_SYMBOLS[number];

/**
 * Which of the three ABIs a library has: there is no header to ask. MPICH built with an ABI of its own
 * has the standard's function, too, and answers -1.
 */
export function mpiAbi({ standard, address }: MpiSigns): MpiAbi {
  if (standard !== null && standard >= 1) return STANDARD;
  const [COMM_WORLD, BYTE, FLOAT, SUM, ERRORS_RETURN] = OPEN_MPI_SYMBOLS.map(address);
  return COMM_WORLD && BYTE && FLOAT && SUM && ERRORS_RETURN
    ? { name: "Open MPI", COMM_WORLD, BYTE, FLOAT, SUM, ERRORS_RETURN, THREAD_SERIALIZED: 2 }
    : MPICH;
}
