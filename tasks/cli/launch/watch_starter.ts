/** The variable by which `--num_processes` tells the processes that it starts who started them. */
const STARTER = "SCALELONG_STARTER";

const INTERVAL_MS = 1000;

/** What the started processes' environment says of this process. */
export function starterHere(): Record<string, string> {
  return { [STARTER]: `${Deno.pid}@${Deno.hostname()}` };
}

/**
 * Ends this process as SIGTERM does, which saves what is trained, once the process that started the job
 * is gone: killed, it can tell nobody. Processes on other machines end with those on its own.
 */
export function watchStarter(): void {
  const [pid, host] = Deno.env.get(STARTER)?.split("@") ?? [];
  if (host !== Deno.hostname()) return;
  const timer = setInterval(() => {
    if (isThere(pid)) return;
    clearInterval(timer);
    Deno.kill(Deno.pid, "SIGTERM");
  }, INTERVAL_MS);
  Deno.unrefTimer(timer);
}

/** MPI needs Linux, which lists its processes. */
function isThere(pid: string): boolean {
  try {
    return Deno.statSync(`/proc/${pid}`).isDirectory;
  } catch {
    return false;
  }
}
