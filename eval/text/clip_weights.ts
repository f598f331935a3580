import { basename, dirname, join } from "node:path";
import { type ClipTextConfig, clipTextParameters, clipTokenTable } from "../../nets/clip_text.ts";
import { parameterShapes } from "../../nets/parameters.ts";
import { CheckpointError } from "../../train/checkpoints/checkpoint.ts";
import { fitWeights, mustFit, type Shapes } from "../../train/checkpoints/fit_weights.ts";
import { openWeights, type WeightsFile } from "../../train/checkpoints/weights_file.ts";
import { isRecord } from "../../train/formats/is_record.ts";
import { notFinite } from "../../train/formats/not_finite.ts";
import { fileIn, statOf } from "./stat_of.ts";
import { TextEncoderError, WHERE_FROM } from "./text_encoder_error.ts";

/** An open file with the weights of CLIP's text encoder. */
export interface ClipWeights extends Disposable {
  /** The file; of an index, the index. */
  readonly file: string;
  /** The network that they are of. */
  readonly config: ClipTextConfig;
  /** The file's arrays. */
  readonly weights: WeightsFile;
  /** Names in the file, by parameter, the token table not among them. */
  readonly names: ReadonlyMap<string, string>;
  /** Name of the token table in the file. */
  readonly table: string;
}

/** Files of weights in a folder, the best first. */
const FILES = [
  "model.safetensors",
  "model.fp16.safetensors",
  "model.safetensors.index.json",
  "pytorch_model.bin",
];
const TABLE = "embeddings.token_embedding.weight";
const PREFIX = "text_model.";
/** Width of a head in every CLIP. */
const HEAD_WIDTH = 64;

/**
 * Opens the weights of CLIP's text encoder: a file of Hugging Face's (the text encoder's or the whole
 * CLIP's, safetensors or `.bin`), a Stable Diffusion 1 checkpoint, or a folder that has such a file,
 * itself or in its `text_encoder/`. What else the file holds is left alone.
 *
 * @throws {TextEncoderError} where there is none, or it is of another network
 * @throws {CheckpointError} where the file is damaged or incomplete
 */
export async function openClipWeights(path: string): Promise<ClipWeights> {
  const file = await weightsFile(path);
  using stack = new DisposableStack();
  const weights = stack.use(await openWeights(file, "nnet"));
  const prefix = prefixIn(weights.shapes, file);
  const inFile = new Map(
    Object.keys(weights.shapes)
      .filter((name) => name.startsWith(prefix) && !name.endsWith(".position_ids"))
      .map((name) => [PREFIX + name.slice(prefix.length), name]),
  );
  const found = Object.fromEntries(
    [...inFile].filter(([name]) =>
      /^text_model\.(embeddings|encoder|final_layer_norm)\./.test(name)
    )
      .map(([name, original]) => [name, weights.shapes[original]]),
  );
  const config = await configOf(found, file);
  const expected = parameterShapes((make) => clipTextParameters(config, make));
  const { name: tableName, shape } = clipTokenTable(config);
  const fit = fitWeights(found, { ...expected, [tableName]: shape });
  mustFit(fit, file);
  const names = new Map(Object.keys(expected).map((name) => [name, inFile.get(name)!]));
  weights.mustBeFinite(names);
  const opened = stack.move();
  return {
    ...{ file, config, weights, names, table: inFile.get(tableName)! },
    [Symbol.dispose]: () => opened.dispose(),
  };
}

async function weightsFile(path: string): Promise<string> {
  const stat = await statOf(path);
  if (stat?.isFile) return path;
  const folders = stat?.isDirectory ? [path, join(path, "text_encoder")] : [];
  const found = await fileIn(folders, FILES);
  if (found !== null) return found;
  const problem = stat === null
    ? "there is no such file or folder"
    : `has none of ${FILES.join(", ")}`;
  throw new TextEncoderError(`${path}: ${problem}; ${WHERE_FROM}`);
}

