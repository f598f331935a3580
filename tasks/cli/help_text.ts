import { applies, type Field, type Settings } from "../../train/config/fields.ts";
import { fieldsIn, type FlagSource } from "./flags.ts";
import { shownCommand } from "./shown_command.ts";

/** The parts of a command's help. */
export interface Help {
  /** What the command does, in a line or two. */
  about: string;
  /** Example tasks with their arguments, such as "train --n_steps=5", each with what it does. */
  examples: readonly { command: string; does: string }[];
  /** The schemas whose fields are the command's flags. */
  schemas: readonly FlagSource[];
  /** Default of each flag, by full field name. */
  defaults: Settings;
  /** Line width in columns; 100 by default. */
  width?: number;
}

/**
 * A page of help: what the command does, examples, how to write flags, then every flag with its
 * default.
 */
export function helpText(help: Help): string {
  const width = help.width ?? 100;
  const fields = help.schemas.flatMap(fieldsIn)
    .filter((field) => applies(field, help.defaults));
  const examples = help.examples.map(({ command, does }) =>
    `  ${shownCommand(command)}\n      ${does}`
  );
  const groups = Map.groupBy(fields, ({ group }) => group);

  const sections = [help.about, ["Examples", ...examples].join("\n"), WRITING];
  for (const [group, members] of groups) {
    const heading = group === "" ? "Settings" : `${group}: ${members[0].group_description}`;
    const rows = members.map((field): Row => [flag(field, help.defaults), meaning(field)]);
    sections.push(section(heading, rows, width, longest(fields, help.defaults)));
  }
  return sections.join("\n\n");
}

/** A flag, and the text that explains it. */
type Row = [left: string, right: string];

const WRITING =
  `Flags are written with their defaults below. Any of them can be given as --group.name=value or
--group.name value, or as --name alone where only one group has that name; a bare flag means true.`;

function flag({ path, is_boolean }: Field, defaults: Settings): string {
  if (defaults.has(path)) return `--${path}=${shown(defaults.get(path))}`;
  return is_boolean ? `--${path}` : `--${path}=...`;
}

function meaning({ description, choices, is_boolean }: Field): string {
  return choices.length === 0 || is_boolean
    ? description
    : `${description} (${choices.join(", ")})`;
}

function shown(value: unknown): string {
  return Array.isArray(value) ? value.join(",") || "[]" : String(value);
}

function longest(fields: readonly Field[], defaults: Settings): number {
  return Math.max(...fields.map((field) => flag(field, defaults).length));
}

function section(heading: string, rows: readonly Row[], width: number, left: number): string {
  const lines = rows.map(([text, right]) => {
    const wrapped = wrap(right, Math.max(20, width - left - 4));
    return `  ${text.padEnd(left)}  ${wrapped.join(`\n${" ".repeat(left + 4)}`)}`.trimEnd();
  });
  return [heading, ...lines].join("\n");
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
