import { z } from "zod";
import { editDistance, nearest } from "../../train/config/nearest.ts";
import { UsageError } from "../../train/config/usage_error.ts";
import { parseFlags } from "../cli/flags.ts";
import { helpText } from "../cli/help_text.ts";
import { machineFields } from "../cli/machine_flags.ts";
import { JOB_KINDS } from "./jobs.ts";

const KINDS = [
  ...JOB_KINDS,
  "conv",
  "training",
  "sampling",
  "inception",
  "decoder",
  "load",
  "stream",
  "estimate",
] as const;
const PEERS = ["webgpu", "wasm"] as const;

const flagsSchema = z.object({
  only: z.string().describe(
    `what to time, comma-separated: ${KINDS.join(", ")} (minutes; only where it is named)`,
  ),
  peers: z.string().describe(`devices of jax-js to compare with: ${PEERS.join(", ")}, or none`),
  rounds: z.int().min(1).max(100).describe("how often each library takes its turn at a job"),
  json: z.boolean().describe("print the report as JSON, for programs"),
  help: z.boolean().describe("print this help"),
});

const defaults = new Map<string, unknown>([
  ["only", KINDS.filter((kind) => kind !== "estimate").join(",")],
  ["peers", "webgpu"],
  ["rounds", 5],
]);

/** What the command line of `deno task bench` asks for. */
export interface BenchArguments {
  readonly only: readonly (typeof KINDS[number])[];
  readonly peers: readonly (typeof PEERS[number])[];
  readonly rounds: number;
  readonly json: boolean;
  readonly help: boolean;
}

/**
 * Reads the command line.
 *
 * @throws {UsageError} where an argument is not a flag of this command or has an invalid value
 */
export function readBenchArguments(args: readonly string[]): BenchArguments {
  const flags = new Map([...defaults, ...parseFlags(args, flagsSchema)]);
  const peers = flags.get("peers") as string;
  return {
    only: words("only", flags.get("only") as string, KINDS),
    peers: peers === "none" ? [] : words("peers", peers, PEERS),
    rounds: flags.get("rounds") as number,
    json: flags.get("json") === true,
    help: flags.get("help") === true,
  };
}

/** The words of a comma-separated list. */
function words<const W extends string>(flag: string, list: string, known: readonly W[]): W[] {
  return list.split(",").map((word) => {
    const found = known.find((k) => k === word);
    if (found !== undefined) return found;
    const like = nearest(word, known, editDistance);
    throw new UsageError(
      `--${flag}: ${JSON.stringify(word)} is none of ${known.join(", ")}` +
        (like === null ? "" : `; did you mean ${like}?`),
    );
  });
}

/** The help page. */
export function benchHelp(): string {
  return helpText({
    about:
      "Times the engine on this machine's adapter next to jax-js: the libraries take turns,\n" +
      "times are medians, ratios are the time of jax-js over ours. Results are checked.",
    examples: [
      { command: "bench --only=matmul,block", does: "the products and the block alone" },
      { command: "bench --peers=webgpu,wasm", does: "jax-js on the processor as well" },
      {
        command: "bench --only=estimate",
        does: "what --dry-run says of the presets, and what is so",
      },
      { command: "bench --peers=none --json", does: "this engine alone, for programs" },
    ],
    schemas: [flagsSchema, machineFields],
    defaults,
  });
}
