/** Scenes of one or two coloured shapes, and what may be said of them. */

import { hash32 } from "../hash32.ts";
import { COLOURS, type Placement, type Rgb, SHAPES } from "../shape_drawing.ts";

/** The colours of scenes, by name. */
export const SCENE_COLOURS: Readonly<Record<string, Rgb>> = {
  ...COLOURS,
  pink: [255, 120, 190],
  white: [240, 240, 240],
};

/** Colours and shapes that no scene has together; prompts may. */
export const UNSEEN: readonly string[] = [
  "green triangle",
  "yellow circle",
  "blue square",
  "pink cross",
];

const NAMES = Object.keys(SCENE_COLOURS)
  .flatMap((colour) => Object.keys(SHAPES).map((shape) => `${colour} ${shape}`))
  .filter((name) => !UNSEEN.includes(name));

/** A shape of a scene. */
export interface SceneShape {
  /** Its colour and shape, "red circle". */
  readonly name: string;
  /** How large it is, among those of its scene's kind. */
  readonly size: "small" | "large";
  /** Where it is. */
  readonly placement: Placement;
}

/** One shape, or two of which the first is left of the second, or above it. */
export interface Scene {
  /** Its shapes. */
  readonly shapes: readonly [SceneShape] | readonly [SceneShape, SceneShape];
  /** Which two shapes are next to each other; null for one. */
  readonly relation: "left" | "above" | null;
}

/** How often a scene is of one shape. */
const ONE = 0.6;

/** Sizes of a shape alone, and of one of two. */
const ALONE = { small: 0.55, large: 1.05 };
const OF_TWO = { small: 0.42, large: 0.66 };
const SIZE_JITTER = 0.05;
/** How far centres are from that of the image, for two shapes, and how they vary. */
const APART = 0.235;
const JITTER = { alone: { small: 0.08, large: 0.04 }, along: 0.02, across: 0.05 };

/** Scene `i` of a seed. */
export function shapeScene(seed: number, i: number): Scene {
  let drawn = 0;
  const random = () => hash32(seed, i, drawn++) / 2 ** 32;
  const jitter = (by: number) => by * (2 * random() - 1);
  const name = (of: readonly string[]) => of[Math.floor(random() * of.length)];
  const size = () => random() < 0.5 ? "small" : "large";
  const first = { name: name(NAMES), size: size() } as const;
  const scaled = (size: number) => size * (1 + jitter(SIZE_JITTER));
  if (random() < ONE) {
    const by = JITTER.alone[first.size];
    const placement = { x: 0.5 + jitter(by), y: 0.5 + jitter(by), size: scaled(ALONE[first.size]) };
    return { shapes: [{ ...first, placement }], relation: null };
  }
  const second = { name: name(NAMES.filter((n) => n !== first.name)), size: size() } as const;
  const relation = random() < 0.5 ? "left" : "above";
  const placed = (shape: Omit<SceneShape, "placement">, side: -1 | 1): SceneShape => {
    const along = 0.5 + side * APART + jitter(JITTER.along);
    const across = 0.5 + jitter(JITTER.across);
    const [x, y] = relation === "left" ? [along, across] : [across, along];
    return { ...shape, placement: { x, y, size: scaled(OF_TWO[shape.size]) } };
  };
  return { shapes: [placed(first, -1), placed(second, 1)], relation };
}

/** What is said of a scene: with sizes and without, and of two shapes, from either's side. */
export function sceneCaptions({ shapes: [first, second], relation }: Scene): string[] {
  const plain = ({ name }: SceneShape) => `a ${name}`;
  const sized = ({ name, size }: SceneShape) => `a ${size} ${name}`;
  if (!second) return [plain(first), sized(first)];
  const [before, after] = relation === "left" ? ["left of", "right of"] : ["above", "below"];
  return [
    `${plain(first)}, ${before} ${plain(second)}`,
    `${plain(second)}, ${after} ${plain(first)}`,
    `${sized(first)}, ${before} ${plain(second)}`,
    `${sized(second)}, ${after} ${plain(first)}`,
  ];
}
