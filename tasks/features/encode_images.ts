import type { SharedEncoder } from "../../eval/latents/shared_encoder.ts";
import type { ClipTextEncoder } from "../../eval/text/clip_text_encoder.ts";
import { DatasetError } from "../../train/data/dataset.ts";
import type { FeatureWriter } from "../../train/data/features/feature_writer.ts";
import type { FeaturesFlags } from "./features_flags.ts";
import type { ListedImages } from "./listed_images.ts";
import { type Visit, visits } from "./visits.ts";

/** Minutes after which what was encoded is written, however little it is. */
const MINUTES = 10;

/** What encodes images, and where to. */
export interface Encoders {
  readonly images: SharedEncoder;
  /** Null without captions. */
  readonly texts: ClipTextEncoder | null;
  readonly writer: FeatureWriter;
}

/** How images are encoded. */
export interface EncodeOptions extends Pick<FeaturesFlags, "flips" | "skip_broken"> {
  /** Called with the number of images done. */
  readonly onProgress: (done: number) => void;
  readonly onNote: (message: string) => void;
  /** Ends the work early; what is done is written. */
  readonly signal: AbortSignal;
}

/** An image that is decoded, and not encoded yet. */
interface Decoded extends Visit {
  readonly pixels: Uint8Array;
  readonly label: number;
}

/**
 * Encodes the images that the folder of features does not have yet, and their captions.
 *
 * @returns whether all are done
 * @throws {DatasetError} where a file cannot be decoded, but for `skip_broken`
 */
export async function encodeImages(
  { length, image_size, captions, read }: ListedImages,
  { images, texts, writer }: Encoders,
  { flips, skip_broken, onProgress, onNote, signal }: EncodeOptions,
): Promise<boolean> {
  const size = { height: image_size, width: image_size };
  const batch = images.batchOf(size);
  const first = writer.done + writer.skipped;
  let done = first;
  let written = performance.now();
  let decoded: Decoded[] = [];
  const encode = async () => {
    const some = decoded;
    decoded = [];
    if (some.length === 0) return;
    const moments = await images.encode(floatsOf(some, image_size), size);
    const each = moments.length / some.length;
    const texts_of = some.map(({ image }) => captions?.[image] ?? []);
    if (texts) await addCaptions(texts, writer, texts_of.flat());
    for (const [i, { label }] of some.entries()) {
      await writer.add({
        moments: moments.subarray(i * each, (i + 1) * each),
        label,
        captions: texts_of[i].map((text) => writer.captionNumber(text)!),
      });
    }
    if (performance.now() - written < 60_000 * MINUTES) return;
    await writer.flush();
    written = performance.now();
  };

  if (texts && writer.captionNumber("") === undefined) await addCaptions(texts, writer, [""]);
  const left = [...visits(length, flips, first)];
  let at = 0;
  for await (const file of read(left.map(({ image }) => image))) {
    const visit = left[at++];
    if ("problem" in file) {
      if (!skip_broken) {
        await encode();
        await writer.flush();
        throw new DatasetError(
          `${file.problem}; to go on without it add --skip_broken, or repair the file`,
        );
      }
      onNote(`left out: ${file.problem}`);
      // What was skipped is counted with the images before it.
      await encode();
      writer.skip();
    } else decoded.push({ ...visit, pixels: file.image, label: file.label });
    if (decoded.length >= batch) await encode();
    onProgress(++done);
    if (signal.aborted) break;
  }
  await encode();
  await writer.flush();
  return at === left.length;
}

/** Encodes the captions that the folder does not have. */
async function addCaptions(
  encoder: ClipTextEncoder,
  writer: FeatureWriter,
  captions: readonly string[],
): Promise<void> {
  const fresh = [...new Set(captions)].filter((text) => writer.captionNumber(text) === undefined);
  if (fresh.length === 0) return;
  const { context, tokens, width } = await encoder.encode(fresh);
  const each = tokens * width;
  for (const [i, text] of fresh.entries()) {
    await writer.addCaption({
      text,
      tokens: encoder.tokenizer.encode(text).ids,
      context: context.subarray(i * each, (i + 1) * each),
    });
  }
}

/** Images as the encoder takes them, `[n, channels, size, size]` in [-1, 1], some of them mirrored. */
function floatsOf(images: readonly Decoded[], size: number): Float32Array {
  const each = images[0].pixels.length;
  const floats = new Float32Array(images.length * each);
  for (const [i, { pixels, mirrored }] of images.entries()) {
    const values = floats.subarray(i * each, (i + 1) * each);
    for (let at = 0; at < each; at++) values[at] = pixels[at] / 127.5 - 1;
    if (!mirrored) continue;
    for (let row = 0; row < each; row += size) values.subarray(row, row + size).reverse();
  }
  return floats;
}