/** What all keys of the text encoder have before `embeddings.`, `encoder.` and so on. */
function prefixIn(shapes: Shapes, file: string): string {
  const keys = Object.keys(shapes);
  const tables = keys.filter((key) => key === TABLE || key.endsWith(`.${TABLE}`));
  if (tables.length === 1) return tables[0].slice(0, -TABLE.length);
  if (tables.length > 1) {
    throw new TextEncoderError(`${file}: has ${tables.length} text encoders: ${tables.join(", ")}`);
  }
  const fused = keys.find((key) =>
    /(^|\.)transformer\.resblocks\.\d+\.attn\.in_proj_weight$/.test(key)
  );
  throw new TextEncoderError(
    fused !== undefined
      ? `${file}: holds the text encoder of OpenCLIP, which Stable Diffusion 2 has, or CLIP as its ` +
        `authors saved it (${fused}), and not CLIP's as Hugging Face saves it; ${WHERE_FROM}`
      : `${file}: holds no text encoder of CLIP: none of its keys ends with ${TABLE}, the first is ` +
        `${keys[0] ?? "none"}; ${WHERE_FROM}`,
  );
}

/** The network's options, from the shapes of its parameters and the `config.json` beside the file. */
async function configOf(shapes: Shapes, file: string): Promise<ClipTextConfig> {
  const size = (name: string, dimension: number) => shapes[PREFIX + name]?.[dimension] ?? 0;
  const [vocab_size, hidden_size] = [0, 1].map((dimension) => size(TABLE, dimension));
  const layers = Object.keys(shapes)
    .map((name) => Number(/^text_model\.encoder\.layers\.(\d+)\./.exec(name)?.[1] ?? -1));
  const stated = await statedConfig(file);
  const { hidden_act = "quick_gelu", num_attention_heads = hidden_size / HEAD_WIDTH } = stated;
  if (hidden_act !== "quick_gelu") {
    throw new TextEncoderError(
      `${file}: its config.json says hidden_act ${hidden_act}, and CLIP ViT-L/14's is quick_gelu: ` +
        `it is another text encoder; ${WHERE_FROM}`,
    );
  }
  const heads = Number(num_attention_heads);
  if (!(Number.isInteger(heads) && heads > 0 && hidden_size % heads === 0)) {
    throw new TextEncoderError(
      `${file}: has tokens of width ${hidden_size}, no multiple of ${HEAD_WIDTH}: a config.json beside ` +
        "it must say its num_attention_heads",
    );
  }
  return {
    vocab_size,
    hidden_size,
    intermediate_size: size("encoder.layers.0.mlp.fc1.weight", 0),
    num_hidden_layers: Math.max(...layers) + 1,
    num_attention_heads: heads,
    max_position_embeddings: size("embeddings.position_embedding.weight", 0),
  };
}

/** What the `config.json` beside a file says of the text encoder; nothing where there is none. */
async function statedConfig(file: string): Promise<Record<string, unknown>> {
  const beside = join(dirname(file), "config.json");
  if (basename(file) === "config.json" || !(await statOf(beside))?.isFile) return {};
  try {
    const stated: unknown = JSON.parse(await Deno.readTextFile(beside));
    if (!isRecord(stated)) return {};
    return isRecord(stated.text_config) ? stated.text_config : stated;
  } catch (error) {
    throw new TextEncoderError(`${beside}: is not JSON (${(error as Error).message})`);
  }
}

/** The SHA-256 sum of a text encoder's weights, the token table among them. */
export function clipDigest({ weights, names, table, config }: ClipWeights): string {
  const { name, shape } = clipTokenTable(config);
  const shapes = parameterShapes((make) => clipTextParameters(config, make));
  return weights.digest(new Map([...names, [name, table]]), { ...shapes, [name]: shape });
}

/** Rows of the token table, `[ids.length, D]`; the file is read where they are. */
export function tokenRows(
  { weights, table, config, file }: ClipWeights,
  ids: ArrayLike<number>,
): Float32Array<ArrayBuffer> {
  const { hidden_size: width, vocab_size } = config;
  const rows = new Float32Array(ids.length * width);
  const first = new Map<number, number>();
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i];
    if (id >= vocab_size) {
      throw new TextEncoderError(`${file}: has ${vocab_size} tokens, and the tokenizer gave ${id}`);
    }
    const known = first.get(id);
    if (known !== undefined) {
      rows.copyWithin(i * width, known * width, (known + 1) * width);
      continue;
    }
    const row = weights.part(table, id * width, width);
    const fault = notFinite(table, row, id * width);
    if (fault !== null) throw new CheckpointError(`${file}: ${fault}`);
    rows.set(row, i * width);
    first.set(id, i);
  }
  return rows;
}
