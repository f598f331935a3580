import { deepStrictEqual as deepEqual, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { configFields } from "../../../eval/config_fields.ts";
import { readSettings } from "../../../tasks/cli/settings_file.ts";

const TEXT = '{"train": {"n_steps": 3}, "workdir": "läufe"}';

async function withFile(bytes: Uint8Array, use: (file: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const file = join(folder, "c.json");
    await Deno.writeFile(file, bytes);
    await use(file);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function utf16(text: string, littleEndian: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(2 * text.length));
  for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), littleEndian);
  return new Uint8Array(view.buffer);
}

const utf8 = (text: string) => new TextEncoder().encode(text);
const encodings: Record<string, Uint8Array> = {
  "UTF-8": utf8(TEXT),
  "UTF-8 with a byte-order mark": utf8("\ufeff" + TEXT),
  "UTF-16, little-endian": utf16("\ufeff" + TEXT, true),
  "UTF-16, big-endian": utf16("\ufeff" + TEXT, false),
  "UTF-16 without a mark, little-endian": utf16(TEXT, true),
  "UTF-16 without a mark, big-endian": utf16(TEXT, false),
};

for (const [encoding, bytes] of Object.entries(encodings)) {
  Deno.test(`readSettings() reads ${encoding}`, () =>
    withFile(bytes, async (file) => {
      const settings = await readSettings(file, configFields());
      deepEqual([...settings], [["train.n_steps", 3], ["workdir", "läufe"]]);
    }));
}

const refused: Record<string, [bytes: Uint8Array, says: RegExp]> = {
  "a doubled group": [
    utf8('{"train": {"n_steps": 3}, "train": {"batch_size": 8}}'),
    /the key "train" appears twice in one object; remove one$/,
  ],
  "a doubled setting": [utf8('{"train": {"n_steps": 3, "n_steps": 4}}'), /"n_steps" appears twice/],
  "a setting in both forms": [
    utf8('{"train": {"n_steps": 3}, "train.n_steps": 4}'),
    /train\.n_steps: appears twice$/,
  ],
  "Latin-1": [Uint8Array.of(0x22, 0xe4, 0x22), /is not text in UTF-8 or UTF-16/],
  "an image": [Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10), /is not text in UTF-8/],
  "an empty file": [new Uint8Array(), /is not JSON \(it is empty\)$/],
  "what is no JSON, in one line": [utf8("{\n\n  steps = 3\n}\n"), /is not JSON \(/],
};

for (const [what, [bytes, says]] of Object.entries(refused)) {
  Deno.test(`readSettings() refuses ${what}`, () =>
    withFile(bytes, (file) =>
      rejects(readSettings(file, configFields()), (error: Error) => {
        ok(error.message.startsWith(`${file}: `) && says.test(error.message), error.message);
        ok(!error.message.includes("\n"), error.message);
        return error.name === "UsageError";
      })));
}
