import { textTable } from "../../cli/text_table.ts";
import { allMs, type ExchangeTimes } from "./exchange_times.ts";
import type { RanksRow } from "./ranks_row.ts";
import { bytesSent, type Efficiency, LINKS, RANKS } from "./scaling_model.ts";

/** What several processes cost, as tables. */
export function ranksText(row: RanksRow): string {
  const { preset, parameters, batch, facts, pair, problem } = row;
  const megabytes = (n: number) => `${(bytesSent(facts.lengths, n) / 1e6).toFixed(1)} MB`;
  const exchange = (name: string, n: number, times: ExchangeTimes) => [
    name,
    megabytes(n),
    ...[times.map_ms, times.sum_ms, times.write_ms, allMs(times)].map(milliseconds),
  ];
  const measured = textTable(
    ["exchange of gradients", "sent by each", "copy, map", "sum", "write back", "all"],
    [
      exchange("1 process", 1, facts.alone),
      ...pair ? [exchange(`2 ranks here, ${pair.launcher}`, 2, pair.exchange)] : [],
    ],
    1,
  );
  return [
    `${preset}, ${(parameters / 1e6).toFixed(2)} M parameters, batch ${batch}`,
    measured,
    `step of 1 process: ${milliseconds(facts.step_ms)}, with half the batch ${
      milliseconds(facts.half_step_ms)
    }\n${pairText(row)}`,
    ...problem === null ? [] : [`not measured with two ranks: ${problem}`],
    predictedText(row, "shared", `a batch of ${batch} shared by all ranks`),
    predictedText(row, "own", `a batch of ${batch} for each rank`),
  ].join("\n\n");
}

function pairText({ pair, share, pair_step_ms }: RanksRow): string {
  const model = `with an adapter each, the model has ${milliseconds(pair_step_ms)}`;
  if (!pair || pair.step_ms === null || share === null) return `step of 2 ranks: ${model}`;
  const here = pair.shares_adapter ? "that share one adapter" : "with an adapter each";
  return `step of 2 ranks here, ${here}: ${milliseconds(pair.step_ms)}, of which the exchange is ${
    percent(share)
  } beyond waiting; ${model}`;
}

/** A line for each link, a column for each number of ranks. */
function predictedText(
  { predicted }: Pick<RanksRow, "predicted">,
  kind: keyof Efficiency,
  of: string,
): string {
  return textTable(
    [`predicted efficiency, ${of}`, ...RANKS.map((n) => `${n} ranks`)],
    LINKS.map(({ name }) => [
      name,
      ...predicted.filter(({ link }) => link === name)
        .map(({ efficiency }) => percent(efficiency[kind])),
    ]),
    1,
  );
}

function milliseconds(ms: number): string {
  return `${ms < 10 ? ms.toFixed(2) : ms.toFixed(1)} ms`;
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(fraction < 0.1 ? 1 : 0)}%`;
}
