/** What decides whether packages are installed without asking. */
export interface InstallSetting {
  /** Whether `--yes` was given. */
  readonly yes: boolean;
  /** Whether `CI` is set. */
  readonly ci: boolean;
  /** Whether someone can be asked. */
  readonly terminal: boolean;
  /** Whether this is a container, or another machine without an init system. */
  readonly container: boolean;
}

/** Whether root may install packages: at once, after a question, or not at all. */
export function mayInstall(
  { yes, ci, terminal, container }: InstallSetting,
): "install" | "ask" | "refuse" {
  if (yes || ci) return "install";
  if (terminal) return "ask";
  return container ? "install" : "refuse";
}

/** The setting of this process. */
export async function installSetting(yes: boolean): Promise<InstallSetting> {
  return {
    yes,
    ci: !["", "false", "0"].includes(Deno.env.get("CI") ?? ""),
    terminal: Deno.stdin.isTerminal() && Deno.stderr.isTerminal(),
    container: await isContainer(),
  };
}

async function isContainer(): Promise<boolean> {
  const marks = ["/.dockerenv", "/run/.containerenv"];
  const found = await Promise.all(marks.map((path) => Deno.stat(path).catch(() => null)));
  if (found.some((mark) => mark !== null)) return true;
  if (Deno.env.has("container") || Deno.env.has("KUBERNETES_SERVICE_HOST")) return true;
  // A machine of its own has an init system as its first process.
  const first = await Deno.readTextFile("/proc/1/comm").catch(() => "init");
  return !/^(systemd|init|runit|openrc|launchd|s6-svscan)/.test(first);
}
