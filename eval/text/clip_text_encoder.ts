import { basename, dirname } from "node:path";
import { counted } from "../../engine/counted.ts";
import {
  type Capabilities,
  compile,
  type Device,
  input,
  layOut,
  type MemoryNeed,
  memoryNeed,
  type Plan,
  type PlanSpec,
  State,
  StateLayout,
} from "../../engine/mod.ts";
import {
  CLIP_VIT_L_14,
  clipText,
  type ClipTextConfig,
  clipTextParameters,
} from "../../nets/clip_text.ts";
import { parameterShapes } from "../../nets/parameters.ts";
import type { EncodedTexts } from "../execution/encoded_texts.ts";
import { type ClipTokenizer, openClipTokenizer } from "./clip_tokenizer.ts";
import { clipDigest, type ClipWeights, openClipWeights, tokenRows } from "./clip_weights.ts";
import { statOf } from "./stat_of.ts";

/**
 * What text is encoded with, and how.
 * @category Text
 */
export interface ClipTextOptions {
  /**
   * Where the weights are: a folder with CLIP ViT-L/14's files or with Stable Diffusion 1's
   * `text_encoder/`, or a file of either.
   */
  readonly weights: string;
  /** Where the tokenizer's vocabulary is; beside the weights where absent. */
  readonly tokenizer?: string;
  /** Called with a line for each text that is too long and was cut. */
  readonly onNote?: (message: string) => void;
}

/**
 * Contexts of texts.
 * @category Text
 */
export interface TextContexts {
  /** `[n, tokens, width]`: the last hidden state of every token after the final norm. */
  readonly context: Float32Array;
  /** Tokens of a text, padding included: 77 in CLIP. */
  readonly tokens: number;
  /** Width of a token: 768 in CLIP ViT-L/14. */
  readonly width: number;
}

/** Texts per run of the network: a software adapter gains nothing from more than one. */
const BATCH = { software: 1, integrated: 8, discrete: 16 };

/** Characters of a text in a message. */
const SHOWN = 40;

/**
 * CLIP's text encoder on a device: texts in, contexts out. It holds the memory of its weights (340 MB
 * of ViT-L/14; the token table stays in the file) until it is disposed of.
 *
 * @example Contexts of two captions
 * ```ts
 * import { ClipTextEncoder, Device } from "@scalelong/scalelong";
 *
 * async function contextsOf(captions: string[]): Promise<Float32Array> {
 *   using device = await Device.open();
 *   using encoder = await ClipTextEncoder.open(device, { weights: "clip-vit-large-patch14" });
 *   const { context } = await encoder.encode(captions);
 *   return context; // [captions.length, 77, 768]
 * }
 * ```
 *
 * @category Text
 */
export class ClipTextEncoder implements Disposable {
  /** The device that it runs on. */
  readonly device: Device;
  /** The network. */
  readonly config: ClipTextConfig;
  /** The file of the weights. */
  readonly file: string;
  /** The tokenizer. */
  readonly tokenizer: ClipTokenizer;
  readonly #weights: ClipWeights;
  readonly #plan: Plan;
  readonly #batch: number;
  readonly #onNote: (message: string) => void;
  readonly #memory: DisposableStack;
  #sha256: string | null = null;

  private constructor(
    device: Device,
    { weights, tokenizer, plan, batch, onNote, memory }: {
      weights: ClipWeights;
      tokenizer: ClipTokenizer;
      plan: Plan;
      batch: number;
      onNote: (message: string) => void;
      memory: DisposableStack;
    },
  ) {
    this.device = device;
    this.config = weights.config;
    this.file = weights.file;
    this.tokenizer = tokenizer;
    this.#weights = weights;
    this.#plan = plan;
    this.#batch = batch;
    this.#onNote = onNote;
    this.#memory = memory;
  }

  /**
   * Reads the vocabulary, and puts the weights on the device.
   *
   * @throws {TextEncoderError} where a file is missing or of another network; nothing is downloaded
   * @throws {CheckpointError} where the weights are damaged or not finite
   */
  static async open(
    device: Device,
    { weights: path, tokenizer: vocabulary, onNote = () => {} }: ClipTextOptions,
  ): Promise<ClipTextEncoder> {
    using stack = new DisposableStack();
    const weights = stack.use(await openClipWeights(path));
    const { config } = weights;
    const tokenizer = await openClipTokenizer(vocabulary ?? await besideWeights(path), {
      length: config.max_position_embeddings,
    });
    const shapes = parameterShapes((make) => clipTextParameters(config, make));
    const state = stack.use(new State(device, shapes, "clip_text"));
    await weights.weights.load(state, weights.names);
    const batch = BATCH[device.capabilities.adapterClass];
    const plan = stack.use(await compile(device, planSpec(state, config, batch)));
    const memory = stack.move();
    return new ClipTextEncoder(device, { weights, tokenizer, plan, batch, onNote, memory });
  }

