/** The two formats of apt's package sources: `*.list` and `*.sources`. */
export type SourcesFormat = "list" | "sources";

/**
 * Derives package sources with Debian's backports from a system's own. Debian's binary entries keep
 * their mirror, key and options, get `main` as their only component, and `<codename>-backports`
 * next to the suite `codename`. Entries signed by another key than Debian's are left out, as those
 * archives have no backports.
 *
 * @param text content of a sources file
 * @param format `list` for one entry per line, `sources` for deb822 paragraphs
 * @param codename the release's name, such as `bookworm`
 * @returns a sources file in the same format; empty where no entry applies
 */
export function backportsSources(text: string, format: SourcesFormat, codename: string): string {
  const entries = format === "list"
    ? text.split("\n").map((line) => deriveLine(line, codename))
    : text.split(/\n(?:[ \t]*\n)+/).map((paragraph) => deriveParagraph(paragraph, codename));
  return entries.filter((entry) => entry !== "").join(format === "list" ? "\n" : "\n\n") + "\n";
}

function deriveLine(line: string, codename: string): string {
  const entry = /^\s*deb\s+(\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+([^#]+)/.exec(line);
  if (entry === null) return "";
  const [, options = "", uri, suite, components] = entry;
  const key = /signed-by=(\S+)/i.exec(options)?.[1];
  if (!isOfDebian(key, [suite], components, codename)) return "";
  return suitesWithBackports([suite], codename)
    .map((name) => `deb ${options}${uri} ${name} main`)
    .join("\n");
}

function deriveParagraph(paragraph: string, codename: string): string {
  const fields = paragraph
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("#"))
    .join("\n")
    .split(/\n(?![ \t])/)
    .map((field) => {
      const colon = field.indexOf(":");
      return { name: field.slice(0, colon), value: field.slice(colon + 1).trim() };
    });
  const value = (name: string) =>
    fields.find((field) => field.name.toLowerCase() === name)?.value ?? "";
  const suites = value("suites").split(/\s+/);
  const isBinary = value("types").split(/\s+/).includes("deb");
  const isOff = /^(no|false|off|0)$/i.test(value("enabled"));
  const key = value("signed-by");
  if (!isBinary || isOff) return "";
  if (!isOfDebian(key === "" ? undefined : key, suites, value("components"), codename)) return "";
  const replaced: Record<string, string> = {
    types: "deb",
    suites: suitesWithBackports(suites, codename).join(" "),
    components: "main",
  };
  return fields
    .map((field) => `${field.name}: ${replaced[field.name.toLowerCase()] ?? field.value}`)
    .join("\n");
}

function isOfDebian(
  key: string | undefined,
  suites: string[],
  components: string,
  codename: string,
): boolean {
  return (key === undefined || key.includes("debian-archive")) &&
    suites.some((suite) => suite === codename || suite.startsWith(`${codename}-`)) &&
    components.split(/\s+/).includes("main");
}

function suitesWithBackports(suites: string[], codename: string): string[] {
  const backports = suites.includes(codename) ? [`${codename}-backports`] : [];
  return [...new Set([...suites, ...backports])];
}
