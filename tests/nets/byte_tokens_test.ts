import { deepStrictEqual as deepEqual, ok, strictEqual as equal } from "node:assert/strict";
import { BYTE_VOCABULARY, byteTokens, TOKEN_BYTES, tokenCount } from "../../nets/byte_tokens.ts";

/** The tokens of a text as words; start and end by their signs. */
function words(ids: Int32Array): string[] {
  const tokens = Array.from(
    { length: ids.length / TOKEN_BYTES },
    (_, i) => [...ids.subarray(i * TOKEN_BYTES, (i + 1) * TOKEN_BYTES)],
  );
  return tokens.map((token) => {
    const bytes = Uint8Array.from(token.filter((id) => id < 256));
    deepEqual(token.slice(Math.max(1, bytes.length)).every((id) => id === 258), true);
    return token[0] === 256 ? "<" : token[0] === 257 ? ">" : new TextDecoder().decode(bytes);
  });
}

Deno.test("byteTokens() are the start, the bytes of each word, and ends", () => {
  const { ids, cut } = byteTokens("a red circle, 42", 10);
  deepEqual(words(ids), ["<", "a", "red", "circle", ",", "4", "2", ">", ">", ">"]);
  equal(cut, 0);
  ok(ids.every((id) => id >= 0 && id < BYTE_VOCABULARY));
  deepEqual([...ids.subarray(16, 24)], [114, 101, 100, 258, 258, 258, 258, 258]);
  deepEqual(words(byteTokens("", 3).ids), ["<", ">", ">"]);
  equal(tokenCount("a red circle, 42"), 6);
  equal(tokenCount(""), 0);
});

Deno.test("byteTokens() of UTF-8 are whole words, longer ones in parts", () => {
  const parts = words(byteTokens("groß, 図形 encyclopedia", 8).ids);
  deepEqual(parts, ["<", "groß", ",", "図形", "encyclop", "edia", ">", ">"]);
});

Deno.test("byteTokens() of the same words are the same", () => {
  const { ids } = byteTokens("a café", 5);
  for (const text of ["A Café", "  a\n\tcaf\u0065\u0301 "]) {
    deepEqual(byteTokens(text, 5).ids, ids);
  }
});

Deno.test("byteTokens() cut what does not fit, and say how much", () => {
  const { ids, cut } = byteTokens("one two three four", 4);
  deepEqual([words(ids), cut], [["<", "one", "two", ">"], 2]);
  equal(byteTokens("one two", 4).cut, 0);
});
