import { type Collective, ONE_PROCESS } from "../../train/collective/collective.ts";
import type { Launcher } from "../../train/collective/launcher.ts";
import { MpiCollective } from "../../train/collective/mpi_collective.ts";
import { MPI_VARIABLE } from "../../train/collective/mpi_library.ts";
import { CollectiveError } from "../../train/collective/collective_error.ts";
import { watchStarter } from "./launch/watch_starter.ts";
import { launchedAs } from "./launched_as.ts";
import { Progress } from "./progress.ts";
import { FIRST_SAYS_MS } from "./rank_message.ts";
import { OTHERS, Watchdog } from "./watchdog/watchdog.ts";

/** The processes that a launcher started with this one; it alone where none did. */
export class Job implements Disposable {
  readonly #watchdog = new Watchdog();
  readonly #mpi: MpiCollective | null;

  private constructor(
    /** What started this process as one of several; null where nothing did. */
    readonly launcher: Launcher | null,
  ) {
    const named = Deno.env.get(MPI_VARIABLE) ?? null;
    // While rank 0 does what is its alone, the others wait, and need not say so.
    const onWait = launcher?.rank === 0 ? () => this.#watchdog.watch(OTHERS) : undefined;
    this.#mpi = launcher && MpiCollective.join(launcher, named, onWait);
  }

  /**
   * Joins the others, before anything can fail: from then on the end of one is the end of all. Alone,
   * no foreign library is touched.
   *
   * @throws {CollectiveError} where they cannot be joined, in the first process of each machine: it
   * is the machine's MPI that fails, and nothing tells the others of its end
   */
  static async join(): Promise<Job> {
    const launcher = launchedAs();
    if (launcher) watchStarter();
    try {
      return new Job(launcher);
    } catch (error) {
      if (!(error instanceof CollectiveError && launcher && launcher.local_rank > 0)) throw error;
      await new Promise((resolve) => setTimeout(resolve, FIRST_SAYS_MS));
      Deno.exit(1);
    }
  }

  /** What the processes do with each other. */
  get collective(): Collective {
    return this.#mpi ?? ONE_PROCESS;
  }

  /** A line of progress; rank 0 alone shows it, and notes. */
  progress(): Progress {
    return new Progress(this.collective.rank === 0 ? {} : { write: () => {} });
  }

  /** Leaves the others, together with them, where all went well. */
  async leave(): Promise<void> {
    await this.#mpi?.leave();
  }

  /** Stops watching the others. */
  [Symbol.dispose](): void {
    this.#watchdog[Symbol.dispose]();
  }
}
