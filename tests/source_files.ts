/** The rooms of the house, each of which imports only from those before it. */
export const ROOMS = ["engine", "nets", "train", "eval", "page", "notebook", "tasks"];

const root = new URL("..", import.meta.url);

/** Paths from the root of the source files in these folders, at any depth. */
export async function* sourceFiles(...folders: string[]): AsyncGenerator<string> {
  for (const folder of folders) {
    for await (const entry of Deno.readDir(new URL(folder, root))) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory) yield* sourceFiles(path);
      else if (entry.name.endsWith(".ts")) yield path;
    }
  }
}

/** The text of a source file. */
export async function sourceText(path: string): Promise<string> {
  return await Deno.readTextFile(new URL(path, root));
}
