import { join } from "node:path";
import { replaceFile } from "../../files/durable.ts";
import { DatasetError } from "../dataset.ts";
import {
  type FeatureIndex,
  type FeatureRecipe,
  INDEX_FILE,
  readFeatureIndex,
  type ShardEntry,
  writeFeatureIndex,
} from "./feature_index.ts";
import {
  captionTensors,
  captionTexts,
  contextRows,
  imageTensors,
  momentRows,
} from "./feature_rows.ts";
import { encodeShard, readShardHead, rowBytes, type Rows } from "./row_shard.ts";

/** Rows of a shard take about so many bytes: as many are in memory, once more while it is written. */
const SHARD_BYTES = 1 << 26;

const LARGEST_F16 = 65504;

/**
 * A caption, its tokens, and what the text encoder made of them.
 * @category Data
 */
export interface EncodedCaption {
  /** As it was given to the tokenizer. */
  readonly text: string;
  /** `[tokens]` */
  readonly tokens: Int32Array;
  /** `[tokens, width]` */
  readonly context: Float32Array;
}

/**
 * An image's features.
 * @category Data
 */
export interface ImageFeatures {
  /** `[2 C, h, w]` */
  readonly moments: Float32Array;
  /** Its class. */
  readonly label: number;
  /** Numbers of its captions, as {@linkcode FeatureWriter.addCaption} gave them. */
  readonly captions?: readonly number[];
}

/**
 * Writes a folder of features file by file. What is written stays: after a kill, `open` finds the
 * images of all whole files, and the rest is added again.
 * @category Data
 */
export class FeatureWriter {
  #index: FeatureIndex;
  #images: ImageFeatures[] = [];
  #captions: EncodedCaption[] = [];
  /** Images left out since the last file. */
  #skipped = 0;
  /** Number of each distinct caption. */
  readonly #numbers: Map<string, number>;

  private constructor(
    /** Where the files are. */
    readonly folder: string,
    index: FeatureIndex,
    texts: readonly string[],
    /** Rows of a shard take about so many bytes. */
    readonly shard_bytes: number,
  ) {
    this.#index = index;
    this.#numbers = new Map(texts.map((text, number) => [text, number]));
  }

  /**
   * Begins a folder of features, or goes on with one of the same recipe.
   *
   * @throws {DatasetError} where the folder has features of another recipe, or is damaged
   */
  static async open(
    folder: string,
    recipe: FeatureRecipe,
    { shard_bytes = SHARD_BYTES }: { shard_bytes?: number } = {},
  ): Promise<FeatureWriter> {
    await Deno.mkdir(folder, { recursive: true });
    const begun = await readFeatureIndex(folder);
    if (!begun) {
      const index = { complete: false, ...recipe, skipped: 0, shards: [], contexts: [] };
      return new FeatureWriter(folder, index, [], shard_bytes);
    }
    mustBeSame(folder, begun, recipe);
    const rows = recipe.text_encoder && contextRows(recipe.text_encoder.shape);
    const texts: string[] = [];
    for (const entry of begun.contexts) {
      const { small } = await readShardHead(join(folder, entry.file), entry, rows!);
      texts.push(...captionTexts(small));
    }
    for (const entry of begun.shards) {
      await readShardHead(join(folder, entry.file), entry, momentRows(recipe));
    }
    return new FeatureWriter(folder, begun, texts, shard_bytes);
  }

  /** Images whose features are on the disk. */
  get done(): number {
    return this.#index.shards.reduce((sum, { n }) => sum + n, 0);
  }

  /** Images that were left out, among those before the next. */
  get skipped(): number {
    return this.#index.skipped;
  }

  /** Whether the folder is finished. */
  get isComplete(): boolean {
    return this.#index.complete;
  }

  /** The number of a caption that was added before, by this writer or an earlier one. */
  captionNumber(text: string): number | undefined {
    return this.#numbers.get(text);
  }

