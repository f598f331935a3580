import assert from "node:assert/strict";
import { colourOf } from "../../../../train/formats/images/colour.ts";

Deno.test("colourOf() takes names, and three or six hexadecimal digits", () => {
  assert.deepEqual(colourOf("white"), [255, 255, 255]);
  assert.deepEqual(colourOf("black"), [0, 0, 0]);
  assert.deepEqual(colourOf("grey"), [128, 128, 128]);
  assert.deepEqual(colourOf("#0aF"), [0, 170, 255]);
  assert.deepEqual(colourOf("#10203f"), [16, 32, 63]);
});

Deno.test("colourOf() refuses what is no colour", () => {
  for (const text of ["", "White", "pink", "toString", "#12", "#1234", "#12345g", "102030"]) {
    assert.throws(() => colourOf(text), TypeError, text);
  }
});
