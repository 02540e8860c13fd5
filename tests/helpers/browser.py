"""Open a page in Debian's headless Chromium, where there is one."""

import os
import re
import shutil
import subprocess
from pathlib import Path

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
    "--virtual-time-budget=10000",
)


def open_in_browser(page: Path, home: Path) -> str:
    """Return the page as Chromium has it once all is loaded; fail where its console speaks."""
    done = subprocess.run(
        [str(CHROMIUM), *FLAGS, f"--user-data-dir={home / 'profile'}", "--dump-dom", page.as_uri()],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "HOME": str(home)},
    )
    assert done.returncode == 0, done.stderr
    told = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert not told, "\n".join(told)
    return done.stdout


def driven(page: Path, script: str) -> Path:
    """A copy of the page in which ``script`` plays its user (the page itself lets no other
    script run)."""
    text, count = re.subn(
        r'(http-equiv="Content-Security-Policy" content=")[^"]*',
        r"\1default-src data: 'unsafe-inline'",
        page.read_text(encoding="utf-8"),
    )
    assert count == 1
    copy = page.with_name("driven.html")
    copy.write_text(text.replace("</body>", f"<script>{script}</script></body>"), encoding="utf-8")
    return copy
