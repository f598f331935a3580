import { deepStrictEqual as deepEqual, rejects } from "node:assert/strict";
import { findLauncher } from "../../../../tasks/cli/launch/find_launcher.ts";
import { firstReason, optionsOf } from "../../../../tasks/cli/launch/launch_processes.ts";

/** What installed commands print of their version. */
const installed = (versions: Readonly<Record<string, string>>) => (command: string) =>
  Promise.resolve(versions[command] ?? null);

Deno.test("findLauncher() takes mpirun before mpiexec, and knows whose they are", async () => {
  const openmpi =
    "mpirun (Open MPI) 4.1.4\n\nReport bugs to http://www.open-mpi.org/community/help/\n";
  const mpich = "HYDRA build details:\n    Version:                                 4.0.2\n";
  const found = [
    await findLauncher(installed({ mpirun: openmpi, mpiexec: mpich })),
    await findLauncher(installed({ mpiexec: mpich })),
    await findLauncher(installed({ mpirun: "somebody's 1.0", mpiexec: mpich })),
  ];
  deepEqual(found, [
    { command: "mpirun", kind: "openmpi" },
    { command: "mpiexec", kind: "mpich" },
    { command: "mpiexec", kind: "mpich" },
  ]);
});

Deno.test("findLauncher() says what to install, and does not use what it does not know", async () => {
  const name = "CollectiveError";
  await rejects(findLauncher(installed({})), {
    name,
    message:
      "--num_processes: several processes need MPI, and there is neither mpirun nor mpiexec " +
      "here; install Open MPI (Debian, Ubuntu: apt-get install openmpi-bin) or MPICH",
  });
  await rejects(findLauncher(installed({ mpiexec: "somebody's 1.0" })), {
    name,
    message: "mpiexec: neither Open MPI's nor MPICH's; start the processes yourself, without " +
      "--num_processes",
  });
});

Deno.test("optionsOf() asks for processes, here or on the machines of a file", () => {
  const options = (kind: "openmpi" | "mpich", hostfile: string | null) =>
    optionsOf({ command: "mpirun", kind }, { num_processes: 4, hostfile }).join(" ");
  deepEqual([options("openmpi", null), options("openmpi", "f"), options("mpich", null)], [
    "-n 4 --bind-to none --quiet --oversubscribe",
    "-n 4 --bind-to none --quiet --hostfile f",
    "-n 4",
  ]);
  deepEqual(options("mpich", "f"), "-n 4 -f f");
});

Deno.test("firstReason() is what each launcher says first, in a line", () => {
  const line = "-".repeat(74);
  deepEqual([
    firstReason(
      `${line}\nThere are not enough slots available\nin the system:\n\n  true\n\n${line}\n`,
    ),
    firstReason(
      "[mpiexec@vm] HYDU_parse_hostfile (utils/args/args.c:319): unable to open host file: none\n" +
        "[mpiexec@vm] mfile_fn (ui/mpich/utils.c:333): error parsing hostfile\n",
    ),
    firstReason(`${line}\n\n`),
  ], [
    "There are not enough slots available in the system:",
    "unable to open host file: none",
    "it does not say why",
  ]);
});
