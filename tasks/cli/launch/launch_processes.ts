import { CollectiveError } from "../../../train/collective/collective_error.ts";
import { Interrupt } from "../interrupt.ts";
import { writeToStandardError } from "../standard_error.ts";
import { starterHere } from "./watch_starter.ts";
import { findLauncher, type MpiLauncher } from "./find_launcher.ts";

/** How many processes, and where. */
export interface Processes {
  readonly num_processes: number;
  /** The launcher's file of machines; null: all here. */
  readonly hostfile: string | null;
}

/** The exit code of a launcher whose processes SIGUSR2 ended, on Linux. */
const ENDED_BY_SIGUSR2 = 128 + 12;

/** Exit codes from here on are no signal's: 255 is ssh's. */
const LAST_SIGNAL_CODE = 128 + 65;

/** After the Ctrl-C that ends all, until the launcher itself is killed. */
const LAST_MS = 5000;

/**
 * Starts this command again as several processes, and waits for their end. A signal is passed on as the
 * one that the launcher passes on to all.
 *
 * @returns the exit code
 * @throws {CollectiveError} where no launcher is installed, or it starts nothing on the machines of
 * the file
 */
export async function launchProcesses(processes: Processes): Promise<number> {
  const launcher = await findLauncher();
  await mustStart(launcher, processes);
  const child = new Deno.Command(launcher.command, {
    args: [...optionsOf(launcher, processes), ...thisCommand()],
    env: { ...AS_ROOT, ...starterHere() },
    // Out of the terminal's reach: of its Ctrl-C, Open MPI's mpirun would end all within a second.
    detached: true,
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  const kill = (signal: Deno.Signal) => {
    try {
      child.kill(signal);
    } catch {
      // It has ended.
    }
  };
  using interrupt = new Interrupt(
    () => kill(PASSED_ON[launcher.kind]),
    () => {
      kill("SIGTERM");
      Deno.unrefTimer(setTimeout(() => kill("SIGKILL"), LAST_MS));
    },
  );
  const { code } = await child.status;
  // MPICH's launcher forgets the exit codes of those that it has passed a signal on to; and who does
  // not listen for it yet ends by it.
  if (interrupt.signal.aborted && (code === 0 || code === ENDED_BY_SIGUSR2)) return 130;
  if (launcher.kind === "openmpi" && code > 128 && code < LAST_SIGNAL_CODE && code !== 130) {
    writeToStandardError(
      `one of the processes was ended by signal ${code - 128}, and the others with it; the same ` +
        "command goes on from what is saved\n",
    );
  }
  return code;
}

/**
 * Checks the machines of a file, by a job that does nothing: what the launcher says of them otherwise
 * is many lines, or none.
 *
 * @throws {CollectiveError} with the launcher's first reason
 */
async function mustStart(launcher: MpiLauncher, processes: Processes): Promise<void> {
  const { num_processes, hostfile } = processes;
  if (hostfile === null) return;
  const options = optionsOf(launcher, processes).filter((option) => option !== "--quiet");
  const { success, stdout, stderr } = await new Deno.Command(launcher.command, {
    args: [...options, "true"],
    env: AS_ROOT,
    stdin: "null",
  }).output();
  if (success) return;
  const said = [stderr, stdout].map((bytes) => new TextDecoder().decode(bytes)).join("\n");
  throw new CollectiveError(
    `--hostfile: ${launcher.command} starts no ${num_processes} processes on the machines of ` +
      `${hostfile}: ${firstReason(said)}`,
  );
}

/** Where in MPICH's launcher a line comes from. */
const ORIGIN = /^\[mpiexec@\S+\] \S+ \([^)]*\): /;

/** The first reason that a launcher gives, as a line: a paragraph of Open MPI's, a line of MPICH's. */
export function firstReason(said: string): string {
  const text = said.replaceAll(/^-{5,}$/gm, "").trim();
  const first = ORIGIN.test(text)
    ? text.split("\n")[0].replace(ORIGIN, "")
    : text.split(/\n\s*\n/)[0].replaceAll(/\s+/g, " ");
  return first.trim() || "it does not say why";
}

/** What a launcher passes on to all processes, and survives. */
const PASSED_ON: Readonly<Record<MpiLauncher["kind"], Deno.Signal>> = {
  openmpi: "SIGUSR2",
  mpich: "SIGINT",
};

/** Open MPI starts nothing as root without these, as in containers. */
export const AS_ROOT = { OMPI_ALLOW_RUN_AS_ROOT: "1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1" };

/** The options of a launcher. */
export function optionsOf(
  { kind }: MpiLauncher,
  { num_processes, hostfile }: Processes,
): string[] {
  const n = ["-n", `${num_processes}`];
  if (kind === "mpich") return [...n, ...hostfile === null ? [] : ["-f", hostfile]];
  // A process bound to one core would starve its own threads; here GPUs count, and not cores.
  return [
    ...n,
    "--bind-to",
    "none",
    "--quiet",
    ...hostfile === null ? ["--oversubscribe"] : ["--hostfile", hostfile],
  ];
}

/** The command line of this process. */
function thisCommand(): string[] {
  return [Deno.execPath(), "run", "--quiet", "--allow-all", Deno.mainModule, ...Deno.args];
}
