/**
 * What the grids of captioned shapes are drawn from, eight in a row: a shape alone, one of each pair of
 * colour and shape that training does not have, sizes, and two shapes.
 */
export const PROMPTS: readonly string[] = [
  ...["a red circle", "a blue cross", "a yellow square", "a green circle"],
  ...["a pink triangle", "a white square", "a red cross", "a blue triangle"],

  ...["a green triangle", "a yellow circle", "a blue square", "a pink cross"],
  ...[
    "a small green triangle",
    "a large yellow circle",
    "a small blue square",
    "a large pink cross",
  ],

  ...["a red circle, left of a blue cross", "a blue cross, left of a red circle"],
  ...["a yellow square, above a white circle", "a white circle, above a yellow square"],
  ...["a green cross, right of a pink square", "a pink square, right of a green cross"],
  ...["a red triangle, below a blue circle", "a blue circle, below a red triangle"],

  ...["a small blue cross, left of a yellow square", "a large blue cross, left of a yellow square"],
  ...["a small red square, above a pink circle", "a large red square, above a pink circle"],
  ...["a green triangle, left of a red circle", "a yellow circle, above a white cross"],
  ...["a blue square, right of a red triangle", "a pink cross, below a green square"],
];
