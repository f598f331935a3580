import {
  deepStrictEqual as deepEqual,
  match,
  ok,
  rejects,
  strictEqual as equal,
} from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { RunLock, RunLockedError } from "../../../tasks/cli/run_lock.ts";

const noNote = (message: string) => ok(false, message);

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  await use(folder);
  await Deno.remove(folder, { recursive: true });
}

Deno.test("RunLock leaves nothing behind where nothing was and nothing came", async () => {
  await inFolder(async (folder) => {
    const workdir = join(folder, "run");
    const lock = await RunLock.take(workdir, noNote);
    equal(JSON.parse(await Deno.readTextFile(join(workdir, "run.lock"))).pid, Deno.pid);
    lock[Symbol.dispose]();
    ok(!existsSync(workdir));
    (await RunLock.take(folder, noNote))[Symbol.dispose]();
    deepEqual([...Deno.readDirSync(folder)], []);
    const other = await RunLock.take(workdir, noNote);
    await Deno.writeTextFile(join(workdir, "config.json"), "");
    other[Symbol.dispose]();
    deepEqual([...Deno.readDirSync(workdir)].map(({ name }) => name), ["config.json"]);
  });
});

Deno.test("RunLock.take() advises to kill a process only where it is on this machine", async () => {
  await inFolder(async (folder) => {
    using _lock = await RunLock.take(folder, noNote);
    const refusal = async () => {
      let message = "";
      await rejects(RunLock.take(folder, noNote), (error) => {
        ok(error instanceof RunLockedError);
        message = error.message;
        return true;
      });
      return message;
    };
    match(await refusal(), new RegExp(`process ${Deno.pid} has been .*, or kill ${Deno.pid}; it`));
    const holder = { pid: 12, host: `not-${Deno.hostname()}`, since: new Date().toISOString() };
    await Deno.writeTextFile(join(folder, "run.lock"), JSON.stringify(holder));
    const away = await refusal();
    match(away, /process 12 on not-.* has been training there since .*stop it \(Ctrl-C; it saves/);
    ok(!away.includes("kill"));
  });
});

Deno.test("RunLock.take() continues where the file system has no locks, and says so", async () => {
  await inFolder(async (folder) => {
    const { tryLock } = Deno.FsFile.prototype;
    const notes: string[] = [];
    try {
      Deno.FsFile.prototype.tryLock = () =>
        Promise.reject(new Error("Function not implemented (os error 38)"));
      using _one = await RunLock.take(folder, (message) => notes.push(message));
      using _two = await RunLock.take(folder, (message) => notes.push(message));
    } finally {
      Deno.FsFile.prototype.tryLock = tryLock;
    }
    const note = `${folder}: cannot be locked (Function not implemented (os error 38)); ` +
      "only one run at a time should use it";
    deepEqual(notes, [note, note]);
  });
});

Deno.test("RunLock has one holder where another takes a lock that was just released", async () => {
  await inFolder(async (folder) => {
    const first = await RunLock.take(folder, noNote);
    const { tryLock } = Deno.FsFile.prototype;
    let next: RunLock | null = null;
    try {
      // The late one has opened the file, then its holder ends and the next one makes a new file.
      Deno.FsFile.prototype.tryLock = async function (exclusive) {
        Deno.FsFile.prototype.tryLock = tryLock;
        first[Symbol.dispose]();
        next = await RunLock.take(folder, noNote);
        return await tryLock.call(this, exclusive);
      };
      await rejects(RunLock.take(folder, noNote), RunLockedError);
    } finally {
      Deno.FsFile.prototype.tryLock = tryLock;
    }
    next![Symbol.dispose]();
    using _late = await RunLock.take(folder, noNote);
  });
});
