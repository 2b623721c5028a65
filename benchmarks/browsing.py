"""What the benchmarks of screens share: a server of their own and a Chromium."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

STEP = """async (keys) => {
  const under = (e) => [e, ...(e.shadowRoot ? inside(e.shadowRoot) : [])];
  const inside = (root) => [...root.querySelectorAll('*')].flatMap(under);
  const viewer = inside(document).find((e) => e.dataset.part === 'viewer');
  const times = [];
  for (const key of keys) {
    const began = performance.now();
    viewer.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, composed: true }));
    // A callback asked for after the viewer's own runs in the same frame, after it.
    await new Promise((done) => requestAnimationFrame(done));
    times.push([performance.now() - began, Number(viewer.dataset.drawMs)]);
    await new Promise((done) => setTimeout(done, 5));
  }
  return times;
}"""
"""Press keys in the slice viewer one after the other: ms from each to the end of its frame, and ms of drawing."""


@contextlib.contextmanager
def serving(app: Path, **environment: str) -> Iterator[str]:
    """Run an app on a free port, and give its address once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "streamlit", "run", app.name, "--server.port", str(port)]
    command += ["--server.headless", "true", "--browser.gatherUsageStats", "false"]
    server = subprocess.Popen(
        command, cwd=app.parent, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        while not _is_up(url):
            time.sleep(0.2)
        yield url
    finally:
        server.terminate()
        server.wait(20)


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Start a browser without a window."""
    path = shutil.which("chromium") or shutil.which("google-chrome") or "chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()


def _is_up(url: str) -> bool:
    """Tell whether the server answers."""
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2):  # noqa: S310  our own server
            return True
    except OSError:
        return False