  /**
   * The SHA-256 sum of the weights, hexadecimal: the same for every file that has them. It is computed
   * at the first call, from the file.
   */
  sha256(): string {
    return this.#sha256 ??= clipDigest(this.#weights);
  }

  /**
   * Encodes texts; a text's context is the same whatever else is encoded with it. Texts that are too
   * long are cut.
   *
   * @param onProgress called with the number of texts that are done
   * @throws {TextEncoderError} where the tokenizer is not that of the weights
   */
  async encode(
    texts: readonly string[],
    onProgress?: (done: number) => void,
  ): Promise<TextContexts> {
    const { max_position_embeddings: tokens, hidden_size: width } = this.config;
    const ids = texts.map((text) => this.#idsOf(text));
    const context = new Float32Array(texts.length * tokens * width);
    const rows = new Float32Array(this.#batch * tokens * width);
    for (let first = 0; first < texts.length; first += this.#batch) {
      const some = ids.slice(first, first + this.#batch);
      some.forEach((of, i) => rows.set(tokenRows(this.#weights, of), i * tokens * width));
      this.#plan.run({ tokens: rows });
      const read = await this.#plan.read("context");
      context.set(read.subarray(0, some.length * tokens * width), first * tokens * width);
      onProgress?.(first + some.length);
    }
    return { context, tokens, width };
  }

  #idsOf(text: string): Int32Array {
    const { ids, cut } = this.tokenizer.encode(text);
    if (cut > 0) {
      const most = this.tokenizer.length - 2;
      const shown = text.length > SHOWN ? `${text.slice(0, SHOWN)}..` : text;
      this.#onNote(
        `"${shown}" has ${most + cut} tokens, and the text encoder takes ${most}: ` +
          `${counted(cut, "token is", "tokens are")} cut off its end`,
      );
    }
    return ids;
  }

  /** Frees the weights and the plan, and closes the file. */
  [Symbol.dispose](): void {
    this.#memory.dispose();
  }
}

/**
 * Encodes texts to draw from, once: the text encoder is on the device only meanwhile.
 *
 * @param options.negative what guidance leads away from; the empty text where absent
 * @returns contexts, `[n, 77, 768]` of CLIP ViT-L/14, and that of the negative text
 * @throws {TextEncoderError} where a file is missing or of another network; nothing is downloaded
 * @throws {CheckpointError} where the weights are damaged or not finite
 * @category Text
 */
export async function encodeTexts(
  device: Device,
  texts: readonly string[],
  { negative = "", ...options }: ClipTextOptions & { readonly negative?: string },
): Promise<EncodedTexts<Float32Array>> {
  using encoder = await ClipTextEncoder.open(device, options);
  const { context, tokens, width } = await encoder.encode([...texts, negative]);
  const end = texts.length * tokens * width;
  return { context: context.subarray(0, end), empty: context.subarray(end) };
}

/**
 * The device memory of a {@linkcode ClipTextEncoder}, that of ViT-L/14 where no other is named.
 * @category Text
 */
export function clipTextMemory(
  capabilities: Capabilities,
  config: ClipTextConfig = CLIP_VIT_L_14,
): MemoryNeed {
  const shapes = parameterShapes((make) => clipTextParameters(config, make));
  const state = new StateLayout(shapes, "clip_text");
  const spec = planSpec(state, config, BATCH[capabilities.adapterClass]);
  return memoryNeed([layOut(capabilities, spec)], [state]);
}

function planSpec(state: StateLayout, config: ClipTextConfig, batch: number): PlanSpec {
  const tokens = input("tokens", [batch, config.max_position_embeddings, config.hidden_size]);
  const params = clipTextParameters(config, (name) => state.tensor(name));
  return { outputs: { context: clipText(params, tokens, config) } };
}

/** The folder in which weights lie, or the one around it where they are in a `text_encoder/`. */
async function besideWeights(path: string): Promise<string> {
  const folder = (await statOf(path))?.isDirectory ? path : dirname(path);
  return basename(folder) === "text_encoder" ? dirname(folder) : folder;
}
