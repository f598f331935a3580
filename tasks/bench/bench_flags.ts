import { z } from "zod";
import { editDistance, nearest } from "../../train/config/nearest.ts";
import { type PresetName, presets } from "../../train/config/presets.ts";
import { UsageError } from "../../train/config/usage_error.ts";
import { parseFlags } from "../cli/flags.ts";
import { helpText } from "../cli/help_text.ts";
import { machineFields } from "../cli/machine_flags.ts";
import { FAMILIES } from "./compiled/families.ts";
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
  "ranks",
] as const;
/** Take minutes. */
const NAMED_ONLY: readonly string[] = ["estimate", "ranks"];
const PEERS = ["webgpu", "wasm"] as const;

/** One of each generation: RDNA 3, RDNA 2, GCN. */
const USUAL_FAMILIES = "navi31,navi21,vega10";

const flagsSchema = z.object({
  only: z.string().describe(
    `what to time, comma-separated: ${KINDS.join(", ")} (the last two take minutes: where named)`,
  ),
  peers: z.string().describe(`devices of jax-js to compare with: ${PEERS.join(", ")}, or none`),
  rounds: z.int().min(1).max(100).describe("how often each library takes its turn at a job"),
  compiled: z.string().describe(
    "time nothing; compile a training step's kernels with Mesa for AMD GPUs that are not there, and " +
      "print what became of them and the part of the peak rate that bounds each. Families, " +
      `comma-separated, of ${[...FAMILIES.keys()].join(", ")}; bare: ${USUAL_FAMILIES}`,
  ),
  preset: z.enum(Object.keys(presets) as [PresetName, ...PresetName[]])
    .describe(
      "whose training step --compiled takes (default cifar10), or whose gradients --only=ranks sums " +
        "(default quickstart)",
    ),
  json: z.boolean().describe("print the report as JSON, for programs"),
  help: z.boolean().describe("print this help"),
});

const defaults = new Map<string, unknown>([
  ["only", KINDS.filter((kind) => !NAMED_ONLY.includes(kind)).join(",")],
  ["peers", "webgpu"],
  ["rounds", 5],
]);

/** What the command line of `deno task bench` asks for. */
export interface BenchArguments {
  readonly only: readonly (typeof KINDS[number])[];
  readonly peers: readonly (typeof PEERS[number])[];
  readonly rounds: number;
  /** Families of GPUs that a step is compiled for; null where libraries are timed. */
  readonly compiled: readonly string[] | null;
  /** Whose step is compiled, or whose gradients are summed. */
  readonly preset: PresetName;
  readonly json: boolean;
  readonly help: boolean;
}

/**
 * Reads the command line.
 *
 * @throws {UsageError} where an argument is not a flag of this command or has an invalid value
 */
export function readBenchArguments(args: readonly string[]): BenchArguments {
  const given = parseFlags(args.map(withFamilies), flagsSchema);
  const flags = new Map([...defaults, ...given]);
  const compiled = flags.get("compiled") as string | undefined;
  const timing = ["only", "peers", "rounds"].filter((flag) => given.has(flag));
  if (compiled !== undefined && timing.length > 0) {
    throw new UsageError(timing.map((f) => `--${f}: --compiled times nothing; leave --${f} out`));
  }
  const peers = flags.get("peers") as string;
  const only = words("only", flags.get("only") as string, KINDS);
  if (compiled === undefined && given.has("preset") && !only.includes("ranks")) {
    throw new UsageError(
      "--preset: is of --compiled and --only=ranks alone, which are not given; leave it out",
    );
  }
  return {
    only,
    peers: peers === "none" ? [] : words("peers", peers, PEERS),
    rounds: flags.get("rounds") as number,
    compiled: compiled === undefined ? null : words("compiled", compiled, [...FAMILIES.keys()]),
    preset:
      (flags.get("preset") ?? (compiled === undefined ? "quickstart" : "cifar10")) as PresetName,
    json: flags.get("json") === true,
    help: flags.get("help") === true,
  };
}

/** The usual families where the flag is bare. */
function withFamilies(argument: string, i: number, all: readonly string[]): string {
  const isBare = argument === "--compiled" && (all[i + 1] ?? "--").startsWith("--");
  return isBare ? `${argument}=${USUAL_FAMILIES}` : argument;
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
      {
        command: "bench --only=ranks --preset=cifar10",
        does: "what several processes cost here, and the predicted efficiency of 2 to 64",
      },
      {
        command: "bench --compiled --preset=cifar10_unet",
        does: "what a compiler makes of a step's kernels: counts, no times, and no GPU needed",
      },
      { command: "bench --peers=none --json", does: "this engine alone, for programs" },
    ],
    schemas: [flagsSchema, machineFields],
    defaults,
  });
}
