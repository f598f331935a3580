/** What every rank of a job does in collective_test.ts; rank 0 prints what all found. */
import { broadcastValue } from "../../../train/collective/broadcast_value.ts";
import { launcherOf } from "../../../train/collective/launcher.ts";
import { MpiCollective } from "../../../train/collective/mpi_collective.ts";
import { MPI_VARIABLE } from "../../../train/collective/mpi_library.ts";
import { UserError } from "../../../engine/user_error.ts";
import { valuesOf } from "./values_of.ts";

try {
  const launcher = launcherOf((name) => Deno.env.get(name))!;
  const collective = MpiCollective.join(launcher, Deno.env.get(MPI_VARIABLE) ?? null);
  const { rank, size } = collective;
  const sums = new Float32Array(size * 5);
  await collective.sum(valuesOf(rank, size * 5), sums);
  const again = new Float32Array(size * 5);
  await collective.sum(valuesOf(rank, size * 5), again);
  const first = Uint8Array.from([rank, 7, rank]);
  await collective.broadcast(first);
  const said = await broadcastValue(collective, { rank, text: "é".repeat(3000) });
  await collective.barrier();
  const found = { rank, size, sums: [...sums], again: [...again], first: [...first], said };
  // Of different lengths.
  const all = await collective.gather(
    new TextEncoder().encode(`${JSON.stringify(found)}${" ".repeat(100 * rank)}`),
  );
  if (rank === 0) {
    console.log(JSON.stringify(all.map((bytes) => JSON.parse(new TextDecoder().decode(bytes)))));
  }
  await collective.leave();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.log(error.message);
}
