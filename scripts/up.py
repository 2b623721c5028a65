"""Run app, database, PACS and proxy from Debian's packages below one supervisor: `make up`, `make down`.

Everything lies in one folder; what is there is kept. Listens on this machine alone unless a sign-in is configured.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import socket
import ssl
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from string import Template

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
PATIENCE_S = 120.0
"""Seconds that everything together may take to be ready."""
SOCKET_CHARACTERS = 100
"""Longest path of a socket that every Unix takes, less a margin."""
CERTIFICATE_DAYS = 365
"""How long a self-signed certificate holds; it is made anew in its last week."""
DEMO = """
# UNSAFE, for a demonstration: whoever reaches the provider is who she says.
oidc_issuer = "http://127.0.0.1:{port}"
oidc_client_id = "deeptepp"
[roles]
viewer = ["breast-students"]
clinician = ["breast-radiology"]
board = ["tumour-board"]
admin = ["it-operations"]
"""
PROVIDER = (
    "import oidc_provider as o, uvicorn; from starlette.applications import Starlette; "
    "provider = o.OidcProvider('http://127.0.0.1:{port}'); "
    "uvicorn.run(Starlette(routes=provider.routes()), host='127.0.0.1', port={port}, log_level='error')"
)


class CannotRun(Exception):
    """Why nothing was started, in words."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one set runs: its folder, the address of the proxy, and the first of five ports."""

    folder: Path
    host: str
    port: int
    is_demo: bool

    @property
    def ports(self) -> dict[str, int]:
        """Port of each part."""
        parts = ("proxy", "app", "postgres", "orthanc", *(("provider",) if self.is_demo else ()))
        return {part: self.port + i for i, part in enumerate(parts)}

    @property
    def url(self) -> str:
        """Address for people."""
        return f"https://{'localhost' if self.host.startswith('127.') else self.host}:{self.port}"

    @property
    def is_local(self) -> bool:
        """Whether nobody but this machine reaches it."""
        return self.host.startswith("127.") or self.host in ("localhost", "::1")


def main() -> int:
    """Start or stop, and say where it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["up", "down"])
    parser.add_argument("--folder", type=Path, help="runs/up, or runs/up-demo for a demonstration")
    parser.add_argument("--host", default="127.0.0.1", help="address that the proxy listens on")
    parser.add_argument("--port", type=int, default=8443, help="port of the proxy; four more follow it")
    parser.add_argument("--demo", action="store_true", help="UNSAFE: with a provider that believes everybody")
    asked = parser.parse_args()
    usual = [ROOT / "runs" / name for name in (("up-demo", "up") if asked.demo else ("up", "up-demo"))]
    folders = [asked.folder.resolve()] if asked.folder else usual
    places = [Place(folder, asked.host, asked.port, asked.demo) for folder in folders]
    try:
        return up(places[0]) if asked.what == "up" else max(down(place) for place in places)
    except CannotRun as error:
        print(error, file=sys.stderr)
        return 1


def up(place: Place) -> int:
    """Start what is not running yet, and wait until it is ready."""
    if not is_running(place):
        programs = find_programs()
        refuse_place(place)
        prepare(place, programs)
        config = place.folder / "supervisord.conf"
        subprocess.run([programs["supervisord"], "-c", config], check=True, cwd=place.folder)
    parts = wait_ready(place)
    print(f"{place.url}  (self-signed certificate: {place.folder / 'tls' / 'certificate.pem'})")
    print(sign_in_words(place))
    print(f"Settings: {place.folder / 'app' / 'deeptepp.toml'}, logs: {place.folder / 'logs'}, end: make down")
    if not all(parts.values()):
        print("Not ready:", ", ".join(name for name, works in parts.items() if not works), file=sys.stderr)
    return 0 if all(parts.values()) else 1


def down(place: Place) -> int:
    """End all of it, and see that nothing is left."""
    if is_running(place):
        pid = int((place.folder / "supervisord.pid").read_text())
        control(place, "shutdown")
        deadline = time.monotonic() + PATIENCE_S
        while _is_alive(pid) and time.monotonic() < deadline:
            time.sleep(0.1)
        if _is_alive(pid):
            raise CannotRun(f"The supervisor (process {pid}) does not end.")
    print(f"Nothing of {place.folder} runs; its data stay.")
    return 0


def control(place: Place, *command: str) -> subprocess.CompletedProcess[str]:
    """Tell the supervisor something."""
    program = shutil.which("supervisorctl") or "supervisorctl"
    call = [program, "-c", str(place.folder / "supervisord.conf"), *command]
    return subprocess.run(call, capture_output=True, text=True, check=False)


def is_running(place: Place) -> bool:
    """Whether the supervisor of this folder answers."""
    return (place.folder / "supervisor.sock").exists() and control(place, "pid").stdout.strip().isdigit()


def find_programs() -> dict[str, str]:
    """Where the parts are; Debian keeps the database's server out of the PATH."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    found = {name: shutil.which(name, path=path) for name in ("supervisord", "nginx", "Orthanc", "openssl")}
    servers = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda file: int(file.parts[4]))
    found["postgres"] = str(servers[-1]) if servers else shutil.which("postgres")
    if missing := [name for name, file in found.items() if file is None]:
        raise CannotRun(f"Not installed: {', '.join(missing)}. `make system` installs them on Debian.")
    return {name: file for name, file in found.items() if file is not None}


