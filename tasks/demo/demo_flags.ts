import { z } from "zod";
import { fieldsOf, flatten, nest } from "../../train/config/fields.ts";
import { parseFlags } from "../cli/flags.ts";
import { helpText } from "../cli/help_text.ts";

const schema = z.strictObject({
  out: z.string().min(1).describe("folder to build the page in; any static server can serve it"),
  port: z.int().min(0).max(65535).describe("port on this computer, 127.0.0.1; 0: any that is free"),
  build_only: z.boolean().describe("build the folder and do not serve it"),
  help: z.boolean().describe("show this page; -h for short"),
});

/** What the command line of `deno task demo` asks for. */
export interface DemoArguments {
  /** The folder to build the page in. */
  readonly out: string;
  /** The port to serve it at; 0: any that is free. */
  readonly port: number;
  /** Whether it is built and not served. */
  readonly build_only: boolean;
  /** Whether the help is asked for. */
  readonly help: boolean;
}

const defaults: DemoArguments = { out: "runs/demo", port: 8000, build_only: false, help: false };

/** Reads the command line. @throws {UsageError} with a line for each problem */
export function readDemoArguments(args: readonly string[]): DemoArguments {
  const given = nest(flatten(nest(parseFlags(args, schema)), fieldsOf(schema)));
  return schema.parse({ ...defaults, ...given });
}

/** The help page. */
export function demoHelp(): string {
  return helpText({
    about:
      "Builds a page that trains, saves and samples in a browser, and serves it to this computer.\n" +
      "It is four files that need nothing else, for any static server.",
    examples: [
      { command: "demo", does: "build and serve" },
      { command: "demo --build_only --out=public", does: "build for a server of your own" },
    ],
    schemas: [schema],
    defaults: flatten({ ...defaults, help: undefined }, fieldsOf(schema)),
  });
}
