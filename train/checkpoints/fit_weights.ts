import { networkFromShapes } from "../../nets/network_from_shapes.ts";
import { openTokens } from "../../nets/uvit_from_shapes.ts";
import { methodsWithGates } from "../../nets/skip_scaling.ts";
import { CheckpointError } from "./checkpoint_files.ts";

/**
 * Shapes of arrays by name.
 * @category Checkpoints
 */
export type Shapes = Readonly<Record<string, readonly number[]>>;

/**
 * How the arrays of a file match the parameters of a network.
 * @category Checkpoints
 */
export interface WeightsFit {
  /** Names in the file, by parameter, of the arrays that match in name and shape. */
  readonly names: ReadonlyMap<string, string>;
  /** Parameters that the file lacks. */
  readonly missing: readonly string[];
  /** Arrays that match no parameter, by their names in the file. */
  readonly unexpected: readonly string[];
  /** Parameters whose array has another shape. */
  readonly misshapen: readonly string[];
  /** What every key in the file has before the network's names, such as `module.`; often empty. */
  readonly prefix: string;
  /** Shapes in the file, with the prefix removed. */
  readonly found: Shapes;
  /** Shapes of the network's parameters. */
  readonly expected: Shapes;
}

/**
 * Weights do not fit the network; the message lists the keys that differ.
 * @category Checkpoints
 */
export class WeightsError extends CheckpointError {
  /** The class's name. */
  override readonly name: string = "WeightsError";
}

/** At most so many names of one kind in a message. */
const LISTED = 6;

/**
 * Matches the arrays of a file with the parameters of a network, by PyTorch key. A prefix that all
 * keys have in common (of data-parallel training, `torch.compile`, wrappers) is taken off.
 * @category Checkpoints
 */
export function fitWeights(inFile: Shapes, expected: Shapes): WeightsFit {
  const prefix = prefixOf(inFile, expected);
  const found = withoutPrefix(inFile, prefix);
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
  return { names, missing, unexpected, misshapen, prefix, found, expected };
}

/** A line where a prefix was taken off a file's keys; else none. */
export function prefixNote({ prefix }: WeightsFit, source: string): string[] {
  return prefix === "" ? [] : [`${source}: took the prefix ${prefix} off its keys`];
}

/** The prefix of all keys whose removal makes most of them the network's. */
function prefixOf(inFile: Shapes, expected: Shapes): string {
  const keys = Object.keys(inFile);
  let common = keys[0] ?? "";
  for (const key of keys) while (!key.startsWith(common)) common = common.slice(0, -1);
  const prefixes = [...common.matchAll(/\./g)].map(({ index }) => common.slice(0, index + 1));
  let [best, most] = ["", keys.filter((key) => Object.hasOwn(expected, key)).length];
  for (const prefix of prefixes) {
    const count = keys.filter((key) => Object.hasOwn(expected, key.slice(prefix.length))).length;
    if (count > most) [best, most] = [prefix, count];
  }
  if (most > 0) return best;
  // Another network's weights: the prefix behind which its names are.
  const isNetwork = (prefix: string) =>
    networkFromShapes(withoutPrefix(inFile, prefix)).name !== undefined;
  return ["", ...prefixes].find(isNetwork) ?? "";
}

function withoutPrefix(shapes: Shapes, prefix: string): Shapes {
  return Object.fromEntries(
    Object.entries(shapes).map(([key, shape]) => [key.slice(prefix.length), shape]),
  );
}

/**
 * Checks a fit. @throws {WeightsError} where anything is missing, unexpected or misshapen
 * @category Checkpoints
 */
export function mustFit(fit: WeightsFit, source: string): void {
  const problems = misfits(fit);
  if (problems.length === 0) return;
  throw new WeightsError(
    [`${source}: does not hold this network's weights:`, ...problems].join("\n"),
  );
}

/** A line for each kind of difference, then possible explanations; empty where everything fits. */
export function misfits(fit: WeightsFit): string[] {
  const { missing, unexpected, misshapen, prefix, found, expected } = fit;
  const inFile = (name: string) => found[name.slice(prefix.length)];
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

/** The settings that would make the network fit the file, as far as shapes determine them. */
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
  const settings = [...keys]
    .filter((key) => String(has.get(key)) !== String(wants.get(key)))
    .filter((key) => has.has(key) || key === "scalelong")
    .map((key) => `nnet.${key}=${has.has(key) ? has.get(key) : ungated}`);
  const [mode, our_mode] = [found, expected].map(modeOf);
  if (mode !== our_mode) settings.push(`train.mode=${mode}`);
  if (settings.length === 0) return [];
  const heads = theirs.name === "uvit" &&
    settings.some((setting) => setting.startsWith("nnet.embed_dim="));
  const tokens = openTokens(found);
  return [
    `  the file fits ${settings.join(" ")}${heads ? "; no shape determines num_heads" : ""}` +
    (tokens ? `; set nnet.num_clip_token and nnet.img_size so that ${tokens}` : ""),
  ];
}

function modeOf(shapes: Shapes): "uncond" | "cond" {
  const { num_classes = -1, ...rest } = networkFromShapes(shapes);
  const clip_dim = "clip_dim" in rest ? rest.clip_dim : null;
  return num_classes === -1 && !clip_dim ? "uncond" : "cond";
}