def refuse_place(place: Place) -> None:
    """Refuse ports that are taken, a folder that is too deep, and other machines without a sign-in."""
    if len(str(place.folder)) > SOCKET_CHARACTERS - len("/supervisor.sock.12345"):
        raise CannotRun("The path of the folder is too long for a socket; name a shorter one with --folder.")
    for part, port in place.ports.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((place.host if part == "proxy" else "127.0.0.1", port))
            except OSError:
                raise CannotRun(
                    f"Port {port} for {part} is taken or not yours; choose another with UP_PORT."
                ) from None
    kept = place.folder / "port"
    if kept.exists() and kept.read_text() != str(place.port):
        raise CannotRun(f"{place.folder} was made for UP_PORT={kept.read_text()}; its settings name that port.")
    if not place.is_local and (place.is_demo or not has_sign_in(place)):
        raise CannotRun(
            "Other machines are let in only with a sign-in: set oidc_issuer in "
            f"{place.folder / 'app' / 'deeptepp.toml'} and put our secret into "
            f"{place.folder / 'secrets' / 'oidc_secret'}."
        )


def has_sign_in(place: Place) -> bool:
    """Whether the settings name a provider."""
    file = place.folder / "app" / "deeptepp.toml"
    return file.is_file() and bool(tomllib.loads(file.read_text(encoding="utf-8")).get("oidc_issuer"))


def prepare(place: Place, programs: Mapping[str, str]) -> None:
    """Write everything that is not there; secrets and settings stay once they are."""
    folder = place.folder
    for name, mode in (("", 0o711), ("logs", 0o700), ("secrets", 0o700), ("tls", 0o700), ("tmp", 0o711)):
        (folder / name).mkdir(mode=mode, parents=True, exist_ok=True)
        (folder / name).chmod(mode)
    (folder / "app").mkdir(mode=0o700, exist_ok=True)
    make_certificate(place, programs["openssl"])
    make_database(place, Path(programs["postgres"]))
    write_orthanc(place)
    write_settings(place)
    write_proxy(place)
    write_supervisor(place, programs)
    (folder / "port").write_text(str(place.port))


def secret(place: Place, name: str, value: str = "") -> str:
    """Read a secret, made at the first time."""
    file = place.folder / "secrets" / name
    if not file.exists():
        write_private(file, value or secrets.token_hex(24))
    return file.read_text(encoding="utf-8").strip()


def write_private(file: Path, text: str) -> None:
    """Write a file that nobody else can read."""
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write(text)


def make_certificate(place: Place, openssl: str) -> None:
    """Sign a certificate for this address by its own key, where none holds for another week."""
    certificate, key = place.folder / "tls" / "certificate.pem", place.folder / "tls" / "key.pem"
    check = [openssl, "x509", "-in", certificate, "-noout", "-checkend", str(7 * 86400), "-checkip", place.host]
    if certificate.exists() and "does match" in _said(check):
        return
    names = f"subjectAltName=DNS:localhost,IP:127.0.0.1,IP:{place.host}"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-subj", "/CN=DeepTEPP", "-addext", names, "-days", str(CERTIFICATE_DAYS)]
    _call([*command, "-keyout", str(key), "-out", str(certificate)])
    key.chmod(0o600)


def make_database(place: Place, server: Path) -> None:
    """Make an empty database with a password, in the account that the server runs under."""
    folder, password = place.folder / "postgres", secret(place, "postgres_password")
    secret(
        place, "board_address", f"postgresql://deeptepp:{password}@127.0.0.1:{place.ports['postgres']}/postgres"
    )
    if (folder / "data" / "PG_VERSION").exists():
        return
    folder.mkdir(mode=0o700, exist_ok=True)
    write_private(folder / "password", password)
    command = [str(server.with_name("initdb")), "-D", str(folder / "data"), "-U", "deeptepp", "-E", "UTF8"]
    command += ["--auth=scram-sha-256", "--data-checksums", f"--pwfile={folder / 'password'}"]
    if os.geteuid() == 0:  # the server refuses to run as root
        for each in (folder, folder / "password"):
            shutil.chown(each, "postgres")
        command = ["runuser", "-u", "postgres", "--", *command]
    _call(command, folder)
    (folder / "password").unlink()


def write_orthanc(place: Place) -> None:
    """Write the settings of the container with other paths, and who may come in."""
    settings = json.loads((DEPLOY / "orthanc.json").read_text(encoding="utf-8"))
    storage = str(place.folder / "orthanc")
    settings |= {"StorageDirectory": storage, "IndexDirectory": storage, "HttpPort": place.ports["orthanc"]}
    settings |= {"RemoteAccessAllowed": False, "RegisteredUsers": {"deeptepp": secret(place, "pacs_password")}}
    write_private(place.folder / "secrets" / "orthanc.json", json.dumps(settings))


