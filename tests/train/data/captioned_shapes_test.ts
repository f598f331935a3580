import {
  deepStrictEqual as deepEqual,
  notDeepStrictEqual as notDeepEqual,
  ok,
  strictEqual as equal,
  throws,
} from "node:assert/strict";
import { captionedShapes } from "../../../train/data/captioned_shapes.ts";
import { PROMPTS } from "../../../train/data/captions/shape_prompts.ts";
import {
  SCENE_COLOURS,
  sceneCaptions,
  shapeScene,
  UNSEEN,
} from "../../../train/data/captions/shape_scenes.ts";
import { byteTokens } from "../../../nets/byte_tokens.ts";
import { presets } from "../../../train/config/presets.ts";

const PIXELS = 16 * 16;

Deno.test("captionedShapes() depends on the seed and the image's number alone", () => {
  const few = captionedShapes({ image_size: 16, n: 20, seed: 3 });
  const many = captionedShapes({ image_size: 16, n: 50, seed: 3 });
  deepEqual(few.images, many.images.subarray(0, few.images.length));
  deepEqual(few.texts, many.texts!.slice(0, 20));
  const other = captionedShapes({ image_size: 16, n: 20, seed: 4 });
  notDeepEqual(other.images, few.images);
  notDeepEqual(other.texts, few.texts);
});

Deno.test("no caption and no image has a colour and a shape that are kept from training", () => {
  const scenes = Array.from({ length: 4000 }, (_, i) => shapeScene(7, i));
  const names = new Set(scenes.flatMap(({ shapes }) => shapes.map(({ name }) => name)));
  equal(names.size, 6 * 4 - UNSEEN.length);
  const captions = scenes.flatMap(sceneCaptions);
  for (const unseen of UNSEEN) {
    const [colour, shape] = unseen.split(" ");
    ok(!names.has(unseen), unseen);
    ok(!captions.some((caption) => caption.includes(unseen)), unseen);
    ok(PROMPTS.some((prompt) => prompt === `a ${unseen}`), unseen);
    ok([...names].some((name) => name.startsWith(colour)), colour);
    ok([...names].some((name) => name.endsWith(shape)), shape);
  }
});

Deno.test("captionedShapes() draws what it says, where it says it", () => {
  const data = captionedShapes({ image_size: 16, n: 400, seed: 1 });
  for (let i = 0; i < data.length; i++) {
    const { shapes, relation } = shapeScene(1, i);
    const image = data.images.subarray(i * 3 * PIXELS, (i + 1) * 3 * PIXELS);
    for (const { name, placement: { x, y } } of shapes) {
      const at = Math.floor(y * 16) * 16 + Math.floor(x * 16);
      const found = [0, 1, 2].map((c) => image[c * PIXELS + at]);
      const colour = SCENE_COLOURS[name.split(" ")[0]];
      // The smallest triangles are two pixels wide there.
      ok(found.every((v, c) => Math.abs(v - colour[c]) < 70), `image ${i}: ${data.texts![i][0]}`);
    }
    const [first, second] = shapes;
    if (!second) continue;
    const [before, after] = [first, second].map(({ placement: { x, y } }) =>
      relation === "left" ? x : y
    );
    ok(before + 0.3 < after);
    const [caption, reversed] = data.texts![i];
    equal(
      caption,
      `a ${first.name}, ${relation === "left" ? "left of" : "above"} a ${second.name}`,
    );
    ok(reversed.startsWith(`a ${second.name}, ${relation === "left" ? "right of" : "below"} a `));
  }
});

Deno.test("a size that is said is the one that is drawn", () => {
  for (let i = 0; i < 200; i++) {
    const { shapes } = shapeScene(2, i);
    const [first] = shapes;
    const captions = sceneCaptions(shapeScene(2, i));
    ok(captions.some((caption) => caption.startsWith(`a ${first.size} ${first.name}`)));
    const [small, large] = shapes.length === 1 ? [0.55, 1.05] : [0.42, 0.66];
    const expected = first.size === "small" ? small : large;
    ok(Math.abs(first.placement.size / expected - 1) < 0.06);
  }
});

Deno.test("the preset's network reads whole captions and prompts of captioned shapes", () => {
  const { nnet, sample } = presets.quickstart_t2i;
  const data = captionedShapes({ image_size: 16, n: 4000, seed: 0 });
  const { captions } = data;
  ok(captions?.kind === "texts");
  equal(captions.longest, nnet.num_clip_token - 2);
  ok(PROMPTS.every((prompt) => byteTokens(prompt, nnet.num_clip_token).cut === 0));
  equal(PROMPTS.length, sample.n_samples);
  equal(captions.prompts, PROMPTS);
});

Deno.test("captionedShapes() refuses images too small or too few", () => {
  const error = { name: "DatasetError" };
  throws(() => captionedShapes({ image_size: 8, n: 10, seed: 0 }), error);
  throws(() => captionedShapes({ image_size: 16, n: 0, seed: 0 }), error);
});
