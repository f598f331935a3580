import { deepStrictEqual as deepEqual, strictEqual as equal, throws } from "node:assert/strict";
import { processesOf } from "../../../tasks/train/processes.ts";
import type { Launcher } from "../../../train/collective/launcher.ts";
import { tinyConfig } from "../../tiny_config.ts";

const OWN = { num_processes: null, hostfile: null, dry_run: false, profile: false, probe: null };
const config = { ...tinyConfig(), workdir: "" };
const launcher: Launcher = {
  kind: "openmpi",
  name: "Open MPI's mpirun",
  rank: 1,
  local_rank: 1,
  size: 2,
};

Deno.test("processesOf() counts what was started, else what is asked for", () => {
  const counts = [
    processesOf(null, OWN, config),
    processesOf(null, { ...OWN, num_processes: 4, hostfile: "hosts" }, config),
    processesOf(launcher, OWN, config),
    processesOf(launcher, { ...OWN, num_processes: 2 }, config),
    processesOf(null, { ...OWN, num_processes: 1, dry_run: true }, config),
  ];
  deepEqual(counts, [1, 4, 2, 2, 1]);
});

Deno.test("processesOf() refuses in one line what several processes cannot do", () => {
  const said = (by: Launcher | null, own: Partial<Parameters<typeof processesOf>[1]>) => {
    let message = "";
    throws(() => processesOf(by, { ...OWN, ...own }, config), (error: Error) => {
      message = error.message;
      return error.name === "UsageError";
    });
    return message;
  };
  const single = "looks at one process; leave --num_processes out";
  deepEqual(
    [
      said(launcher, { num_processes: 3 }),
      said(null, { hostfile: "hosts" }),
      said(launcher, { dry_run: true }),
      said(null, { num_processes: 2, profile: true }),
      said(null, { num_processes: 2, probe: "every:10" }),
      said(null, { num_processes: 3 }),
    ],
    [
      "--num_processes: 3 processes are asked for, and Open MPI's mpirun started 2; leave it out there",
      "--hostfile: names the machines of several processes; set --num_processes",
      `--dry_run: ${single}`,
      `--profile: ${single}`,
      `--probe: ${single}`,
      "train.batch_size: a batch of 8 cannot be divided among 3 processes; take 6 or 9",
    ],
  );
  equal(processesOf(null, { ...OWN, num_processes: 8 }, config), 8);
});
