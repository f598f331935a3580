import { tokenCount } from "../../nets/byte_tokens.ts";
import { blockDigest } from "./block_digest.ts";
import type { CaptionTexts, ImageSource } from "./image_source.ts";

/**
 * The contents of a source in memory.
 * @category Data
 */
export interface InMemoryImages {
  /** What the images are, for messages. */
  readonly name: string;
  /** `[C, H, W]` of each image. */
  readonly shape: readonly [channels: number, height: number, width: number];
  /** One name per label. */
  readonly class_names: readonly string[];
  /** `[N, C, H, W]`, 0 to 255. */
  readonly images: Uint8Array;
  /** `[N]`, indices into `class_names`. */
  readonly labels: Int32Array;
  /** Captions of each image, one at least; absent where images have none. */
  readonly texts?: readonly (readonly string[])[];
  /** With `texts`: what grids are drawn from while training. */
  readonly prompts?: readonly string[];
}

/**
 * Decoded images in memory, as bytes.
 * @category Data
 */
export type InMemorySource = ImageSource<"u8"> & InMemoryImages;

/**
 * A source over images in memory, which are not copied and must not change.
 * @category Data
 */
export function inMemorySource(contents: InMemoryImages): InMemorySource {
  const { shape: [channels, height, width], class_names, images, labels } = contents;
  const size = channels * height * width;
  const length = labels.length;
  const class_counts = class_names.map(() => 0);
  for (const label of labels) class_counts[label]++;
  let digests: Promise<readonly string[]> | undefined;
  const classDigests = () => digests ??= digestsByLabel(contents, { size, class_counts });
  return {
    ...contents,
    length,
    dtype: "u8",
    class_counts,
    class_digests: classDigests,
    digest: async () => await digestOf(await classDigests(), contents),
    ...contents.texts ? { captions: captionsOf(contents.texts, contents.prompts) } : {},
    read(indices) {
      const data = new Uint8Array(indices.length * size);
      const chosen = new Int32Array(indices.length);
      for (let i = 0; i < indices.length; i++) {
        const image = indices[i];
        if (!(image >= 0 && image < length)) {
          return Promise.reject(
            new RangeError(`${contents.name}: no image ${image}, only 0 to ${length - 1}`),
          );
        }
        data.set(images.subarray(image * size, (image + 1) * size), i * size);
        chosen[i] = labels[image];
      }
      return Promise.resolve({ data, labels: chosen });
    },
  };
}

async function digestsByLabel(
  { class_names, images, labels }: InMemoryImages,
  { size, class_counts }: { size: number; class_counts: readonly number[] },
): Promise<readonly string[]> {
  const numbers = class_counts.map((count) => new Uint32Array(count));
  const filled = class_counts.map(() => 0);
  labels.forEach((label, i) => numbers[label][filled[label]++] = i);
  const digests: string[] = [];
  for (const [label] of class_names.entries()) {
    const chunks = numbers[label].values()
      .map((i) => images.subarray(i * size, (i + 1) * size));
    digests.push(await blockDigest(chunks, class_counts[label] * size));
  }
  return digests;
}

async function digestOf(
  class_digests: readonly string[],
  { labels, texts }: Pick<InMemoryImages, "labels" | "texts">,
): Promise<string> {
  const { buffer, byteOffset, byteLength } = labels;
  const encoder = new TextEncoder();
  const names = encoder.encode(class_digests.join("\n"));
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  const captions = encoder.encode(texts ? JSON.stringify(texts) : "");
  return await blockDigest(
    [names, bytes, captions],
    names.length + byteLength + captions.length,
  );
}

function captionsOf(
  texts: readonly (readonly string[])[],
  prompts: readonly string[] | undefined,
): CaptionTexts {
  return {
    kind: "texts",
    counts: texts.map(({ length }) => length),
    longest: texts.flat().reduce((most, text) => Math.max(most, tokenCount(text)), 0),
    read: (images, draws) =>
      Promise.resolve(Array.from(images, (image, i) => {
        const of = texts[image];
        return of[Math.floor(draws[i] / 2 ** 32 * of.length)];
      })),
    ...prompts ? { prompts } : {},
  };
}
