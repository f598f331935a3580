import { networkFromShapes } from "../../nets/network_from_shapes.ts";
import { CheckpointError } from "./checkpoint.ts";

/** Shapes by name. */
export type Shapes = Readonly<Record<string, readonly number[]>>;

/** How the arrays of a file and the parameters of a network go together. */
export interface WeightsFit {
  /** The array of each parameter that has one of its name and shape, by the parameter's name. */
  readonly names: ReadonlyMap<string, string>;
  /** Parameters that the file lacks. */
  readonly missing: readonly string[];
  /** Arrays that are none of the network's, by their names in the file. */
  readonly unexpected: readonly string[];
  /** Parameters whose array has another shape. */
  readonly misshapen: readonly string[];
  /** What was compared: shapes in the file, `module.` taken off, and in the network. */
  readonly found: Shapes;
  readonly wanted: Shapes;
}

/** Weights are not those of the network; the message lists every key that differs. */
export class WeightsError extends CheckpointError {
  override readonly name: string = "WeightsError";
}

/** Names of one kind in a message, at most. */
const LISTED = 6;
/** What data-parallel training puts before every key. */
const PARALLEL = "module.";

/** Compares the arrays of a file with the parameters of a network, by PyTorch key. */
export function fitWeights(inFile: Shapes, wanted: Shapes): WeightsFit {
  const keys = Object.keys(inFile);
  const parallel = keys.length > 0 && keys.every((key) => key.startsWith(PARALLEL));
  const prefix = parallel ? PARALLEL : "";
  const found = Object.fromEntries(keys.map((key) => [key.slice(prefix.length), inFile[key]]));
  const names = new Map<string, string>();
  const missing: string[] = [];
  const misshapen: string[] = [];
  for (const [name, shape] of Object.entries(wanted)) {
    if (!Object.hasOwn(found, name)) missing.push(name);
    else if (String(found[name]) !== String(shape)) misshapen.push(name);
    else names.set(name, prefix + name);
  }
  const unexpected = Object.keys(found)
    .filter((name) => !Object.hasOwn(wanted, name))
    .map((name) => prefix + name);
  return { names, missing, unexpected, misshapen, found, wanted };
}

/** @throws {WeightsError} where anything is missing, unexpected or of another shape */
export function mustFit(fit: WeightsFit, source: string): void {
  const problems = misfits(fit);
  if (problems.length === 0) return;
  throw new WeightsError(
    [`${source}: does not hold this network's weights:`, ...problems].join("\n"),
  );
}

/** A line for each kind of difference, then what explains it; none where all fits. */
export function misfits(fit: WeightsFit): string[] {
  const { missing, unexpected, misshapen, found, wanted } = fit;
  const inFile = (name: string) => found[name] ?? found[name.slice(PARALLEL.length)];
  return [
    ...list("missing", missing, (name) => `${name} [${wanted[name]}]`),
    ...list("unexpected", unexpected, (name) => `${name} [${inFile(name)}]`),
    ...list(
      "of another shape",
      misshapen,
      (name) => `${name} is [${found[name]}], the network's is [${wanted[name]}]`,
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

/** A gate of U-ViT's LS has a weight for each token, so that it serves one length of sequence only. */
function tokens({ misshapen, found, wanted }: WeightsFit): string[] {
  const gate = misshapen.find((name) => /^se\.(\d+\.)?layer2\.bias$/.test(name));
  if (gate === undefined || !Object.hasOwn(wanted, "pos_embed")) return [];
  return [
    `  the gate of LS belongs to L = ${found[gate]} tokens, and this network has L = ` +
    `${wanted[gate]}: images or patches of another size`,
  ];
}

/** The flags that would make the network the file's, as far as shapes can tell. */
function hint({ found, wanted }: WeightsFit): string[] {
  const [theirs, ours] = [networkFromShapes(found), networkFromShapes(wanted)];
  if (theirs.name === undefined || ours.name === undefined) return [];
  const keys = new Set([
    ...Object.keys(theirs),
    ...theirs.name === ours.name ? Object.keys(ours) : [],
  ]);
  const [has, wants] = [theirs, ours].map((known) =>
    new Map<string, unknown>(Object.entries(known))
  );
  const flags = [...keys].filter((key) => String(has.get(key)) !== String(wants.get(key)))
    .map((key) => `--nnet.${key}=${has.get(key) ?? "0 (or 1, 2)"}`);
  if (theirs.num_classes !== ours.num_classes) {
    flags.push(`--train.mode=${theirs.num_classes === -1 ? "uncond" : "cond"}`);
  }
  if (flags.length === 0) return [];
  const heads = theirs.name === "uvit" &&
    flags.some((flag) => flag.startsWith("--nnet.embed_dim="));
  return [`  the file fits ${flags.join(" ")}${heads ? "; num_heads no shape tells" : ""}`];
}
