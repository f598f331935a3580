/** Aligned columns, the first `texts` of them to the left. */
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
