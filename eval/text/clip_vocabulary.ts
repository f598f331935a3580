/** CLIP's start of text. */
export const START = "<|startoftext|>";
/** CLIP's end of text, which is also its padding and stands for what is unknown. */
export const END = "<|endoftext|>";

/** What CLIP's authors split words by: each digit alone. */
const WORDS = String.raw`'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`;
const END_OF_WORD = "</w>";

/** Two tokens that are merged. */
type Merge = readonly [string, string];

/**
 * The merges in a `merges.txt`, the first of highest rank: two tokens a line, after a line with a
 * version. Null where it is no such file.
 */
export function parseMerges(text: string): Merge[] | null {
  const lines = text.trimEnd().split(/\r?\n/);
  if (lines[0].includes("#version")) lines.shift();
  const merges = lines.map((line) => line.split(" "));
  const isMerge = (merge: string[]): merge is [string, string] =>
    merge.length === 2 && merge.every((token) => token !== "");
  return merges.every(isMerge) ? merges : null;
}

/**
 * Tokens and their ids, as they follow from the merges: letters of bytes, the same at the end of a
 * word, the merges, start and end of text.
 */
export function vocabularyOf(merges: readonly Merge[]): Record<string, number> {
  const letters = byteLetters();
  const tokens = [
    ...letters,
    ...letters.map((letter) => letter + END_OF_WORD),
    ...merges.map((merge) => merge.join("")),
    START,
    END,
  ];
  return Object.fromEntries(tokens.map((token, id) => [token, id]));
}

/** The content of CLIP's `tokenizer.json`, from its merges and vocabulary. */
export function clipTokenizerJson(
  merges: readonly Merge[],
  vocab: Readonly<Record<string, number>>,
): object {
  const special = [START, END].map((content) => ({
    ...{ id: vocab[content], content, special: true, normalized: false },
    ...{ single_word: false, lstrip: false, rstrip: false },
  }));
  return {
    added_tokens: special,
    normalizer: {
      type: "Sequence",
      normalizers: [
        { type: "NFC" },
        { type: "Replace", pattern: { Regex: String.raw`\s+` }, content: " " },
        { type: "Lowercase" },
      ],
    },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "Split", pattern: { Regex: WORDS }, behavior: "Removed", invert: true },
        { type: "ByteLevel", add_prefix_space: false, trim_offsets: true },
      ],
    },
    post_processor: {
      type: "RobertaProcessing",
      sep: [END, vocab[END]],
      cls: [START, vocab[START]],
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: END,
      continuing_subword_prefix: "",
      end_of_word_suffix: END_OF_WORD,
      fuse_unk: false,
      vocab,
      merges,
    },
  };
}

/** GPT-2's printable letters of the 256 bytes, in the order of its vocabulary. */
function byteLetters(): string[] {
  const isPrintable = (byte: number) =>
    (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
  const bytes = [...Array(256).keys()];
  const letters = [
    ...bytes.filter(isPrintable),
    ...bytes.filter((byte) => !isPrintable(byte)).map((_, i) => 256 + i),
  ];
  return letters.map((code) => String.fromCharCode(code));
}
