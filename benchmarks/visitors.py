"""Page runs of many visitors with every guard on, beside the same pages without: python benchmarks/visitors.py.

Both servers run at once and are visited in turns, round by round, so that a busy machine slows both alike. With
guards: the gate in front of every route, sign-in by OpenID Connect, access log and rates, as ``app.py`` serves it;
without: the same screens with no middleware and nobody to sign in. A run is timed from the message that a browser
sends to the end of the script. ``--peer`` takes the place of the unguarded screens: a checkout of an earlier
commit, as it served itself, visited on the pages that both have. ``--alone N`` asks what a run costs the processor
instead, page by page: of N visitors who come one after the other, and of one who draws the page N times more.
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
"""Pages, by their addresses; the last is younger than the guards."""

UNGUARDED = """
from pathlib import Path
import streamlit as st
from deeptepp.config import load_settings
from deeptepp.ui.installation import Installation

app = st.App(Path({router!r}), lifespan=Installation(load_settings()).lifespan)
"""

PAGE = """# Page runs of {n} visitors, with every guard and without

`{command}`; {cores} cores, load {load:.1f}. Both servers run at once and are visited in turns, {rounds} rounds
of {n} visitors who open a page at the same moment ({pages}). Asked: a 95th percentile with guards of at most
{most} times that without.

| server | page runs | median, s | 95th percentile, s | processor per run, s |
| --- | ---: | ---: | ---: | ---: |
{rows}

Ratio of the 95th percentiles: {ratio:.2f} (round by round {by_round}), of the medians: {median:.2f},
of the processor's time, which no other program on the machine changes: {worked:.2f}. A run takes as long as
{n} scripts that share an interpreter.
"""


def main() -> int:
    """Visit both servers in turns; 1 where the guards cost too much."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=60, help="visitors at the same time on each server")
    parser.add_argument("--rounds", type=int, default=4, help="times that each of them opens a page")
    parser.add_argument("--alone", type=int, metavar="N", help="visitors one after the other, page by page")
    parser.add_argument("--peer", type=Path, help="checkout of a commit before the guards, instead of our screens")
    parser.add_argument("--out", type=Path, help="where to write the table")
    options = parser.parse_args()
    pages = VISITED[:-1] if options.peer else VISITED
    with tempfile.TemporaryDirectory() as place, oidc_provider.running() as provider:
        provider.user = "board"
        settings = f'oidc_issuer = "{provider.url}"\n{oidc_provider.SETTINGS}'
        secret = {"DEEPTEPP_OIDC_SECRET": oidc_provider.SECRET}
        without = served(Path(place) / "off", options.peer or ROOT, "" if options.peer else UNGUARDED)
        with served(Path(place) / "on", ROOT, "", settings, **secret) as on, without as off:
            if options.alone:
                sides = {ON: (*on, signed_in(on[0])), OFF: (*off, "")}
                sys.stdout.write(asyncio.run(costs(sides, pages, options.alone)))
                return 0
            cookies = [signed_in(on[0]) for _ in range(options.n)]
            times, worked_s = asyncio.run(visited(on, off, cookies, pages, options.rounds))
    page, ratio = told(times, worked_s, pages, options)
    sys.stdout.write(page)
    if options.out is not None:
        options.out.write_text(page, encoding="utf-8")
    return int(ratio > MOST_RATIO)


def told(
    times: dict[str, np.ndarray], worked_s: dict[str, float], pages: tuple[str, ...], options: argparse.Namespace
) -> tuple[str, float]:
    """Write the table of the times, seconds by round and visitor, and of the processor's; gives the ratio too."""
    p95 = {name: float(np.quantile(each, 0.95)) for name, each in times.items()}
    p50 = {name: float(np.median(each)) for name, each in times.items()}
    by_round = np.quantile(times[ON], 0.95, axis=1) / np.quantile(times[OFF], 0.95, axis=1)
    ratio = p95[ON] / p95[OFF]
    page = PAGE.format(
        command="benchmarks/visitors.py --peer CHECKOUT" if options.peer else "make visitors",
        n=options.n,
        cores=os.cpu_count(),
        load=os.getloadavg()[0],
        rounds=options.rounds,
        pages=", ".join(f"/{each}" for each in pages),
        most=MOST_RATIO,
        rows="\n".join(
            f"| {k} | {each.size} | {p50[k]:.2f} | {p95[k]:.2f} | {worked_s[k] / each.size:.3f} |"
            for k, each in times.items()
        ),
        ratio=ratio,
        by_round=", ".join(f"{each:.2f}" for each in by_round),
        median=p50[ON] / p50[OFF],
        worked=worked_s[ON] / worked_s[OFF],
    )
    return page, ratio