def write_settings(place: Place) -> None:
    """Write the settings of the app once; what an administrator changes in them stays."""
    app = place.folder / "app"
    app.mkdir(parents=True, exist_ok=True)
    if (app / "deeptepp.toml").exists():
        return
    text = f'public_url = "{place.url}"\ntrusted_proxies = ["127.0.0.1"]\n'
    text += f'pacs_url = "http://127.0.0.1:{place.ports["orthanc"]}/dicom-web"\npacs_name = "Orthanc"\n'
    (app / "deeptepp.toml").write_text(text + (DEMO.format(port=place.ports["provider"]) if place.is_demo else ""))
    if place.is_demo:
        secret(place, "oidc_secret", "s3cret-of-the-client")


def write_proxy(place: Place) -> None:
    """Write the proxy's configuration of the container with other addresses and paths."""
    folder, text = place.folder, (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    for known, ours in {
        " /tmp/": f" {folder}/tmp/",  # noqa: S108  before paths of ours that begin so
        "/run/secrets/tls_certificate": str(folder / "tls" / "certificate.pem"),
        "/run/secrets/tls_key": str(folder / "tls" / "key.pem"),
        "listen 8443 ssl": f"listen {place.host}:{place.port} ssl",
        "server app:8501": f"server 127.0.0.1:{place.ports['app']}",
    }.items():
        if known not in text:
            raise CannotRun(f"deploy/nginx.conf has no {known!r} any more; scripts/up.py must change with it.")
        text = text.replace(known, ours)
    (folder / "nginx.conf").write_text(text)


def write_supervisor(place: Place, programs: Mapping[str, str]) -> None:
    """Write what the supervisor runs."""
    kept = place.folder / "secrets"
    secret(place, "image_key", secrets.token_hex(32))
    environment = {
        "DEEPTEPP_BOARD_FILE": str(kept / "board_address"),
        "DEEPTEPP_KEY_FILE": str(kept / "image_key"),
        "DEEPTEPP_PACS_USER": "deeptepp",
        "DEEPTEPP_PACS_PASSWORD_FILE": str(kept / "pacs_password"),
        "PYTHONPATH": str(ROOT),
    }
    if (kept / "oidc_secret").exists():
        environment["DEEPTEPP_OIDC_SECRET_FILE"] = str(kept / "oidc_secret")
    if not has_sign_in(place):  # the proxy listens on this machine alone then
        environment["DEEPTEPP_OPEN"] = "1"
    text = Template((DEPLOY / "supervisord.conf").read_text(encoding="utf-8")).substitute(
        folder=place.folder,
        checkout=ROOT,
        python=sys.executable,
        postgres=programs["postgres"],
        orthanc=programs["Orthanc"],
        nginx=programs["nginx"],
        app_port=place.ports["app"],
        postgres_port=place.ports["postgres"],
        postgres_account="user=postgres" if os.geteuid() == 0 else "",
        app_environment=",".join(f'{name}="{value}"' for name, value in environment.items()),
    )
    if place.is_demo:
        program = PROVIDER.format(port=place.ports["provider"])
        text += f'\n[program:provider]\ncommand={sys.executable} -c "{program}"\nautorestart=true\n'
        text += f'environment=PYTHONPATH="{ROOT / "tests"}"\n'
    write_private(place.folder / "supervisord.conf", text)


def wait_ready(place: Place) -> dict[str, bool]:
    """Ask through the proxy until all works or patience ends; gives which parts do."""
    context = ssl.create_default_context(cafile=str(place.folder / "tls" / "certificate.pem"))
    deadline, parts = time.monotonic() + PATIENCE_S, {"proxy": False}
    while time.monotonic() < deadline:
        with suppress(OSError, ValueError):
            parts = _asked(f"{place.url}/readyz", context)
        if all(parts.values()):
            break
        time.sleep(0.5)
    return parts


def sign_in_words(place: Place) -> str:
    """Say who may come in."""
    if place.is_demo:
        return "UNSAFE DEMONSTRATION: the provider believes everybody. Choose viewer, clinician, board or admin."
    if has_sign_in(place):
        return "People sign in with the provider in the settings."
    return "Open to every account of this machine, without a sign-in; set oidc_issuer to change that."


def _asked(url: str, context: ssl.SSLContext) -> dict[str, bool]:
    """Which parts work; an answer of the proxy alone is none."""
    try:
        with urllib.request.urlopen(url, timeout=10, context=context) as reply:  # noqa: S310  our own address
            return dict(json.load(reply))
    except urllib.error.HTTPError as error:
        return dict(json.load(error))


def _is_alive(pid: int) -> bool:
    """Whether a process is there and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _said(command: list[object]) -> str:
    """What a program prints, whatever its status."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


def _call(command: list[str], folder: Path | None = None) -> None:
    """Run a program that must work."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotRun(f"{Path(command[0]).name} failed: {done.stderr.strip()[-500:]}")


if __name__ == "__main__":
    sys.exit(main())
