import type { Collective } from "./collective.ts";
import { CollectiveError } from "./collective_error.ts";
import type { Launcher } from "./launcher.ts";
import type { MpiAbi } from "./mpi_abi.ts";
import { loadMpi, MPI_VARIABLE } from "./mpi_library.ts";
import { type MpiFunctions, mpiSymbols } from "./mpi_symbols.ts";

/** The longest error text of any ABI, bytes. */
const LONGEST_TEXT = 1024;

/** The ranks of an MPI job, all of those that a launcher started. */
export class MpiCollective implements Collective {
  readonly rank: number;
  readonly size: number;
  /** Library and ABI, for messages. */
  readonly library: string;
  readonly #mpi: MpiFunctions;
  readonly #abi: MpiAbi;
  readonly #onWait: (() => Disposable) | undefined;
  /** What the other ranks sent of this rank's part of a sum. */
  #received: Float32Array<ArrayBuffer> = new Float32Array(0);

  private constructor(
    mpi: MpiFunctions,
    abi: MpiAbi,
    library: string,
    onWait: (() => Disposable) | undefined,
  ) {
    this.#onWait = onWait;
    this.#mpi = mpi;
    this.#abi = abi;
    this.library = `${library} (${abi.name})`;
    const [provided, rank, size] = [new Int32Array(1), new Int32Array(1), new Int32Array(1)];
    this.#check(mpi.MPI_Init_thread(null, null, abi.THREAD_SERIALIZED, provided));
    if (provided[0] < abi.THREAD_SERIALIZED) {
      throw new CollectiveError(`${this.library} was built without threads: install another MPI`);
    }
    // Else an error ends the process with MPI's own words.
    this.#check(mpi.MPI_Comm_set_errhandler(abi.COMM_WORLD, abi.ERRORS_RETURN));
    this.#check(mpi.MPI_Comm_rank(abi.COMM_WORLD, rank));
    this.#check(mpi.MPI_Comm_size(abi.COMM_WORLD, size));
    this.rank = rank[0];
    this.size = size[0];
  }

  /**
   * Joins the job that a launcher started.
   *
   * @param named library that the person names; null: the one that belongs to the launcher
   * @param onWait called before each wait for the other ranks; its result is disposed afterwards
   * @throws {CollectiveError} where no MPI is installed, or the launcher is another MPI's
   */
  static join(
    { kind, name, size }: Launcher,
    named: string | null,
    onWait?: () => Disposable,
  ): MpiCollective {
    const library = loadMpi(kind, named);
    const { functions, abi } = mpiSymbols(library);
    const joined = new MpiCollective(functions, abi, library, onWait);
    if (joined.size === size) return joined;
    throw new CollectiveError(
      `${name} started ${size} processes, but ${joined.library} finds ${joined.size}: ` +
        (kind === "srun"
          ? "give srun the MPI type of that library (pmix for Open MPI, pmi2 for MPICH)"
          : "start them with the launcher of that library") +
        `, or name the launcher's library in ${MPI_VARIABLE}`,
    );
  }

  /** See {@linkcode Collective.sum}: each rank adds one part of the values, and all get all parts. */
  async sum(values: Float32Array, total: Float32Array): Promise<void> {
    const { size } = this;
    const { COMM_WORLD, FLOAT, SUM } = this.#abi;
    if (values.length % size !== 0 || total.length !== values.length) {
      throw new TypeError(`sum: ${values.length} values into ${total.length} on ${size} ranks`);
    }
    using _wait = this.#onWait?.();
    if (this.#received.length < values.length) this.#received = new Float32Array(values.length);
    const received = this.#received.subarray(0, values.length);
    const n = values.length / size;
    const sent = values as Float32Array<ArrayBuffer>;
    this.#check(
      await this.#mpi.MPI_Alltoall(sent, n, FLOAT, received, n, FLOAT, COMM_WORLD),
    );
    // The part of rank 0 first, then the others' in their order.
    const first = Deno.UnsafePointer.of(received);
    for (let rank = 1; rank < size; rank++) {
      const part = received.subarray(rank * n, (rank + 1) * n);
      this.#check(this.#mpi.MPI_Reduce_local(part, first, n, FLOAT, SUM));
    }
    this.#check(
      await this.#mpi.MPI_Allgather(
        received,
        n,
        FLOAT,
        total as Float32Array<ArrayBuffer>,
        n,
        FLOAT,
        COMM_WORLD,
      ),
    );
  }

  /** See {@linkcode Collective.broadcast}. */
  async broadcast(bytes: Uint8Array): Promise<void> {
    using _wait = this.#onWait?.();
    const { BYTE, COMM_WORLD } = this.#abi;
    const data = bytes as Uint8Array<ArrayBuffer>;
    this.#check(await this.#mpi.MPI_Bcast(data, bytes.length, BYTE, 0, COMM_WORLD));
  }

  /** See {@linkcode Collective.gather}. */
  async gather(bytes: Uint8Array): Promise<Uint8Array[]> {
    using _wait = this.#onWait?.();
    const { BYTE, COMM_WORLD } = this.#abi;
    const counts = new Int32Array(this.size);
    const own = Int32Array.of(bytes.length);
    this.#check(await this.#mpi.MPI_Allgather(own, 4, BYTE, counts, 4, BYTE, COMM_WORLD));
    const starts = new Int32Array(this.size);
    for (let i = 1; i < this.size; i++) starts[i] = starts[i - 1] + counts[i - 1];
    const all = new Uint8Array(starts[this.size - 1] + counts[this.size - 1]);
    const data = bytes as Uint8Array<ArrayBuffer>;
    this.#check(
      await this.#mpi.MPI_Allgatherv(
        data,
        bytes.length,
        BYTE,
        all,
        counts,
        starts,
        BYTE,
        COMM_WORLD,
      ),
    );
    return Array.from(counts, (n, i) => all.subarray(starts[i], starts[i] + n));
  }

  /** See {@linkcode Collective.barrier}. */
  async barrier(): Promise<void> {
    using _wait = this.#onWait?.();
    this.#check(await this.#mpi.MPI_Barrier(this.#abi.COMM_WORLD));
  }

  /**
   * Leaves the job, together with all ranks. Only where all went well: a rank that ends without makes
   * the launcher end the others.
   */
  async leave(): Promise<void> {
    await this.barrier();
    this.#check(await this.#mpi.MPI_Finalize());
  }

  #check(code: number): void {
    if (code === 0) return;
    const [text, length] = [new Uint8Array(LONGEST_TEXT), new Int32Array(1)];
    this.#mpi.MPI_Error_string(code, text, length);
    const said = new TextDecoder().decode(text.subarray(0, length[0]));
    throw new CollectiveError(`MPI failed: ${said || `error ${code}`}`);
  }
}
