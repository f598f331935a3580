import assert from "node:assert/strict";
import { grey, greyPlane } from "../../../train/data/grey.ts";

Deno.test('grey() weighs colours as Pillow\'s convert("L") does, to the last level', () => {
  // Of Pillow 9.4: primaries, a tie of roundings, a dark and a mixed colour.
  const colours = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [1, 1, 0], [12, 3, 200], [77, 130, 9]];
  assert.deepEqual([...grey(Uint8Array.from(colours.flat()))], [76, 150, 29, 1, 28, 100]);
  const planes = Uint8Array.from([0, 1, 2].flatMap((c) => colours.map((colour) => colour[c])));
  assert.deepEqual([...greyPlane(planes)], [76, 150, 29, 1, 28, 100]);
  const levels = Uint8Array.from({ length: 256 }, (_, level) => level);
  assert.deepEqual(
    grey(Uint8Array.from([...levels].flatMap((level) => [level, level, level]))),
    levels,
  );
});
