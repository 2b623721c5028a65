"""The compose file and its like hold what the page on deployment claims, and name nothing that the code lacks."""

from __future__ import annotations

import ast
import json
import re
import stat
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from deeptepp.config import Settings, load_settings

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
DOCKERFILES = (ROOT / "Dockerfile", DEPLOY / "orthanc.Dockerfile")


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_read_only_without_privileges_bounded_checked_and_started_again(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] == "CMD"
    assert {"mem_limit", "pids_limit", "tmpfs", "logging"} <= set(service)
    assert not {"privileged", "cap_add", "devices", "network_mode", "pid", "ipc"} & set(service)
    assert all(":" not in each or not each.startswith((".", "/")) for each in service.get("volumes", ()))
    # Orthanc's account is the image's own, by name.
    assert "user" in service or "USER orthanc" in DOCKERFILES[1].read_text()
    assert not str(service.get("user", "1")).startswith(("0", "root"))


def test_only_the_proxy_is_published_and_only_the_app_reaches_outside_and_the_data():
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    networks = COMPOSE["networks"]
    assert {name for name, network in networks.items() if not network.get("internal")} == {"edge", "outside"}
    on = {name: {s for s, service in SERVICES.items() if name in service["networks"]} for name in networks}
    assert on == {
        "edge": {"proxy"},
        "web": {"proxy", "app"},
        "data": {"app", "postgres", "orthanc"},
        "outside": {"app"},
    }
    (subnet,) = networks["web"]["ipam"]["config"]
    assert load_settings(DEPLOY / "deeptepp.toml").trusted_proxies == (subnet["subnet"],)


def test_every_image_is_pinned_by_a_whole_version():
    built = [service["image"] for service in SERVICES.values() if "build" not in service]
    built += [re.search(r"^FROM (\S+)", file.read_text(), re.MULTILINE)[1] for file in DOCKERFILES]
    assert len(built) == 4
    assert [image for image in built if not re.search(r":\d+\.\d+", image)] == []


def test_what_is_mounted_is_defined_and_what_is_defined_is_mounted():
    def used(kind: str) -> set[str]:
        listed = [each for service in SERVICES.values() for each in service.get(kind, ())]
        return {each["source"] if isinstance(each, dict) else each.split(":")[0] for each in listed}

    for kind in ("volumes", "secrets", "configs"):
        assert used(kind) == set(COMPOSE[kind])
    assert [each for each in COMPOSE["configs"].values() if not (ROOT / each["file"]).is_file()] == []
    for service in SERVICES.values():
        files = [each for name, each in service.get("environment", {}).items() if name.endswith("_FILE")]
        secrets = [s for s in service.get("secrets", ()) if isinstance(s, str)]
        assert {Path(file).name for file in files} <= set(secrets)


def _secrets_of_the_code() -> set[str]:
    """Variables that stand, as they are or with _FILE, in a module that reads secrets."""
    found = set()
    for file in (ROOT / "deeptepp").rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        if "read_secret" in text:
            words = (node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant))
            found |= {word for word in words if isinstance(word, str) and re.fullmatch(r"DEEPTEPP_[A-Z_]+", word)}
    return found


def test_every_variable_that_is_set_is_one_that_the_code_reads_from_a_file_too():
    known = _secrets_of_the_code()
    assert len(known) >= 5
    unit = (DEPLOY / "deeptepp.service").read_text()
    named = set(SERVICES["app"]["environment"]) | set(re.findall(r"Environment=(DEEPTEPP_\w+)=", unit))
    assert {n.removesuffix("_FILE") for n in named if n.startswith("DEEPTEPP_")} - known == set()


def test_no_secret_stands_in_a_file_of_the_repository():
    for name in ("OIDC_SECRET", "PACS_PASSWORD", "BOARD"):
        assert f"DEEPTEPP_{name}_FILE" in SERVICES["app"]["environment"]
        assert f"DEEPTEPP_{name}" not in SERVICES["app"]["environment"]
    assert "/deploy/secrets/" in (ROOT / ".gitignore").read_text().split()
    assert "deploy/secrets" in (ROOT / ".dockerignore").read_text().split()
    assert all(each["file"].startswith("deploy/secrets/") for each in COMPOSE["secrets"].values())


def test_the_settings_of_compose_ask_for_a_sign_in_and_are_all_known():
    settings = load_settings(DEPLOY / "deeptepp.toml")
    assert settings.needs_sign_in
    assert not settings.is_open_without_login
    assert set(settings.roles) == {"viewer", "clinician", "board", "admin"}
    assert {"public_url", "oidc_issuer", "pacs_url"} <= {field.name for field in fields(Settings)}


def test_the_app_is_served_by_the_same_words_in_the_image_under_make_up_and_as_a_unit():
    image = re.search(r'^CMD (\["python".*?\])', DOCKERFILES[0].read_text().replace("\\\n", ""), re.M | re.S)
    served = [json.loads(image[1])]
    for file, key in ((DEPLOY / "supervisord.conf", "command="), (DEPLOY / "deeptepp.service", "ExecStart=")):
        (line,) = [each for each in file.read_text().splitlines() if each.startswith(key) and "uvicorn" in each]
        served.append(line.removeprefix(key).split())
    own = {"--host", "--port", "--app-dir"}
    words = [[w for i, w in enumerate(each) if w not in own and each[i - 1] not in own][1:] for each in served]
    assert words[0] == words[1] == words[2]
    assert "--no-proxy-headers" in words[0]


def test_the_image_runs_as_an_ordinary_user_that_owns_the_folder_that_lasts():
    text = DOCKERFILES[0].read_text()
    data = SERVICES["app"]["volumes"][0].split(":")[1]
    assert f"VOLUME {data}" in text
    assert re.search(r"--owner deeptepp .*\bdata\b", text)
    assert text.index("USER deeptepp") < text.index("VOLUME")
    assert "/readyz" in text
    assert "--require-hashes" in text
    assert Path(Settings().board).parts[0] == Path(data).name


def test_secrets_are_made_once_for_one_group_and_fit_each_other(tmp_path):
    script = tmp_path / "make-secrets"
    script.write_bytes((DEPLOY / "make-secrets").read_bytes())
    made = [subprocess.run(["sh", script], check=True, capture_output=True, text=True) for _ in range(2)]
    kept = {file.name: file.read_text().strip() for file in (tmp_path / "secrets").iterdir()}
    assert kept["postgres_password"] in kept["board_address"]
    assert json.loads(kept["orthanc_users.json"]) == {"RegisteredUsers": {"deeptepp": kept["pacs_password"]}}
    assert len(kept["postgres_password"]) == 48
    assert [name for name in ("oidc_secret", "tls_certificate", "tls_key") if name not in made[1].stderr] == []
    assert [value for value in kept.values() if value in made[0].stdout + made[0].stderr] == []
    assert {stat.S_IMODE(file.stat().st_mode) & 0o007 for file in (tmp_path / "secrets").iterdir()} == {0}
    subprocess.run(["sh", script], check=True, capture_output=True)
    assert {file.name: file.read_text().strip() for file in (tmp_path / "secrets").iterdir()} == kept


def test_the_proxy_lets_only_modern_tls_in_and_writes_who_calls_anew():
    text = (DEPLOY / "nginx.conf").read_text()
    assert "ssl_protocols TLSv1.2 TLSv1.3;" in text
    assert "X-Forwarded-For $remote_addr" in text
    assert re.findall(r"\$(?:request_uri|args|query_string|http_referer|http_cookie|request)\b", text) == []
    assert "$proxy_add_x_forwarded_for" not in text
