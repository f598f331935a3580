import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { backportsSources } from "../../../../tasks/cli/setup/backports_sources.ts";
import { driverAdvice } from "../../../../tasks/cli/setup/driver_advice.ts";
import { parseOsRelease, type System } from "../../../../tasks/cli/setup/system.ts";

Deno.test("backportsSources() adds backports to one-line entries, mirrors and keys kept", () => {
  const list = `# deb http://old.example/debian bookworm main
deb https://mirror.example/debian/ bookworm main contrib non-free # the nearest
deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://a.example/d bookworm-security main
deb-src https://mirror.example/debian/ bookworm main
deb [signed-by=/etc/apt/keyrings/other.gpg] https://other.example/apt bookworm main
deb https://third.example/apt stable main
deb https://mirror.example/debian bookworm contrib
`;
  assert.equal(
    backportsSources(list, "list", "bookworm"),
    `deb https://mirror.example/debian/ bookworm main
deb https://mirror.example/debian/ bookworm-backports main
deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://a.example/d bookworm-security main
`,
  );
});

Deno.test("backportsSources() adds backports to deb822 paragraphs, mirrors and keys kept", () => {
  const sources = `# a snapshot
Types: deb deb-src
# another remark
URIs: http://mirror.example/debian
 http://second.example/debian
suites: bookworm bookworm-updates
Components: main non-free
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
Check-Valid-Until: no
 
Types: deb
Enabled: no
URIs: http://off.example/debian
Suites: bookworm
Components: main

Types: deb
URIs: https://other.example/apt
Suites: bookworm
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 c29tZXRoaW5n
 -----END PGP PUBLIC KEY BLOCK-----
`;
  assert.equal(
    backportsSources(sources, "sources", "bookworm"),
    `Types: deb
URIs: http://mirror.example/debian
 http://second.example/debian
suites: bookworm bookworm-updates bookworm-backports
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
Check-Valid-Until: no
`,
  );
});

Deno.test("backportsSources() gives nothing where no entry applies, and no suite twice", () => {
  assert.equal(backportsSources("", "list", "bookworm").trim(), "");
  assert.equal(backportsSources("# nothing\n", "sources", "bookworm").trim(), "");
  const paragraph = "Types: deb\nURIs: http://m.example/debian\n" +
    "Suites: bookworm bookworm-backports\nComponents: main\n";
  assert.equal(backportsSources(paragraph, "sources", "bookworm"), paragraph);
});

Deno.test("parseOsRelease() reads plain and quoted values and skips all else", () => {
  const text = `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
# VERSION_CODENAME=trixie
VERSION_CODENAME=bookworm
ID='debian'
HOME_URL="https://www.debian.org/?a=b"

not a line
`;
  assert.deepEqual(parseOsRelease(text), {
    PRETTY_NAME: "Debian GNU/Linux 12 (bookworm)",
    VERSION_CODENAME: "bookworm",
    ID: "debian",
    HOME_URL: "https://www.debian.org/?a=b",
  });
});

Deno.test("driverAdvice() gives the exact commands of each system", () => {
  const commands = (system: Partial<System>) =>
    driverAdvice({ os: "linux", isRoot: false, ...system })
      .split("\n")
      .filter((line) => line.startsWith("  "))
      .map((line) => line.trim());
  assert.deepEqual(commands({ packageManager: "apt-get" }), [
    "sudo apt-get update",
    "sudo apt-get install -y --no-install-recommends mesa-vulkan-drivers libvulkan1",
  ]);
  assert.deepEqual(commands({ packageManager: "apt-get", debianCodename: "bookworm" }), [
    "echo 'deb http://deb.debian.org/debian bookworm-backports main' | " +
    "sudo tee /etc/apt/sources.list.d/bookworm-backports.list",
    "sudo apt-get update",
    "sudo apt-get install -y --no-install-recommends -t bookworm-backports " +
    "mesa-vulkan-drivers libvulkan1",
  ]);
  assert.deepEqual(commands({ packageManager: "dnf", isRoot: true }), [
    "dnf install -y mesa-vulkan-drivers vulkan-loader",
  ]);
  assert.deepEqual(commands({ packageManager: "pacman" }), [
    "sudo pacman -S --needed vulkan-swrast vulkan-icd-loader",
  ]);
  assert.deepEqual(commands({ packageManager: "apk", isRoot: true }), [
    "apk add mesa-vulkan-swrast vulkan-loader",
  ]);
  assert.deepEqual(commands({ packageManager: "zypper" }), [
    "sudo zypper install -y libvulkan_lvp libvulkan1",
  ]);
  assert.match(driverAdvice({ os: "linux", isRoot: true }), /libvulkan\.so\.1/);
  assert.match(driverAdvice({ os: "darwin", isRoot: false }), /Metal.*update macOS/);
  assert.match(driverAdvice({ os: "windows", isRoot: false }), /Direct3D 12.*Windows Update/);
});

const setupModule = new URL("../../../../tasks/cli/setup/ensure_adapter.ts", import.meta.url);

async function runSetup(environment: Record<string, string>): Promise<Deno.CommandOutput> {
  const program = `import { ensureAdapter } from "${setupModule}";
    await ensureAdapter();
    console.log(Deno.env.get("DENO_WEBGPU_BACKEND"), await navigator.gpu.requestAdapter() !== null);`;
  return await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-all",
      "--no-lock",
      `--config=${fileURLToPath(new URL("../../../../deno.json", import.meta.url))}`,
      `data:text/javascript,${encodeURIComponent(program)}`,
    ],
    env: { NO_COLOR: "1", ...environment },
    stdout: "piped",
    stderr: "piped",
  }).output();
}

Deno.test("ensureAdapter() says nothing where there is an adapter", async () => {
  const { code, stdout, stderr } = await runSetup({});
  const backend = Deno.env.get("DENO_WEBGPU_BACKEND") ??
    (Deno.build.os === "linux" ? "vulkan" : "undefined");
  assert.equal(new TextDecoder().decode(stdout), `${backend} true\n`);
  assert.equal(new TextDecoder().decode(stderr), "");
  assert.equal(code, 0);
});

Deno.test({
  name: "ensureAdapter() without driver or package manager says what to do and exits with 1",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const hidden = { VK_DRIVER_FILES: "/nonexistent", VK_ICD_FILENAMES: "/nonexistent" };
    const { code, stdout, stderr } = await runSetup({
      DENO_WEBGPU_BACKEND: "vulkan",
      PATH: "/nonexistent",
      ...hidden,
    });
    const said = new TextDecoder().decode(stderr);
    assert.match(said, /^No WebGPU adapter\. .*VK_DRIVER_FILES=\/nonexistent/);
    assert.match(said, /Install the Vulkan loader \(libvulkan\.so\.1\)/);
    assert.doesNotMatch(said, /^\s+at /m);
    assert.equal(new TextDecoder().decode(stdout), "");
    assert.equal(code, 1);
  },
});

Deno.test({
  name: "ensureAdapter() gives the found package manager's commands and installs nothing itself",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(`${folder}/dnf`, "#!/bin/sh\nexit 9\n", { mode: 0o755 });
      const { code, stderr } = await runSetup({
        DENO_WEBGPU_BACKEND: "vulkan",
        PATH: folder,
        VK_DRIVER_FILES: "/nonexistent",
        VK_ICD_FILENAMES: "/nonexistent",
      });
      const sudo = Deno.uid() === 0 ? "" : "sudo ";
      const command = `\n  ${sudo}dnf install -y mesa-vulkan-drivers vulkan-loader\n`;
      assert.ok(new TextDecoder().decode(stderr).includes(command));
      assert.equal(code, 1);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