  /** Adds a distinct caption. @returns its number */
  async addCaption(caption: EncodedCaption): Promise<number> {
    const number = this.#numbers.size;
    this.#numbers.set(caption.text, number);
    this.#captions.push(caption);
    if (this.#captions.length >= this.#perShard(this.#contexts)) await this.#writeCaptions();
    return number;
  }

  /** Leaves the next image out. */
  skip(): void {
    this.#skipped++;
  }

  /**
   * Adds the next image. Its captions have been added.
   *
   * @throws {DatasetError} where the type of the moments does not hold them
   */
  async add(image: ImageFeatures): Promise<void> {
    const { dtype } = this.#index;
    const most = dtype === "F16" ? LARGEST_F16 : Number.MAX_VALUE;
    if (!image.moments.every((value) => Math.abs(value) <= most)) {
      throw new DatasetError(
        `the moments of image ${
          this.done + this.#images.length
        } are not finite, or too large for ` +
          `${dtype}: is that the right autoencoder?`,
      );
    }
    this.#images.push(image);
    if (this.#images.length >= this.#perShard(momentRows(this.#index))) await this.flush();
  }

  /** Returns once all that was added is on the disk. */
  async flush(): Promise<void> {
    await this.#writeCaptions();
    if (this.#images.length === 0) return;
    const rows = momentRows(this.#index);
    const images = this.#images;
    const small = imageTensors(
      images.map(({ label }) => label),
      this.#index.text_encoder && images.map(({ captions = [] }) => captions),
    );
    const entry = await this.#write(rows, images.map(({ moments }) => moments), {
      small,
      number: this.#index.shards.length,
    });
    const skipped = this.#index.skipped + this.#skipped;
    await this.#record({ shards: [...this.#index.shards, entry], skipped });
    this.#images = [];
    this.#skipped = 0;
  }

  /** Writes what is left, and marks the folder as finished. */
  async finish(): Promise<void> {
    await this.flush();
    await this.#record({ complete: true });
  }

  get #contexts(): Rows {
    return contextRows(this.#index.text_encoder!.shape);
  }

  async #writeCaptions(): Promise<void> {
    const captions = this.#captions;
    if (captions.length === 0) return;
    const entry = await this.#write(this.#contexts, captions.map(({ context }) => context), {
      small: captionTensors(captions.map(({ text }) => text), captions.map((c) => c.tokens)),
      number: this.#index.contexts.length,
    });
    await this.#record({ contexts: [...this.#index.contexts, entry] });
    this.#captions = [];
  }

  async #write(
    rows: Rows,
    values: readonly Float32Array[],
    { small, number }: { small: Parameters<typeof encodeShard>[3]; number: number },
  ): Promise<ShardEntry> {
    const size = rows.shape.reduce((n, d) => n * d, 1);
    const array = rows.dtype === "F16" ? Float16Array : Float32Array;
    const data = new array(values.length * size);
    values.forEach((row, i) => data.set(row, i * size));
    const file = `${rows.name}_${String(number).padStart(5, "0")}.safetensors`;
    const { bytes, entry } = encodeShard(file, rows, data, small);
    await replaceFile(join(this.folder, file), bytes);
    return entry;
  }

  /** The index names a file only when the file is on the disk. */
  async #record(changes: Partial<FeatureIndex>): Promise<void> {
    this.#index = { ...this.#index, ...changes };
    await writeFeatureIndex(this.folder, this.#index);
  }

  #perShard(rows: Rows): number {
    return Math.max(1, Math.floor(this.shard_bytes / rowBytes(rows)));
  }
}

/** @throws {DatasetError} with a line for each way in which a folder's features differ */
function mustBeSame(folder: string, begun: FeatureIndex, recipe: FeatureRecipe): void {
  const keys = Object.keys(recipe) as (keyof FeatureRecipe)[];
  const lines = keys.map((key) => ({
    key,
    before: JSON.stringify(begun[key]),
    now: JSON.stringify(recipe[key]),
  })).filter(({ before, now }) => before !== now)
    .map(({ key, before, now }) => `  ${key}: ${before}, now ${now}`);
  if (lines.length === 0) return;
  throw new DatasetError([
    `${join(folder, INDEX_FILE)} is of other features; choose another folder, or take this back:`,
    ...lines,
  ].join("\n"));
}
