import { join } from "node:path";
import { exists } from "../../train/files/durable.ts";
import type { TaskCommand } from "./commands.ts";
import { ROOT } from "./pages.ts";

/**
 * Whether a command takes a second or two with the files that are in `folder`. The others are only
 * read: they download, need weights of a full-size network, or take minutes to days.
 */
export async function isCheap({ task, args }: TaskCommand, folder: string): Promise<boolean> {
  const [from] = args.filter((word) => !word.startsWith("--"));
  const given = (flag: string) => args.some((word) => word.startsWith(flag));
  switch (task) {
    case "report":
    case "inspect":
      return await exists(join(folder, from));
    case "convert":
      return await exists(join(folder, from)) && !given("--preset");
    case "train":
      return given("--dry-run") && !given("--preset");
    case "fid":
      return given("--metrics=swd");
    case "sample":
      return given("--checkpoint=runs/quickstart_scalelong3") && !given("--sampler");
    default:
      return false;
  }
}

/** Runs a command in `folder`, as `deno task` does at the root. @returns code and what it said */
export async function runCommand(
  { task, args }: TaskCommand,
  folder: string,
): Promise<{ readonly code: number; readonly said: string }> {
  // What the person would not have had before.
  if (task === "convert" && args.length > 1) {
    await Deno.remove(join(folder, args[1]), { recursive: true }).catch(() => {});
  }
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-check", "-A", `--config=${join(ROOT, "deno.json")}`],
      ...[`--lock=${join(ROOT, "deno.lock")}`, join(ROOT, "tasks", `${task}.ts`)],
      ...args,
    ],
    cwd: folder,
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return { code, said: decoder.decode(stdout) + decoder.decode(stderr) };
}
