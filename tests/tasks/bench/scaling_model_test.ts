import { deepStrictEqual as deepEqual, ok, strictEqual as equal } from "node:assert/strict";
import { State } from "../../../engine/mod.ts";
import {
  bytesSent,
  efficiency,
  exchangeMs,
  LINKS,
  type ScalingFacts,
  sharedStepMs,
} from "../../../tasks/bench/ranks/scaling_model.ts";
import { twoRanks } from "../../../tasks/bench/ranks/two_ranks.ts";
import { type Collective, ONE_PROCESS } from "../../../train/collective/collective.ts";
import { RankSums } from "../../../train/collective/rank_sums.ts";
import { openDevice } from "../../device.ts";
import { tinyConfig } from "../../tiny_config.ts";
import { missing } from "../../train/collective/launched.ts";

const [box, ...networks] = LINKS;

Deno.test("bytesSent() is what RankSums gives to a sum: all parts but its own, there and back", async () => {
  using device = await openDevice();
  using grad = new State(device, { weight: [5, 3], bias: [7] }, "grad");
  using loss = new State(device, { loss: [] }, "loss");
  for (const size of [2, 3, 8]) {
    const lengths: number[] = [];
    const ranks: Collective = {
      ...ONE_PROCESS,
      size,
      sum(values, total) {
        lengths.push(values.length);
        return ONE_PROCESS.sum(values, total);
      },
    };
    using sums = new RankSums(device, { grad, loss }, [], ranks);
    await sums.exchange(false);
    const sent = lengths.map((length) => 2 * (size - 1) * 4 * (length / size));
    equal(bytesSent(grad.lengths, size), sent.reduce((a, b) => a + b));
  }
  equal(bytesSent(grad.lengths, 1), 0);
});

/** 100 MB of gradients in one segment; a step of 20 ms and 80 ms for the images. */
const FACTS: ScalingFacts = {
  lengths: [25_000_000 - 2],
  alone: { map_ms: 8, sum_ms: 10, write_ms: 2 },
  pair_sum_ms: 50,
  step_ms: 100,
  half_step_ms: 60,
};

Deno.test("the scaling model adds what the device, the host and the link take", () => {
  // Two ranks send 100 MB each: the sum is as measured, in a box without more.
  equal(exchangeMs(FACTS, 2, box), 8 + 50 + 2);
  // 16 ranks send 187.5 MB each, in 30 messages of 50 us.
  const gbit8 = { name: "8 Gbit/s", bytes_per_s: 1e9 };
  ok(Math.abs(exchangeMs(FACTS, 16, gbit8) - (10 + 93.75 + 187.5 + 1.5)) < 1e-3);
  // Without another rank the sum is a copy.
  equal(exchangeMs({ ...FACTS, pair_sum_ms: null }, 2, box).toFixed(3), "20.000");
  equal(exchangeMs(FACTS, 1, gbit8), 0);
  equal(sharedStepMs(FACTS, 2, box), 20 + 80 / 2 + 60);
  equal(sharedStepMs(FACTS, 4, box), 20 + 80 / 4 + 10 + 75);
  deepEqual(efficiency(FACTS, 2, box), { shared: 100 / 240, own: 100 / 160 });
});

Deno.test("a slower link and more ranks are less efficient", () => {
  const own = networks.map((link) => [2, 8, 64].map((n) => efficiency(FACTS, n, link).own));
  for (const row of own) deepEqual(row, row.toSorted((a, b) => b - a));
  for (const i of [0, 1, 2]) {
    const column = own.map((row) => row[i]);
    deepEqual(column, column.toSorted((a, b) => b - a));
  }
});

Deno.test({
  name: `two ranks time the exchange of a network's gradients${missing("Open MPI")}`,
  ignore: missing("Open MPI") !== "",
  async fn() {
    const orders = { config: tinyConfig(), rounds: 1, steps: false };
    const { launcher, exchange, step_ms } = await twoRanks(orders);
    ok(["Open MPI", "MPICH"].includes(launcher));
    equal(step_ms, null);
    for (const ms of Object.values(exchange)) ok(ms >= 0 && ms < 60_000, `${ms} ms`);
    ok(exchange.map_ms > 0 && exchange.sum_ms > 0);
  },
});
