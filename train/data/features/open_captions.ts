import type { StoredTensor } from "../../formats/stored_tensor.ts";
import { DatasetError } from "../dataset.ts";
import type { EncodedCaptions } from "../image_source.ts";
import { concatenated } from "./concatenated.ts";
import type { FeatureIndex } from "./feature_index.ts";
import { captionTexts, contextRows } from "./feature_rows.ts";
import { RowReader } from "./row_reader.ts";
import type { ShardHead } from "./row_shard.ts";

/** Captions of a folder of features, open until they are disposed of. */
export interface OpenCaptions extends EncodedCaptions, Disposable {}

/**
 * Opens the captions of a folder of features; contexts stay on the disk until they are read.
 *
 * @param small the small tensors of the files of images
 * @throws {DatasetError} where a file is missing, torn or changed, or an image has no caption
 */
export async function openCaptions(
  folder: string,
  { contexts, text_encoder }: Pick<FeatureIndex, "contexts" | "text_encoder">,
  small: readonly Readonly<Record<string, StoredTensor>>[],
): Promise<OpenCaptions> {
  const { shape, sha256: encoder } = text_encoder!;
  const reader = await RowReader.open(folder, contexts, contextRows(shape));
  const [first] = reader.heads;
  if (!first || captionTexts(first.small)[0] !== "") {
    throw new DatasetError(`${folder}: the first caption is not the empty one`);
  }
  const numbers = concatenated(small.map(({ captions }) => captions?.data));
  const ends = captionEnds(small.map(({ caption_ends }) => concatenated([caption_ends?.data])));
  ends.forEach((end, i) => {
    if (end > (i === 0 ? 0 : ends[i - 1])) return;
    throw new DatasetError(`${folder}: image ${i} has no caption`);
  });
  const width = shape[0] * shape[1];
  const contextsOf = async (wanted: ArrayLike<number>) => {
    const into = new Float16Array(wanted.length * width);
    await reader.read(wanted, into);
    return into;
  };
  return {
    kind: "contexts",
    shape,
    encoder,
    counts: ends.map((end, i) => end - (i === 0 ? 0 : ends[i - 1])),
    read: (images, draws) =>
      contextsOf(Array.from(images, (image, i) => {
        const start = image === 0 ? 0 : ends[image - 1];
        return numbers[start + Math.floor(draws[i] / 2 ** 32 * (ends[image] - start))];
      })),
    empty: () => contextsOf([0]),
    async prompts(n) {
      // The first caption of each of the first images.
      const wanted = Array.from(ends.subarray(0, n), (_, i) => numbers[i === 0 ? 0 : ends[i - 1]]);
      return {
        texts: textsOf(reader.heads, wanted),
        context: Float32Array.from(await contextsOf(wanted)),
      };
    },
    [Symbol.dispose]: () => reader[Symbol.dispose](),
  };
}

/** The texts of captions by number. */
function textsOf(heads: readonly Pick<ShardHead, "small">[], wanted: readonly number[]): string[] {
  const found = new Map<number, string>();
  let first = 0;
  for (const { small } of heads) {
    const end = first + small.text_ends.data.length;
    const here = wanted.filter((number) => number >= first && number < end);
    const texts = here.length > 0 ? captionTexts(small) : [];
    for (const number of here) found.set(number, texts[number - first]);
    first = end;
  }
  return wanted.map((number) => found.get(number)!);
}

/** For each image of all files, the end of its captions among those of all. */
function captionEnds(parts: readonly Int32Array[]): Int32Array {
  let before = 0;
  return concatenated(parts.map((ends) => {
    const moved = ends.map((end) => before + end);
    before = moved.at(-1) ?? before;
    return moved;
  }));
}
