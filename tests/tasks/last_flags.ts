/** A test's arguments, where a later flag takes the place of an earlier one: a command refuses both. */
export function lastFlags(args: readonly string[]): string[] {
  const names = args.map((arg) => /^--([\w.-]+)/.exec(arg)?.[1].replaceAll("-", "_"));
  return args.filter((_, i) =>
    names[i] === undefined || !names.slice(i + 1).some((later) => isSame(names[i]!, later))
  );
}

/** Whether names are of one setting, with or without its groups. */
function isSame(one: string, other: string | undefined): boolean {
  return one === other || other !== undefined &&
      (one.endsWith(`.${other}`) || other.endsWith(`.${one}`));
}
