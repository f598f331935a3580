/**
 * The command line that starts a task of this program, as the person would type it: through npx
 * where npx runs this process, as there may be no `deno` to call then.
 *
 * @param task the task, and arguments that need no quotes
 * @param args further arguments, quoted for a shell where they need it
 */
export function shownCommand(task: string, args: readonly string[] = []): string {
  return [runner(), "task", task, ...args.map(quoted)].join(" ");
}

function runner(): string {
  const isNpx = Deno.env.get("npm_command") === "exec";
  return isNpx ? `npx -y deno@${Deno.version.deno}` : "deno";
}

function quoted(argument: string): string {
  return /^[\w=.,/:@+-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}
