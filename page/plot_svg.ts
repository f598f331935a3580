// In the imports of deno.json every command would download it.
// deno-lint-ignore-file no-import-prefix
import * as Plot from "npm:@observablehq/plot@0.6.17";
import { parseHTML } from "npm:linkedom@0.18.12";

// The library's types know a browser's document only.
const { document } = parseHTML("<!doctype html><html><body></body></html>") as unknown as {
  document: Plot.PlotOptions["document"];
};

export { Plot };

/** A plot as SVG, to be put into a page. */
export function plotSvg(options: Plot.PlotOptions): string {
  return Plot.plot({ document, ...options }).outerHTML;
}
