/** Generated images of one or two coloured shapes, with captions that say what and where they are. */

import { SCENE_COLOURS, sceneCaptions, shapeScene } from "./captions/shape_scenes.ts";
import { PROMPTS } from "./captions/shape_prompts.ts";
import type { Dataset } from "./dataset.ts";
import { greyPlane } from "./grey.ts";
import { type InMemorySource, inMemorySource } from "./in_memory_source.ts";
import { clear, cover, mustShow, paint, SHAPES } from "./shape_drawing.ts";

/** The smaller of two shapes has four pixels then. */
const SMALLEST = 12;
const CLASS = "captioned shapes";

/** Captioned shapes in the table of data sets. */
export const captionedShapesDataset: Dataset = {
  splits: ["train"],
  path: "none",
  open: (request) => Promise.resolve(captionedShapes(request)),
  outline: ({ n, image_size, channels }) =>
    Promise.resolve({
      shape: [channels, image_size, image_size],
      class_names: [CLASS],
      class_counts: [n],
      captions: { kind: "texts" },
    }),
};

/**
 * Draws `n` images of `image_size` squared pixels, in colour or in grey, and says what is on them;
 * image i and its captions depend on `(seed, i)` alone. Some colours and shapes are never together.
 *
 * @throws {DatasetError} where `image_size` is too small to distinguish the shapes, or `n` below 1
 * @category Data
 */
export function captionedShapes(
  { image_size, n, seed, channels = 3 }: {
    image_size: number;
    n: number;
    seed: number;
    channels?: 1 | 3;
  },
): InMemorySource {
  mustShow({ image_size, n }, SMALLEST);
  const pixels = image_size * image_size;
  const images = new Uint8Array(n * channels * pixels);
  const planes = new Uint8Array(3 * pixels);
  const texts: string[][] = [];
  for (let i = 0; i < n; i++) {
    const scene = shapeScene(seed, i);
    clear(planes);
    for (const { name, placement } of scene.shapes) {
      const [colour, shape] = name.split(" ");
      const coverage = cover(SHAPES[shape as keyof typeof SHAPES], placement, image_size);
      paint(planes, coverage, SCENE_COLOURS[colour]);
    }
    images.set(channels === 1 ? greyPlane(planes) : planes, i * channels * pixels);
    texts.push(sceneCaptions(scene));
  }
  return inMemorySource({
    name: `captioned shapes${channels === 1 ? " in grey" : ""}`,
    shape: [channels, image_size, image_size],
    class_names: [CLASS],
    images,
    labels: new Int32Array(n),
    texts,
    prompts: PROMPTS,
  });
}
