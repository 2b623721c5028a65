"""The examples of docs/api.md do what they say."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from typer.testing import CliRunner

from deeptepp.cli import app
from deeptepp.domain.people import Role
from deeptepp.service import counted_metrics as metrics
from deeptepp.store import own_ledger

DOCS = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
EXAMPLES = [each for each in re.findall(r"```sh\n(.*?)```", DOCS, re.DOTALL) if "curl" in each]


def shell(example, service, **more):
    """Run an example; gives what it prints."""
    tokens = {"TOKEN": service.tokens["clinician"], "METRICS_TOKEN": service.tokens["metrics"]}
    env = os.environ | {"URL": service.url, "no_proxy": "*"} | tokens | more
    done = subprocess.run(
        ["bash", "-ec", example], cwd=service.folder, env=env, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_the_examples_run_as_they_stand(service):
    assert shutil.which("curl")
    scored, queued, again, both, counted = EXAMPLES
    # Facts that leave much unknown are scored with warnings.
    assert json.loads(shell(scored, service))["outcome"].startswith("scored")
    begun = json.loads(shell(queued, service))
    assert begun["state"] in ("waiting", "running", "done")
    case = begun["case"].rpartition("/")[2]
    answered = json.loads(shell(again, service, CASE=case))
    assert {"job", "rule", "outcome"} & set(answered)
    assert shell(both, service, CASE=case)
    assert service.client().get(begun["case"]).status_code == 404
    told = shell(counted, service)
    named = set(re.findall(r"^\| `(deeptepp_\w+)", DOCS, re.MULTILINE))
    assert named == set(re.findall(r"^# TYPE (deeptepp_\w+?)(?<!_created) ", told, re.MULTILINE))
    assert "deeptepp_database_reachable 1.0" in told
    assert re.search(r"deeptepp_cases_scored_total [1-9]", told)


def test_every_role_of_a_token_is_told_and_every_status(service):
    assert all(f"`{role.value}`" in DOCS for role in Role)
    described = service.client().get("/api/v1/openapi.json").json()
    for status in set(described["paths"]["/api/v1/score"]["post"]["responses"]) - {"405", "421", "500"}:
        assert re.search(rf"^\| .*\b{status}\b", DOCS, re.MULTILINE), status


def test_a_token_is_shown_once_listed_without_itself_and_revoked_at_once(service):
    def run(*arguments):
        return CliRunner().invoke(app, ["token", *arguments])

    made = run("new", "--name", "an archive", "--role", "metrics", "--days", "3")
    token = made.stdout.strip()
    headers = {"Authorization": f"Bearer {token}"}
    client = service.client("")
    assert client.get("/metrics", headers=headers).status_code == 200
    assert client.post("/api/v1/score", headers=headers).status_code == 403
    assert token not in run("list").stdout + run("list", "--json").stdout
    assert token.encode() not in (service.folder / "board.sqlite").read_bytes()
    assert "api.token-name" in run("new", "--name", "an archive").output
    assert run("revoke", "an archive").exit_code == 0
    assert client.get("/metrics", headers=headers).status_code == 401
    assert "api.token-unknown" in run("revoke", "an archive").output
    assert "revoked" in run("list").stdout
    told = own_ledger.own_ledger().entries(kinds=["token made", "token revoked"])[:2]
    row = next(each for each in json.loads(run("list", "--json").stdout)["tokens"] if each["name"] == "an archive")
    assert [entry.kind for entry in told] == ["token revoked", "token made"]
    assert all(entry.about.startswith(row["id"]) for entry in told)
    assert told[1].facts == {"role": "metrics", "days": 3}


def test_a_token_is_said_to_be_needless_where_nobody_signs_in(service, tmp_path, monkeypatch):
    def said(name):
        return CliRunner().invoke(app, ["token", "new", "--name", name]).stderr

    assert "need no token" not in said("with a sign-in")
    monkeypatch.chdir(tmp_path)
    assert "need no token" in said("without one")


def test_a_token_that_is_too_old_lets_nobody_in(tmp_path):
    from deeptepp.store.cases import Board

    board = Board(str(tmp_path / "board.sqlite"))
    assert board.tokens.person(board.tokens.make("old", Role.VIEWER, 0)) is None
    assert board.tokens.person(board.tokens.make("young", Role.VIEWER, 1)).roles == {Role.VIEWER}
    assert board.tokens.person("deeptepp_guessed") is None
    board.close()


def test_a_label_of_the_metrics_is_bounded():
    from prometheus_client import generate_latest

    for number in range(80):
        metrics.note_error(type(f"Made{number}", (Exception,), {})("JANE"))
    told = generate_latest(metrics.REGISTRY).decode()
    assert len(re.findall(r'^deeptepp_errors_total\{type="', told, re.MULTILINE)) <= 51
    assert "JANE" not in told
