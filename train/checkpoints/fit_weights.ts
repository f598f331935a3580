import { networkFromShapes } from "../../nets/network_from_shapes.ts";
import { methodsWithGates } from "../../nets/skip_scaling.ts";
import { CheckpointError } from "./checkpoint.ts";

/** Shapes of arrays by name. */
export type Shapes = Readonly<Record<string, readonly number[]>>;

/** How the arrays of a file match the parameters of a network. */
export interface WeightsFit {
  /** Names in the file, by parameter, of the arrays that match in name and shape. */
  readonly names: ReadonlyMap<string, string>;
  /** Parameters that the file lacks. */
  readonly missing: readonly string[];
  /** Arrays that match no parameter, by their names in the file. */
  readonly unexpected: readonly string[];
  /** Parameters whose array has another shape. */
  readonly misshapen: readonly string[];
  /** Shapes in the file, with the prefix `module.` removed. */
  readonly found: Shapes;
  /** Shapes of the network's parameters. */
  readonly expected: Shapes;
}

/** Weights do not fit the network; the message lists the keys that differ. */
export class WeightsError extends CheckpointError {
  /** The class's name. */
  override readonly name: string = "WeightsError";
}

/** At most so many names of one kind in a message. */
const LISTED = 6;
/** Prefix of every key after data-parallel training. */
const PARALLEL = "module.";

/** Matches the arrays of a file with the parameters of a network, by PyTorch key. */
export function fitWeights(inFile: Shapes, expected: Shapes): WeightsFit {
  const keys = Object.keys(inFile);
  const parallel = keys.length > 0 && keys.every((key) => key.startsWith(PARALLEL));
  const prefix = parallel ? PARALLEL : "";
  const found = Object.fromEntries(keys.map((key) => [key.slice(prefix.length), inFile[key]]));
  const names = new Map<string, string>();
  const missing: string[] = [];
  const misshapen: string[] = [];
  for (const [name, shape] of Object.entries(expected)) {
    if (!Object.hasOwn(found, name)) missing.push(name);
    else if (String(found[name]) !== String(shape)) misshapen.push(name);
    else names.set(name, prefix + name);
  }
  const unexpected = Object.keys(found)
    .filter((name) => !Object.hasOwn(expected, name))
    .map((name) => prefix + name);
  return { names, missing, unexpected, misshapen, found, expected };
}

/** Checks a fit. @throws {WeightsError} where anything is missing, unexpected or misshapen */
export function mustFit(fit: WeightsFit, source: string): void {
  const problems = misfits(fit);
  if (problems.length === 0) return;
  throw new WeightsError(
    [`${source}: does not hold this network's weights:`, ...problems].join("\n"),
  );
}

/** A line for each kind of difference, then possible explanations; empty where everything fits. */
export function misfits(fit: WeightsFit): string[] {
  const { missing, unexpected, misshapen, found, expected } = fit;
  const inFile = (name: string) => found[name] ?? found[name.slice(PARALLEL.length)];
  return [
    ...list("missing", missing, (name) => `${name} [${expected[name]}]`),
    ...list("unexpected", unexpected, (name) => `${name} [${inFile(name)}]`),
    ...list(
      "of another shape",
      misshapen,
      (name) => `${name} is [${found[name]}], the network's is [${expected[name]}]`,
    ),
    ...tokens(fit),
    ...hint(fit),
  ];
}

function list(kind: string, names: readonly string[], text: (name: string) => string): string[] {
  if (names.length === 0) return [];
  const more = names.length > LISTED ? ` and ${names.length - LISTED} more` : "";
  return [`  ${kind} (${names.length}): ${names.slice(0, LISTED).map(text).join(", ")}${more}`];
}

/** An LS gate of U-ViT has a weight per token, so it fits a single sequence length. */
function tokens({ misshapen, found, expected }: WeightsFit): string[] {
  const gate = misshapen.find((name) => /^se\.(\d+\.)?layer2\.bias$/.test(name));
  if (gate === undefined || !Object.hasOwn(expected, "pos_embed")) return [];
  return [
    `  the gate of LS belongs to L = ${found[gate]} tokens, and this network has L = ` +
    `${expected[gate]}: images or patches of another size`,
  ];
}

/** The flags that would make the network fit the file, as far as shapes determine them. */
function hint({ found, expected }: WeightsFit): string[] {
  const [theirs, ours] = [networkFromShapes(found), networkFromShapes(expected)];
  if (theirs.name === undefined || ours.name === undefined) return [];
  const keys = new Set([
    ...Object.keys(theirs),
    ...theirs.name === ours.name ? Object.keys(ours) : [],
  ]);
  const [has, wants] = [theirs, ours].map((known) =>
    new Map<string, unknown>(Object.entries(known))
  );
  // Weights without gates look alike, whichever method scales the skips.
  const [first, ...others] = methodsWithGates("none");
  const ungated = `${first} (or ${others.join(", ")})`;
  const flags = [...keys].filter((key) => String(has.get(key)) !== String(wants.get(key)))
    .map((key) => `--nnet.${key}=${has.get(key) ?? ungated}`);
  if (theirs.num_classes !== ours.num_classes) {
    flags.push(`--train.mode=${theirs.num_classes === -1 ? "uncond" : "cond"}`);
  }
  if (flags.length === 0) return [];
  const heads = theirs.name === "uvit" &&
    flags.some((flag) => flag.startsWith("--nnet.embed_dim="));
  return [`  the file fits ${flags.join(" ")}${heads ? "; no shape determines num_heads" : ""}`];
}
