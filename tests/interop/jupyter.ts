import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { missing, pythonWith } from "./python.ts";

/** A Python with Jupyter's clients; null where none is. */
export const jupyterPython: string | null = pythonWith("nbclient, jupyter_client, nbformat");

/** What the name of a test says where there is none. */
export const withoutJupyter: string = missing(jupyterPython, "nbclient");

/**
 * Runs a script of this folder with a kernel "deno" that is this Deno, whatever is installed on the
 * machine.
 *
 * @returns what the script printed, as JSON
 */
export async function runWithKernel(script: string, ...args: string[]): Promise<unknown> {
  const folder = await Deno.makeTempDir();
  try {
    const kernel = join(folder, "kernels", "deno");
    await Deno.mkdir(kernel, { recursive: true });
    const argv = [Deno.execPath(), "jupyter", "--kernel", "--conn", "{connection_file}"];
    const spec = { argv, display_name: "Deno", language: "typescript" };
    await Deno.writeTextFile(join(kernel, "kernel.json"), JSON.stringify(spec));
    const { success, stdout, stderr } = await new Deno.Command(jupyterPython!, {
      args: [fileURLToPath(import.meta.resolve(`./${script}`)), ...args],
      env: { JUPYTER_PATH: folder, JUPYTER_PLATFORM_DIRS: "0" },
    }).output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    if (!success) throw new Error(`${script}: ${err}`);
    return JSON.parse(out);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