@contextlib.contextmanager
def served(
    folder: Path, checkout: Path, source: str, settings: str = "", **environment: str
) -> Iterator[tuple[str, int]]:
    """Serve the dashboard of a checkout, or an app of its own, with settings; gives its address and process."""
    shutil.copytree(checkout / ".streamlit", folder / ".streamlit")
    (folder / "deeptepp.toml").write_text(settings)
    (folder / "unguarded.py").write_text(source.format(router=str(ROOT / "deeptepp" / "ui" / "router.py")))
    port, app = free_port(), ("unguarded:app", folder) if source else ("app:app", checkout)
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
        yield f"http://127.0.0.1:{port}", server.pid
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


async def visited(
    on: tuple[str, int], off: tuple[str, int], cookies: list[str], pages: tuple[str, ...], rounds: int
) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Let all visitors of one server open a page at once, then those of the other, again and again."""
    times: dict[str, list[list[float]]] = {ON: [], OFF: []}
    worked_s = {ON: 0.0, OFF: 0.0}
    sides = [(ON, *on, cookies), (OFF, *off, [""] * len(cookies))]
    # The first visitors fill what a server keeps for all.
    for _, url, _, own in sides:
        for page in pages:
            await page_run(url, page, own[0])
    for number in range(rounds):
        # Who begins changes, so that what grows with time grows for both.
        for name, url, pid, own in sides if number % 2 == 0 else sides[::-1]:
            runs = [page_run(url, pages[(number + n) % len(pages)], cookie) for n, cookie in enumerate(own)]
            worked_s[name] -= processor_s(pid)
            times[name].append(await asyncio.gather(*runs))
            worked_s[name] += processor_s(pid)
    return {name: np.array(each) for name, each in times.items()}, worked_s


async def costs(sides: dict[str, tuple[str, int, str]], pages: tuple[str, ...], n: int) -> str:
    """Table of what a run of each page costs each server: of a first visit, and of a page that is drawn again."""
    rows = []
    for page in pages:
        first_ms, again_ms = (dict.fromkeys(sides, 0.0) for _ in range(2))
        for number in range(n):
            # The servers take turns: a busy machine slows both alike. The first visitor fills what is kept.
            for name, (url, pid, cookie) in sides.items():
                began_s = processor_s(pid)
                await page_run(url, page, cookie)
                middle_s = processor_s(pid)
                await page_run(url, page, cookie, n_again=2)
                if number:
                    first_ms[name] += 1000 * (middle_s - began_s) / (n - 1)
                    again_ms[name] += 1000 * (processor_s(pid) - middle_s) / (n - 1)
        again_ms = {name: (again_ms[name] - first_ms[name]) / 2 for name in sides}
        cells = [f"{each[name]:.1f}" for each in (first_ms, again_ms) for name in sides]
        rows.append(f"| /{page} | {' | '.join(cells)} |\n")
    head = " | ".join(f"{visit}, {name}, ms" for visit in ("first visit", "drawn again") for name in sides)
    return f"| page | {head} |\n|---{'|---:' * 2 * len(sides)}|\n{''.join(rows)}"


def processor_s(pid: int) -> float:
    """Seconds of a processor that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def page_run(url: str, page: str, cookie: str, n_again: int = 0) -> float:
    """Open a page as a browser does, and draw it ``n_again`` times more; seconds until its script has ended."""
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
                if not n_again:
                    return time.monotonic() - began_s
                n_again -= 1
                await line.send(asked.SerializeToString())
    msg = "the server hung up"
    raise ConnectionError(msg)


if __name__ == "__main__":
    sys.exit(main())
