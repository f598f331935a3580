import { createHash } from "node:crypto";
import type { ImageSource } from "./image_source.ts";

/** The contents of a source in memory. */
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
}

/** Decoded images in memory, as bytes. */
export type InMemorySource = ImageSource<"u8"> & InMemoryImages;

/** A source over images in memory, which are not copied and must not change. */
export function inMemorySource(contents: InMemoryImages): InMemorySource {
  const { shape: [channels, height, width], class_names, images, labels } = contents;
  const size = channels * height * width;
  const length = labels.length;
  const class_counts = class_names.map(() => 0);
  for (const label of labels) class_counts[label]++;
  let digests: readonly string[] | undefined;
  const classDigests = () => digests ??= digestsByLabel(contents, size);
  return {
    ...contents,
    length,
    dtype: "u8",
    class_counts,
    class_digests: () => Promise.resolve(classDigests()),
    digest: () => Promise.resolve(digestOf(classDigests(), labels)),
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

function digestsByLabel(
  { class_names, images, labels }: InMemoryImages,
  size: number,
): readonly string[] {
  const hashes = class_names.map(() => createHash("sha256"));
  labels.forEach((label, i) => hashes[label].update(images.subarray(i * size, (i + 1) * size)));
  return hashes.map((hash) => hash.digest("hex"));
}

function digestOf(class_digests: readonly string[], labels: Int32Array): string {
  const { buffer, byteOffset, byteLength } = labels;
  return createHash("sha256")
    .update(class_digests.join("\n"))
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest("hex");
}
