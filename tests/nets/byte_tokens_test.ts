import { deepStrictEqual as deepEqual, strictEqual as equal } from "node:assert/strict";
import { BYTE_VOCABULARY, byteTokens } from "../../nets/byte_tokens.ts";

Deno.test("byteTokens() are the start, the bytes of a text, and ends", () => {
  deepEqual(byteTokens("ab c", 8), {
    ids: Int32Array.of(256, 97, 98, 32, 99, 257, 257, 257),
    cut: 0,
  });
  deepEqual(byteTokens("", 3), { ids: Int32Array.of(256, 257, 257), cut: 0 });
  for (const text of ["a red circle", "groß, é, 図, 🟥"]) {
    const { ids, cut } = byteTokens(text, 40);
    equal(cut, 0);
    const bytes = Uint8Array.from(ids.filter((id) => id < 256));
    equal(new TextDecoder().decode(bytes), text);
    equal(ids.every((id) => id >= 0 && id < BYTE_VOCABULARY), true);
  }
});

Deno.test("byteTokens() of the same words are the same", () => {
  const { ids } = byteTokens("a café", 12);
  for (const text of ["A Café", "  a\n\tcaf\u0065\u0301 ", "a café"]) {
    deepEqual(byteTokens(text, 12).ids, ids);
  }
});

Deno.test("byteTokens() cut what does not fit, and say how much", () => {
  deepEqual(byteTokens("abcdef", 6), { ids: Int32Array.of(256, 97, 98, 99, 100, 257), cut: 2 });
  deepEqual(byteTokens("abcd", 6).cut, 0);
  deepEqual(byteTokens("ab", 1), { ids: Int32Array.of(256), cut: 2 });
});
