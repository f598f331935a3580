/** The first `n` of a list of names, and how many more there are: "a, b and 3 more". */
export function someOf(names: readonly string[], n: number): string {
  if (names.length <= n) return names.join(", ");
  return `${names.slice(0, n).join(", ")} and ${(names.length - n).toLocaleString("en")} more`;
}
