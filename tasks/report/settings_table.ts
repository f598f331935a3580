import { escape, table } from "../../page/html.ts";
import type { LoggedRun } from "./logged_run.ts";

/** A setting that names the run, and so differs always. */
const NAME = "workdir";

/** The settings that differ between runs, and all of them. @returns HTML */
export function settingsTables(runs: readonly LoggedRun[]): { differing: string; all: string } {
  const known = runs.filter(({ settings }) => settings.size > 0);
  const names = [...new Set(known.flatMap(({ settings }) => [...settings.keys()]))]
    .filter((name) => name !== NAME);
  const differing = names.filter((name) => new Set(known.map((run) => shown(run, name))).size > 1);
  const missing = runs.filter(({ settings }) => settings.size === 0).map(({ name }) => name);
  const note = missing.length === 0
    ? ""
    : `<p>No whole config.json, so no settings, of ${escape(missing.join(", "))}.</p>`;
  return {
    differing: runs.length === 1
      ? ""
      : note + (differing.length === 0
        ? `<p>${known.length > 1 ? "No setting differs." : ""}</p>`
        : settingsTable(known, differing, differing)),
    all: names.length === 0
      ? note
      : runs.length === 1
      ? groupTables(known, names)
      : settingsTable(known, names, differing),
  };
}

/** A table for each group of settings, side by side where there is room. */
function groupTables(runs: readonly LoggedRun[], names: readonly string[]): string {
  const groups = Map.groupBy(names, (name) => name.includes(".") ? name.split(".")[0] : "");
  const tables = [...groups.values()].map((names) => settingsTable(runs, names, []));
  return `<div class="settings">${tables.join("\n")}</div>`;
}

function settingsTable(
  runs: readonly LoggedRun[],
  names: readonly string[],
  marked: readonly string[],
): string {
  const rows = names.map((name) => {
    const mark = marked.includes(name);
    const values = runs.map((run) => {
      const text = escape(shown(run, name));
      return mark && text !== escape(shown(runs[0], name)) ? `<mark>${text}</mark>` : text;
    });
    return [mark ? `<b>${escape(name)}</b>` : escape(name), ...values];
  });
  return table(["setting", ...runs.map(({ name }) => escape(name))], rows);
}

function shown({ settings }: LoggedRun, name: string): string {
  return String(settings.get(name) ?? "-");
}
