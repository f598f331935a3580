/** A Chromium of this machine; undefined where there is none. */
export const CHROMIUM: string | undefined = ["chromium", "chromium-browser", "google-chrome"].find(
  (name) => {
    try {
      return new Deno.Command(name, { args: ["--version"], stdout: "null", stderr: "null" })
        .outputSync().success;
    } catch {
      return false;
    }
  },
);

/** The page as a browser leaves it, and what it complained of. */
export async function opened(file: string): Promise<{ dom: string; complaints: string }> {
  const { stdout, stderr } = await new Deno.Command(CHROMIUM!, {
    args: [
      ...["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"],
      ...["--virtual-time-budget=2000", "--dump-dom", `file://${file}`],
    ],
    stdout: "piped",
    stderr: "piped",
  }).output();
  const [dom, complaints] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { dom, complaints };
}
