/**
 * The arguments of `deno test`: files run side by side unless `--serial` is given, dependencies are
 * those of the lock file, and examples in documentation run too. Others are passed on.
 */
export function testArguments(args: readonly string[]): string[] {
  const isSerial = args.includes("--serial");
  const rest = args.filter((arg) => arg !== "--serial" && arg !== "--parallel");
  const order = isSerial ? [] : ["--parallel"];
  return ["test", "--doc", "--allow-all", "--lock=deno.lock", ...order, ...rest];
}
