import { join } from "node:path";
import { z } from "zod";

/** Another process writes to the folder of a run. */
export class RunLockedError extends Error {
  override readonly name: string = "RunLockedError";
}

/** What the holder of a lock says of itself. */
const schema = z.object({ pid: z.int(), host: z.string(), since: z.iso.datetime() });

/**
 * The right to write to a run's folder, held by one process at a time. The system's lock on the file
 * `run.lock` is what counts and ends with the process, however that ends; the file stays, and what it
 * says is for people.
 */
export class RunLock implements Disposable {
  readonly #file: Deno.FsFile;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /**
   * Takes the lock of a folder, which is made where it is missing.
   *
   * @throws {RunLockedError} where another process has it, saying which
   */
  static async take(workdir: string): Promise<RunLock> {
    await Deno.mkdir(workdir, { recursive: true });
    const path = join(workdir, "run.lock");
    const file = await Deno.open(path, { read: true, write: true, create: true });
    try {
      if (!await file.tryLock(true)) throw new RunLockedError(await heldBy(workdir, path));
      const holder: z.infer<typeof schema> = {
        pid: Deno.pid,
        host: Deno.hostname(),
        since: new Date().toISOString(),
      };
      await file.truncate();
      await file.write(new TextEncoder().encode(`${JSON.stringify(holder)}\n`));
    } catch (error) {
      file.close();
      throw error;
    }
    return new RunLock(file);
  }

  /** Lets others write. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}

async function heldBy(workdir: string, path: string): Promise<string> {
  const other = "choose another --workdir";
  // Some systems let nobody read a locked file, and it is empty for a moment.
  const text = await Deno.readTextFile(path).catch(() => "");
  const { data: holder } = schema.safeParse(parsed(text));
  if (!holder) return `${workdir}: another process trains there; wait for it, or ${other}`;
  const { pid, host, since } = holder;
  const away = host === Deno.hostname() ? "" : ` on ${host}`;
  const [day, time] = local(new Date(since));
  return `${workdir}: process ${pid}${away} has been training there since ${day} ${time}; ` +
    `wait for it, stop it (Ctrl-C, or kill ${pid}; it saves first), or ${other}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Day and time of day, where the person is. */
function local(date: Date): [string, string] {
  const two = (n: number) => String(n).padStart(2, "0");
  return [
    [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-"),
    [two(date.getHours()), two(date.getMinutes())].join(":"),
  ];
}
