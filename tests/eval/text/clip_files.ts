import { join } from "node:path";
import { clipTokenizerJson } from "../../../eval/text/clip_vocabulary.ts";
import { encodePth, type PthValue } from "../../../train/formats/pth.ts";
import { encodeSafetensors } from "../../../train/formats/safetensors.ts";
import type { StoredTensor } from "../../../train/formats/stored_tensor.ts";
import { readGolden } from "../../golden.ts";

/** The small text encoder of the reference, its two texts and their hidden states. */
export const golden = await readGolden("clip_text_tiny");

/** Its weights by Hugging Face's keys. */
export const parameters: Readonly<Record<string, StoredTensor>> = Object.fromEntries(
  Object.entries(golden.group("param.")).map(([name, { shape, data }]) =>
    [name, { dtype: "F32", shape: [...shape], data } as StoredTensor] as const
  ),
);

const LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";

/** A text whose tokens are the ids of the golden's text `n`, start and end left out. */
export function textOf(n: number): string {
  const ids = [...golden.i32("input_ids")!.data].slice(16 * n, 16 * (n + 1));
  return ids.filter((id) => id < 62).map((id) => LETTERS[id]).join(" ");
}

/** What is written into a folder: text, arrays as safetensors, a dictionary as PyTorch's. */
export type Content = string | Readonly<Record<string, StoredTensor>> | Map<string, PthValue>;

/** Calls `use` with a folder that holds files, and removes it. */
export async function inFolder(
  files: Readonly<Record<string, Content>>,
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, content] of Object.entries(files)) {
      const path = join(folder, name);
      await Deno.mkdir(join(path, ".."), { recursive: true });
      if (typeof content === "string") await Deno.writeTextFile(path, content);
      else {
        const bytes = content instanceof Map ? encodePth(content) : encodeSafetensors(content, {});
        await Deno.writeFile(path, bytes);
      }
    }
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The `config.json` of the small text encoder, as part of a whole CLIP's. */
export const configJson: string = JSON.stringify({
  text_config: JSON.parse(golden.metadata.config),
});

/** A `tokenizer.json` of 36 words of one letter, which has the golden's start and end of text. */
export const tokenizerJson: string = JSON.stringify(clipTokenizerJson([], {
  ...Object.fromEntries([...LETTERS].map((letter, id) => [`${letter}</w>`, id])),
  "<|startoftext|>": 62,
  "<|endoftext|>": 63,
}));

/** Arrays under other names. */
export function renamed(
  arrays: Readonly<Record<string, StoredTensor>>,
  rename: (name: string) => string,
): Record<string, StoredTensor> {
  return Object.fromEntries(Object.entries(arrays).map(([name, t]) => [rename(name), t]));
}
