import { UserError } from "../../engine/user_error.ts";
import { join } from "node:path";
import { z } from "zod";
import { exists } from "../../train/files/durable.ts";

/** Another process writes to the folder of a run. */
export class RunLockedError extends UserError {
  override readonly name: string = "RunLockedError";
}

/** What the holder of a lock says of itself. */
const schema = z.object({ pid: z.int(), host: z.string(), since: z.iso.datetime() });

/**
 * The right to write to a run's folder, held by one process at a time. The system's lock on the file
 * `run.lock` is what counts and ends with the process, however that ends; what the file says is for
 * people. In the end the file is removed, and so is the folder where it was made for the lock and
 * nothing else came into it.
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
   * Takes the lock of a folder, which is made where it is missing.
   *
   * @param note told where the file system has no locks, which does not keep a run from its folder
   * @throws {RunLockedError} where another process has it, saying which
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
      const holder: z.infer<typeof schema> = {
        pid: Deno.pid,
        host: Deno.hostname(),
        since: new Date().toISOString(),
      };
      await file.truncate();
      await file.write(new TextEncoder().encode(`${JSON.stringify(holder)}\n`));
      if (await exists(path)) return new RunLock(workdir, file, made);
    } catch (error) {
      file.close();
      throw error;
    }
    // The run that had it ended between the opening and the locking, and removed it.
    file.close();
    return await RunLock.take(workdir, note);
  }

  /** Lets others write. */
  [Symbol.dispose](): void {
    try {
      // Before it is unlocked, so that it is nobody else's.
      Deno.removeSync(lockFile(this.#workdir));
      if (this.#made) Deno.removeSync(this.#workdir);
    } catch {
      // The folder has the run in it; or the file stays, which does no harm.
    }
    this.#file.close();
  }
}

function lockFile(workdir: string): string {
  return join(workdir, "run.lock");
}

async function heldBy(workdir: string, path: string): Promise<string> {
  const other = "choose another --workdir";
  // Some systems let nobody read a locked file; and until a new holder has written, which is a moment,
  // the file is empty or names one that was killed.
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

/** Day and time of day, where the person is. */
function local(date: Date): [string, string] {
  const two = (n: number) => String(n).padStart(2, "0");
  return [
    [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-"),
    [two(date.getHours()), two(date.getMinutes())].join(":"),
  ];
}
