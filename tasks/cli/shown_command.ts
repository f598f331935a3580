/** This file's folder in a package of JSR: its scope, name and version. */
const JSR = /^https:\/\/jsr\.io\/(@[^/]+\/[^/]+)\/([^/]+)\/tasks\/cli\//;

/**
 * The command line that starts a task of this program, as the person would type it: a task of the clone,
 * or the address where there is none; through npx where npx runs this process, as there may be no
 * `deno` to call then.
 *
 * @param task the task, and arguments that need no quotes
 * @param args further arguments, quoted for a shell where they need it
 * @param from the address of this file
 */
export function shownCommand(
  task: string,
  args: readonly string[] = [],
  from: string = import.meta.url,
): string {
  const [name, ...rest] = task.split(" ");
  return [runner(), ...started(name, from), ...rest, ...args.map(quoted)].join(" ");
}

/** The words between Deno and the arguments. */
function started(name: string, from: string): string[] {
  if (!/^https?:/.test(from)) return ["task", name];
  const [, scoped, version] = JSR.exec(from) ?? [];
  const script = scoped ? `jsr:${scoped}@${version}/${name}` : `${new URL(`../${name}.ts`, from)}`;
  return ["run", "-A", script];
}

function runner(): string {
  const isNpx = Deno.env.get("npm_command") === "exec";
  return isNpx ? `npx -y deno@${Deno.version.deno}` : "deno";
}

function quoted(argument: string): string {
  return /^[\w=.,/:@+-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}
