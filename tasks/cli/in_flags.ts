import type { Field } from "../../train/config/fields.ts";
import { fieldNamed, fieldsIn, type FlagSource } from "./flags.ts";

/** The name of a setting, or any word: not within a path, a flag or a longer name. */
const NAME = /(?<=^|[\s(])[a-z]\w*(?:\.\w+)*(?=$|[\s,.:;?)=])/gm;
/** A setting in a file: `mine.json: nnet.depth: ..`. */
const IN_FILE = /^\S.*: [a-z]\w*(?:\.\w+)*: /;

/**
 * What the library says, with the flags of a command where it names settings: `nnet.depth: 3 is odd`
 * is `--nnet.depth: 3 is odd`, `steps=3` is `--sample.steps=3`. A line about a file of settings stays
 * as it is.
 *
 * @param flags the command's; other names stay as they are
 */
export function inFlags(message: string, ...flags: FlagSource[]): string {
  const fields = flags.flatMap(fieldsIn);
  return message.split("\n")
    .map((line) => IN_FILE.test(line) ? line : lineInFlags(line, fields))
    .join("\n");
}

function lineInFlags(line: string, fields: readonly Field[]): string {
  return line.replaceAll(NAME, (name, at: number) => {
    const rest = line.slice(at + name.length);
    // A name without its group is a setting only where it has a value, or heads the line.
    const isSetting = /^=\S/.test(rest) || name.includes(".") ||
      (at === 0 && rest.startsWith(": "));
    const field = isSetting ? fieldNamed(name, fields) : name;
    return typeof field === "string" ? name : `--${field.path}`;
  });
}
