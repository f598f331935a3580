import { deepStrictEqual as deepEqual, ok } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { jupyterPython, runWithKernel, withoutJupyter } from "./jupyter.ts";

interface Output {
  readonly output_type: string;
  readonly data?: Readonly<Record<string, string | readonly string[]>>;
  readonly ename?: string;
  readonly evalue?: string;
}

interface Notebook {
  readonly cells: readonly {
    readonly cell_type: string;
    readonly source: string | readonly string[];
    readonly outputs?: readonly Output[];
  }[];
}

const folder = new URL("../../notebooks/", import.meta.url);
const names = [...Deno.readDirSync(folder)].map(({ name }) => name)
  .filter((name) => name.endsWith(".ipynb")).sort();

function text(value: string | readonly string[] | undefined): string {
  return typeof value === "string" ? value : value?.join("") ?? "";
}

/** Images, plots and tables that a notebook displays, by cell; errors where there are any. */
function shown({ cells }: Notebook): string[] {
  return cells.filter(({ cell_type }) => cell_type === "code").map(({ outputs = [] }) =>
    outputs.flatMap(({ output_type, data = {}, ename, evalue }) => {
      if (output_type === "error") return `error ${ename}: ${evalue}`;
      if (output_type !== "display_data") return [];
      const html = text(data["text/html"]);
      return [
        ...data["image/png"] || html.includes("<img") ? ["image"] : [],
        ...html.includes("<svg") ? ["plot"] : [],
        ...html.includes("<table") ? ["table"] : [],
        ...html.includes("<code") ? ["line"] : [],
      ].join("+");
    }).join(" ")
  );
}

const read = async (name: string): Promise<Notebook> =>
  JSON.parse(await Deno.readTextFile(new URL(name, folder)));

Deno.test("the notebooks are committed with what they show: plots and images, no errors", async () => {
  deepEqual(names, ["engine.ipynb", "pytorch.ipynb", "quickstart.ipynb", "scalelong.ipynb"]);
  for (const name of names) {
    const cells = shown(await read(name));
    ok(cells.some((cell) => cell.includes("plot")), `${name}: ${cells}`);
    ok(cells.every((cell) => !cell.includes("error")), `${name}: ${cells}`);
    const images = cells.some((cell) => cell.includes("image"));
    ok(images || name === "scalelong.ipynb", `${name}: ${cells}`);
  }
});

for (const name of names) {
  Deno.test({
    name: `${name} runs from top to bottom and shows what is committed${withoutJupyter}`,
    ignore: jupyterPython === null,
    async fn() {
      const file = fileURLToPath(new URL(name, folder));
      const executed = await runWithKernel("execute_notebook.py", file) as Notebook;
      deepEqual(shown(executed), shown(await read(name)));
    },
  });
}
