import { UserError } from "../../engine/user_error.ts";
import { join } from "node:path";
import { z } from "zod";
import { exists } from "../../train/files/durable.ts";

/** Another process writes to the folder of a run. */
export class RunLockedError extends UserError {
  override readonly name: string = "RunLockedError";
}

/** The content of a lock file: its holder. */
const schema = z.object({ pid: z.int(), host: z.string(), since: z.iso.datetime() });

/**
 * The right to write to a run's folder, held by one process at a time. What counts is the system's
 * lock on the file `run.lock`, which ends with the process in any case; the file's content is for
 * messages. On disposal the file is removed, and the folder, too, if it was made for the lock and
 * is empty.
 */
export class RunLock implements Disposable {
  readonly #workdir: string;
  readonly #file: Deno.FsFile;
  readonly #made: boolean;

  private constructor(workdir: string, file: Deno.FsFile, made: boolean) {
    this.#workdir = workdir;
    this.#file = file;
    this.#made = made;
  }

  /**
   * Takes the lock of a folder, which is created where it is missing.
   *
   * @param note called where the file system has no locks; the run continues without
   * @throws {RunLockedError} where another process holds it, which the message names
   */
  static async take(workdir: string, note: (message: string) => void): Promise<RunLock> {
    const made = !await exists(workdir);
    await Deno.mkdir(workdir, { recursive: true });
    const path = lockFile(workdir);
    const file = await Deno.open(path, { read: true, write: true, create: true });
    try {
      const locked = await file.tryLock(true).catch((error) => {
        note(
          `${workdir}: cannot be locked (${error.message}); only one run at a time should use it`,
        );
        return true;
      });
      if (!locked) throw new RunLockedError(await heldBy(workdir, path));
      if (await isAt(path, file)) {
        const holder: z.infer<typeof schema> = {
          pid: Deno.pid,
          host: Deno.hostname(),
          since: new Date().toISOString(),
        };
        await file.truncate();
        await file.write(new TextEncoder().encode(`${JSON.stringify(holder)}\n`));
        return new RunLock(workdir, file, made);
      }
    } catch (error) {
      file.close();
      throw error;
    }
    // Its holder ended and removed the file between opening and locking.
    file.close();
    return await RunLock.take(workdir, note);
  }

  /** Releases the lock. */
  [Symbol.dispose](): void {
    try {
      // Before it is unlocked, so that it is not yet another process's.
      Deno.removeSync(lockFile(this.#workdir));
      if (this.#made) Deno.removeSync(this.#workdir);
    } catch {
      // The folder holds the run; or the file stays, which does no harm.
    }
    this.#file.close();
  }
}

function lockFile(workdir: string): string {
  return join(workdir, "run.lock");
}

/** Whether `path` still names the open file, and not one that was created later, or none. */
async function isAt(path: string, file: Deno.FsFile): Promise<boolean> {
  const there = await Deno.stat(path).catch(() => null);
  const { dev, ino } = await file.stat();
  return there !== null && there.dev === dev && there.ino === ino;
}

async function heldBy(workdir: string, path: string): Promise<string> {
  const other = "choose another --workdir";
  // Some systems do not let a locked file be read; and until a new holder has written to it, it is
  // empty or names one that was killed.
  const text = await Deno.readTextFile(path).catch(() => "");
  const { data: holder } = schema.safeParse(parsed(text));
  if (!holder) return `${workdir}: another process trains there; wait for it, or ${other}`;
  const { pid, host, since } = holder;
  const here = host === Deno.hostname();
  const [day, time] = local(new Date(since));
  return `${workdir}: process ${pid}${here ? "" : ` on ${host}`} has been training there since ` +
    `${day} ${time}; wait for it, stop it (Ctrl-C${
      here ? `, or kill ${pid}` : ""
    }; it saves first), ` +
    `or ${other}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Date and time of day in the local time zone. */
function local(date: Date): [string, string] {
  const two = (n: number) => String(n).padStart(2, "0");
  return [
    [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-"),
    [two(date.getHours()), two(date.getMinutes())].join(":"),
  ];
}
