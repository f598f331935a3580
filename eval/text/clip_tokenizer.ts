import { dirname, join } from "node:path";
import { decodeText } from "../../train/formats/decode_text.ts";
import { isRecord } from "../../train/formats/is_record.ts";
import { cleanText } from "./clean_text.ts";
import { clipTokenizerJson, END, parseMerges, START, vocabularyOf } from "./clip_vocabulary.ts";
import { type BpeTokenizer, makeTokenizer } from "./load_tokenizers.ts";
import { fileIn, statOf } from "./stat_of.ts";
import { TextEncoderError, WHERE_FROM } from "./text_encoder_error.ts";

/**
 * A text as CLIP's text encoder takes it.
 * @category Text
 */
export interface ClipTokens {
  /** Start of text, the text's tokens, and ends of text up to the tokenizer's length. */
  readonly ids: Int32Array;
  /** The number of the text's tokens that did not fit, and were cut off. */
  readonly cut: number;
}

/**
 * CLIP's byte-pair tokenizer, over the vocabulary in a file.
 * @category Text
 */
export class ClipTokenizer {
  /** The file that the vocabulary was read from. */
  readonly file: string;
  /** The number of ids of each text, start and end of text included. */
  readonly length: number;
  /** The largest id, that of the end of text; texts are padded with it. */
  readonly end: number;
  readonly #start: number;
  readonly #tokenizer: BpeTokenizer;

  /** Takes a tokenizer that is known to have both ids; see {@linkcode openClipTokenizer}. */
  constructor(
    file: string,
    tokenizer: BpeTokenizer,
    [start, end]: [number, number],
    length: number,
  ) {
    this.file = file;
    this.length = length;
    this.end = end;
    this.#start = start;
    this.#tokenizer = tokenizer;
  }

  /** Cleans a text (see {@linkcode cleanText}), and cuts or pads its tokens to `length` ids. */
  encode(text: string): ClipTokens {
    const { ids } = this.#tokenizer.encode(cleanText(text), { add_special_tokens: false });
    const most = this.length - 2;
    const padded = new Int32Array(this.length).fill(this.end);
    padded[0] = this.#start;
    padded.set(ids.slice(0, most), 1);
    return { ids: padded, cut: Math.max(0, ids.length - most) };
  }
}

/** Files of a vocabulary, the best first. */
const FILES = ["tokenizer.json", "merges.txt"];

/**
 * Opens CLIP's tokenizer: a `tokenizer.json`, a `merges.txt` (a `vocab.json` beside it is read, too),
 * or a folder that has one of them, itself or in its `tokenizer/`.
 *
 * @param options.length the number of ids of each text; CLIP's 77 where absent
 * @throws {TextEncoderError} where there is none, or it is of another network
 * @category Text
 */
export async function openClipTokenizer(
  path: string,
  { length = 77 }: { readonly length?: number } = {},
): Promise<ClipTokenizer> {
  const file = await vocabularyFile(path);
  const content = file.endsWith(".json") ? await readJson(file) : await fromMerges(file);
  let tokenizer: BpeTokenizer;
  try {
    tokenizer = await makeTokenizer(content);
  } catch (error) {
    if (error instanceof TextEncoderError) throw error;
    throw new TextEncoderError(`${file}: is no tokenizer (${(error as Error).message})`);
  }
  const [start, end] = [START, END].map((token) => tokenizer.token_to_id(token));
  if (start === undefined || end === undefined) {
    throw new TextEncoderError(`${file}: is not CLIP's tokenizer: it has no ${START} or no ${END}`);
  }
  return new ClipTokenizer(file, tokenizer, [start, end], length);
}

async function vocabularyFile(path: string): Promise<string> {
  const stat = await statOf(path);
  if (stat?.isFile) return path;
  const folders = stat?.isDirectory ? [path, join(path, "tokenizer")] : [];
  const found = await fileIn(folders, FILES);
  if (found !== null) return found;
  const problem = stat === null
    ? "there is no such file or folder"
    : `has no ${FILES.join(" and no ")}`;
  throw new TextEncoderError(`${path}: ${problem}; ${WHERE_FROM}`);
}

async function readText(file: string): Promise<string> {
  try {
    return decodeText(await Deno.readFile(file));
  } catch (error) {
    throw new TextEncoderError(`${file}: cannot be read as text (${(error as Error).message})`);
  }
}

async function readJson(file: string): Promise<Record<string, unknown>> {
  const text = await readText(file);
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value)) return value;
  } catch {
    // Not JSON.
  }
  throw new TextEncoderError(`${file}: is no JSON object`);
}

async function fromMerges(file: string): Promise<object> {
  const merges = parseMerges(await readText(file));
  if (!merges) throw new TextEncoderError(`${file}: has no merges, two tokens a line`);
  const beside = join(dirname(file), "vocab.json");
  const vocab = (await statOf(beside))?.isFile ? await readJson(beside) : vocabularyOf(merges);
  if (!Object.values(vocab).every((id) => Number.isSafeInteger(id))) {
    throw new TextEncoderError(`${beside}: is not a table of tokens and their ids`);
  }
  return clipTokenizerJson(merges, vocab as Record<string, number>);
}
