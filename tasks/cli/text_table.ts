/** A table with aligned columns: the first `texts` to the left, the others to the right. */
export function textTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  texts: number,
): string {
  const widths = headings.map((h, c) => Math.max(h.length, ...rows.map((row) => row[c].length)));
  return [headings, ...rows].map((row) =>
    row.map((cell, c) => c < texts ? cell.padEnd(widths[c]) : cell.padStart(widths[c])).join("  ")
      .trimEnd()
  ).join("\n");
}
