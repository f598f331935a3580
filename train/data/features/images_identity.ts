import { createHash } from "node:crypto";
import { blockDigest } from "../block_digest.ts";
import { DatasetError } from "../dataset.ts";
import type { ImageSource } from "../image_source.ts";

/**
 * The classes and digests of images that are known by a checksum each: as much as can be told without
 * reading them all.
 *
 * @param labels of the images, in their order
 * @param checksums CRC-32 of each, as i32
 * @throws {DatasetError} for a label without a name
 */
export function imagesIdentity(
  { labels, checksums, class_names }: {
    readonly labels: Int32Array<ArrayBuffer>;
    readonly checksums: Int32Array;
    readonly class_names: readonly string[];
  },
): Pick<ImageSource, "class_names" | "class_counts" | "class_digests" | "digest"> {
  const class_counts = new Array<number>(class_names.length).fill(0);
  for (const label of labels) {
    if (!(label >= 0 && label < class_names.length)) {
      throw new DatasetError(`an image has the label ${label} of ${class_names.length} classes`);
    }
    class_counts[label]++;
  }
  let digests: readonly string[] | undefined;
  const classDigests = () => digests ??= checksumDigests(labels, checksums, class_names.length);
  return {
    class_names,
    class_counts,
    class_digests: () => Promise.resolve(classDigests()),
    async digest() {
      const names = new TextEncoder().encode(classDigests().join("\n"));
      const bytes = new Uint8Array(labels.buffer, labels.byteOffset, labels.byteLength);
      return await blockDigest([names, bytes], names.length + bytes.length);
    },
  };
}

/** SHA-256 of the checksums of each class's images in their order, by label, hexadecimal. */
function checksumDigests(labels: Int32Array, checksums: Int32Array, classes: number): string[] {
  const hashes = Array.from({ length: classes }, () => createHash("sha256"));
  const word = new Int32Array(1);
  const bytes = new Uint8Array(word.buffer);
  labels.forEach((label, i) => {
    word[0] = checksums[i];
    hashes[label].update(bytes);
  });
  return hashes.map((hash) => hash.digest("hex"));
}
