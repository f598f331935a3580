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
  let digest: string | undefined;
  return {
    ...contents,
    length,
    dtype: "u8",
    class_counts,
    digest: () => Promise.resolve(digest ??= sha256(images, labels)),
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

function sha256(...parts: (Uint8Array | Int32Array)[]): string {
  const hash = createHash("sha256");
  for (const { buffer, byteOffset, byteLength } of parts) {
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest("hex");
}
