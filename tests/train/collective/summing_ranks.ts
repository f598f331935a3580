/** What every rank of a job does in rank_sums_test.ts; rank 0 prints what all found. */
import { State } from "../../../engine/mod.ts";
import { launcherOf } from "../../../train/collective/launcher.ts";
import { MpiCollective } from "../../../train/collective/mpi_collective.ts";
import { RankSums } from "../../../train/collective/rank_sums.ts";
import { openDevice } from "../../device.ts";

const collective = MpiCollective.join(launcherOf((name) => Deno.env.get(name))!, null);
const { rank } = collective;
using device = await openDevice();
using grad = new State(device, { a: [3], b: [2] }, "grad");
using loss = new State(device, { loss: [] }, "loss");
using nnet = new State(device, { weight: [300] }, "nnet");
using ranks = new RankSums(device, { grad, loss }, [nnet], collective);

const sums: unknown[] = [];
for (const stops of [[], [1]]) {
  grad.write("a", Float32Array.of(1, 2, 3).map((value) => value * 10 ** rank));
  grad.write("b", Float32Array.of(rank, -rank));
  loss.write("loss", Float32Array.of(0.5 + rank));
  const isStopping = await ranks.exchange(stops.includes(rank));
  const { a, b } = await grad.read();
  sums.push({ a: [...a], b: [...b], loss: [...(await loss.read()).loss], isStopping });
}

const last = async () => (await nnet.read()).weight[299];
nnet.writePart("weight", 299, Float32Array.of(rank + 7));
await ranks.broadcast();
const started = await last();
const equal = await ranks.mend();
// The smallest difference that there is.
if (rank === 1) nnet.writePart("weight", 299, Float32Array.of(7 + 2 ** -21));
const [drifted, mended] = [await ranks.mend(), await last()];
const found = { sums, started, equal, drifted, mended };
const all = await collective.gather(new TextEncoder().encode(JSON.stringify(found)));
if (rank === 0) {
  console.log(JSON.stringify(all.map((bytes) => JSON.parse(new TextDecoder().decode(bytes)))));
}
await collective.leave();
