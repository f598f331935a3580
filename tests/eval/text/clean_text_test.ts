import { strictEqual as equal } from "node:assert/strict";
import { cleanText } from "../../../eval/text/clean_text.ts";

const cleaned: readonly (readonly [what: string, text: string, expected: string])[] = [
  ["straightens curly quotes", "it’s “quoted” ‘so’", "it's \"quoted\" 'so'"],
  ["takes ligatures apart", "ﬁve oﬃces ﬂow", "five offices flow"],
  ["makes full-width letters ordinary", "ＦＵＬＬ ｗｉｄｔｈ！", "FULL width!"],
  ["decodes entities", "&amp; &lt;b&gt; caf&eacute; &#65;&#x42;", "& <b> café AB"],
  ["leaves entities where there is markup", "<b>&amp;</b>", "<b>&amp;</b>"],
  ["leaves what is no entity", "a & b &nothing; &#0; &#xD800;", "a & b &nothing; &#0; &#xD800;"],
  ["composes accents", "cafe\u0301", "café"],
  ["drops the byte-order mark and control characters", "\ufeffa\0b\x07c\td\n", "abc\td\n"],
  ["leaves what was decoded in a wrong encoding", "cafÃ©", "cafÃ©"],
  ["leaves signs of other kinds", "x² ½ ① ™ … — 東京 ﷺ 😀", "x² ½ ① ™ … — 東京 ﷺ 😀"],
];

for (const [what, text, expected] of cleaned) {
  Deno.test(`cleanText() ${what}`, () => equal(cleanText(text), expected));
}
