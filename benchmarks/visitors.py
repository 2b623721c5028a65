"""Page runs of many visitors with every guard on, beside the same pages without: python benchmarks/visitors.py.

Both servers run at once and are visited in turns, round by round, so that a busy machine slows both alike. With
guards: the gate in front of every route, sign-in by OpenID Connect, access log and rates, as ``app.py`` serves it;
without: the same screens with no middleware and nobody to sign in. A run is timed from the message that a browser
sends to the end of the script.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import httpx2
import numpy as np
import oidc_provider
import websockets
from dashboard_server import ROOT, free_port
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

MOST_RATIO = 1.5
"""What is asked of the 95th percentile with guards by that without."""

ON, OFF = "with guards", "without"

VISITED = ("", "tiers", "evidence", "board", "cases")
"""Pages, by their addresses."""

UNGUARDED = """
from pathlib import Path
import streamlit as st
from deeptepp.config import load_settings
from deeptepp.ui.installation import Installation

app = st.App(Path({router!r}), lifespan=Installation(load_settings()).lifespan)
"""

PAGE = """# Page runs of {n} visitors, with every guard and without

`make visitors`; {cores} cores, load {load:.1f}. Both servers run at once and are visited in turns, {rounds} rounds
of {n} visitors who open a page at the same moment ({pages}). Asked: a 95th percentile with guards of at most
{most} times that without.

| server | page runs | median, s | 95th percentile, s |
| --- | ---: | ---: | ---: |
{rows}

Ratio of the 95th percentiles: {ratio:.2f}, of the medians: {median:.2f}.
"""


def main() -> int:
    """Visit both servers in turns; 1 where the guards cost too much."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=60, help="visitors at the same time on each server")
    parser.add_argument("--rounds", type=int, default=4, help="times that each of them opens a page")
    parser.add_argument("--out", type=Path, help="where to write the table")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, oidc_provider.running() as provider:
        provider.user = "board"
        settings = f'oidc_issuer = "{provider.url}"\n{oidc_provider.SETTINGS}'
        secret = {"DEEPTEPP_OIDC_SECRET": oidc_provider.SECRET}
        with (
            served(Path(place) / "on", "", settings, **secret) as on,
            served(Path(place) / "off", UNGUARDED) as off,
        ):
            cookies = [signed_in(on) for _ in range(options.n)]
            times = asyncio.run(visited(on, off, cookies, options.rounds))
    p95 = {name: float(np.quantile(each, 0.95)) for name, each in times.items()}
    p50 = {name: float(np.median(each)) for name, each in times.items()}
    ratio = p95[ON] / p95[OFF]
    page = PAGE.format(
        n=options.n,
        cores=os.cpu_count(),
        load=os.getloadavg()[0],
        rounds=options.rounds,
        pages=", ".join(f"/{each}" for each in VISITED),
        most=MOST_RATIO,
        rows="\n".join(f"| {k} | {len(each)} | {p50[k]:.2f} | {p95[k]:.2f} |" for k, each in times.items()),
        ratio=ratio,
        median=p50[ON] / p50[OFF],
    )
    sys.stdout.write(page)
    if options.out is not None:
        options.out.write_text(page, encoding="utf-8")
    return int(ratio > MOST_RATIO)


@contextlib.contextmanager
def served(folder: Path, source: str, settings: str = "", **environment: str) -> Iterator[str]:
    """Serve the dashboard, or an app of its own, in a folder with its settings; gives its address."""
    shutil.copytree(ROOT / ".streamlit", folder / ".streamlit")
    (folder / "deeptepp.toml").write_text(settings)
    (folder / "unguarded.py").write_text(source.format(router=str(ROOT / "deeptepp" / "ui" / "router.py")))
    port, app = free_port(), ("unguarded:app", folder) if source else ("app:app", ROOT)
    command = [sys.executable, "-m", "uvicorn", app[0], "--app-dir", str(app[1]), "--port", str(port)]
    own = {
        "TMPDIR": str(folder),
        "DEEPTEPP_BOARD": str(folder / "board.sqlite"),
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(ROOT),
    }
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            command, cwd=folder, env=os.environ | own | environment, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        while not is_up(f"http://127.0.0.1:{port}"):
            if server.poll() is not None:
                raise RuntimeError((folder / "log").read_text()[-2000:])
            time.sleep(0.3)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(60)


def is_up(url: str) -> bool:
    """Whether a server answers at all, also by asking who is there."""
    try:
        urllib.request.urlopen(f"{url}/_stcore/health", timeout=5).close()  # noqa: S310  our own server
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def signed_in(url: str) -> str:
    """Sign one more visitor in; gives her cookie."""
    with httpx2.Client(base_url=url, follow_redirects=True, trust_env=False, timeout=120) as browser:
        browser.get("/sign-in", params={"to": "/healthz"})
        return f"deeptepp={browser.cookies['deeptepp']}"


async def visited(on: str, off: str, cookies: list[str], rounds: int) -> dict[str, list[float]]:
    """Let all visitors of one server open a page at once, then those of the other, again and again."""
    times: dict[str, list[float]] = {ON: [], OFF: []}
    sides = [(ON, on, cookies), (OFF, off, [""] * len(cookies))]
    # The first visitors fill what a server keeps for all.
    for _, url, own in sides:
        for page in VISITED:
            await page_run(url, page, own[0])
    for number in range(rounds):
        # Who begins changes, so that what grows with time grows for both.
        for name, url, own in sides if number % 2 == 0 else sides[::-1]:
            runs = [page_run(url, VISITED[(number + n) % len(VISITED)], cookie) for n, cookie in enumerate(own)]
            times[name] += await asyncio.gather(*runs)
    return times


async def page_run(url: str, page: str, cookie: str) -> float:
    """Open a page as a browser does; seconds until its script has ended."""
    headers = {"Cookie": cookie} if cookie else {}
    address = f"{url.replace('http', 'ws', 1)}/_stcore/stream"
    asked = BackMsg()
    asked.rerun_script.page_name = page
    async with websockets.connect(
        address,
        origin=url,
        additional_headers=headers,
        subprotocols=["streamlit"],
        max_size=None,
        open_timeout=300,
        ping_timeout=None,
        proxy=None,
    ) as line:
        began_s = time.monotonic()
        await line.send(asked.SerializeToString())
        async for message in line:
            told = ForwardMsg()
            told.ParseFromString(message)
            if told.WhichOneof("type") == "script_finished":
                if told.script_finished != ForwardMsg.FINISHED_SUCCESSFULLY:
                    raise RuntimeError(page)
                return time.monotonic() - began_s
    msg = "the server hung up"
    raise ConnectionError(msg)


if __name__ == "__main__":
    sys.exit(main())
