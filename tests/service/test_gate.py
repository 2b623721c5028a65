"""The gate judges host, place, origin, method, size and rate before anything behind it runs."""

from __future__ import annotations

import contextlib
import http.client
import socket

import pytest

from deeptepp.domain.people import LOCAL
from deeptepp.service.caller import allowed_hosts, caller_of, is_loopback
from deeptepp.service.rates import Rates
from deeptepp.service.sign_in_sessions import SignIns, digest_of


def raw(behind, method="GET", path="/board", body=None, **headers):
    """One request with exactly these headers; gives status, answer and headers."""
    connection = http.client.HTTPConnection(behind.url.removeprefix("http://"), timeout=20)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, named)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), {name.lower(): value for name, value in answer.getheaders()}
    finally:
        connection.close()


def test_without_a_sign_in_this_machine_may_do_everything(serve_gate):
    behind = serve_gate()
    assert raw(behind)[0] == 200
    assert behind.browser().get("/board").json()["who"] == LOCAL.subject


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "evil@localhost", "localhost/x", "", "["]
)
def test_another_name_is_not_answered(serve_gate, host):
    behind = serve_gate()
    status, answer, _ = raw(behind, Host=host)
    assert (status, answer) in ((421, '{"rule":"service.host"}'), (400, "Invalid HTTP request received."))
    assert behind.n_through == 0


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1:8501", "[::1]:8501", "LOCALHOST.", "mri-7.hospital.example"]
)
def test_names_of_this_machine_and_of_the_settings_are_answered(serve_gate, host):
    behind = serve_gate('hosts = ["mri-7.hospital.example"]\nis_open_without_login = true')
    assert raw(behind, Host=host)[0] == 200


def test_a_name_of_the_settings_does_not_open_the_service_without_a_sign_in(serve_gate):
    behind = serve_gate('hosts = ["mri-7.hospital.example"]')
    assert raw(behind, Host="mri-7.hospital.example")[1] == '{"rule":"service.closed"}'
    status, text, _ = raw(behind, Host="mri-7.hospital.example", Accept="text/html")
    assert status == 403
    assert "is_open_without_login = true" in text
    assert behind.n_through == 0


def test_a_proxy_on_this_machine_does_not_open_it_either(serve_gate):
    behind = serve_gate()
    assert raw(behind, Host="localhost", X_Forwarded_For="10.1.2.3")[1] == '{"rule":"service.closed"}'


def test_an_open_service_is_said_to_be_by_its_variable(serve_gate, monkeypatch):
    monkeypatch.setenv("DEEPTEPP_OPEN", "1")
    behind = serve_gate('hosts = ["mri-7.hospital.example"]')
    assert raw(behind, Host="mri-7.hospital.example")[0] == 200


def test_a_proxy_is_believed_only_where_it_is_named(hospital):
    name = "tepp.hospital.example"
    said = {"Host": name, "X_Forwarded_For": "10.1.2.3", "X_Forwarded_Proto": "https", "Accept": "text/html"}
    settings = f'public_url = "https://{name}"\n'
    assert "Only over https" in raw(hospital(settings + 'trusted_proxies = ["10.9.9.9"]'), **said)[1]
    status, _, headers = raw(hospital(settings + 'trusted_proxies = ["127.0.0.0/8"]'), **said)
    assert status == 303
    assert headers["location"] == "/sign-in?to=%2Fboard"
    assert headers["strict-transport-security"].startswith("max-age=31536000")


def test_behind_a_proxy_the_cookie_is_bound_to_this_host_and_to_https(hospital):
    settings = 'public_url = "https://tepp.hospital.example"\ntrusted_proxies = ["127.0.0.1"]'
    behind = hospital(settings)
    _, _, headers = raw(behind, path="/sign-in", Host="tepp.hospital.example", X_Forwarded_Proto="https")
    cookie = headers["set-cookie"]
    assert cookie.startswith("__Host-deeptepp-pending=")
    assert all(part in cookie for part in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"))
    assert "redirect_uri=https%3A%2F%2Ftepp.hospital.example%2Fsign-in%2Fback" in headers["location"]


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [("10.1.2.3", "10.1.2.3"), ("6.6.6.6, 10.1.2.3", "10.1.2.3"), ("6.6.6.6, 10.1.2.3, 10.0.0.2", "10.1.2.3")],
)
def test_the_client_behind_proxies_is_the_last_that_no_proxy_is(forwarded, client):
    headers = [(b"host", b"localhost"), (b"x-forwarded-for", forwarded.encode())]
    scope = {
        "type": "http",
        "scheme": "http",
        "client": ("10.0.0.1", 5),
        "server": ("10.0.0.9", 80),
        "headers": headers,
    }
    assert caller_of(scope, ("10.0.0.0/30",)).client == client
    assert caller_of(scope, ()).client == "10.0.0.1"
    assert not caller_of(scope, ()).is_local


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_addresses_of_this_machine(address):
    assert is_loopback(address)
    assert not is_loopback("10.0.0.1")
    assert not is_loopback("localhost")


def test_the_public_address_names_a_host():
    assert "tepp.example" in allowed_hosts("https://tepp.example:8443/", ())


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "", "http://localhost.evil.example"])
def test_what_changes_something_must_come_from_our_own_pages(serve_gate, origin):
    behind = serve_gate()
    status, answer, _ = raw(behind, "POST", "/api/v1/uploads/x", Origin=origin)
    assert (status, answer) == (403, '{"rule":"service.origin"}')
    assert raw(behind, "POST", "/api/v1/uploads/x", Origin=behind.url)[0] == 200
    assert behind.n_through == 1


def test_a_program_without_a_cookie_needs_no_origin_but_one_with_a_cookie_does(hospital, sign_in, serve_gate):
    assert raw(serve_gate(), "POST", "/api/v1/uploads/x")[0] == 200
    browser = sign_in(hospital(), "clinician")
    assert browser.post("/api/v1/uploads/x").status_code == 403
    own = {"Origin": str(browser.base_url).rstrip("/")}
    assert browser.post("/api/v1/uploads/x", headers=own).status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_embeds_nothing_but_may_link_here(serve_gate, site):
    behind = serve_gate()
    assert raw(behind, path="/api/v1/frames/x", Sec_Fetch_Site=site, Sec_Fetch_Mode="no-cors")[0] == 403
    assert raw(behind, Sec_Fetch_Site=site, Sec_Fetch_Mode="navigate")[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/_stcore/agent/mcp",
        "/_stcore/agent/interact",
        "/_stcore/unknown",
        "/auth/login",
        "/auth/logout",
        "/oauth2callback",
        "/api",
        "/api/v2/x",
        "/api/v1/unknown",
    ],
)
def test_what_the_product_does_not_use_is_closed_for_everybody(serve_gate, path):
    behind = serve_gate()
    assert raw(behind, path=path)[0] == 404
    assert raw(behind, "POST", path)[0] == 404
    assert behind.n_through == 0


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/board"), ("DELETE", "/api/v1/info"), ("TRACE", "/"), ("POST", "/sign-out")]
)
def test_a_method_that_an_address_has_no_use_for_is_refused(serve_gate, method, path):
    behind = serve_gate()
    assert raw(behind, method, path)[0] == 405
    assert behind.n_through == 0


def test_a_body_that_is_too_large_is_refused_by_its_header_and_by_its_length(serve_gate):
    behind = serve_gate()
    path = "/_stcore/upload_file/a/b"
    assert raw(behind, "PUT", path, Content_Length="32000001")[:2] == (413, '{"rule":"service.too-large"}')
    assert raw(behind, "PUT", path, Content_Length="-1")[0] in (400, 413)
    assert behind.n_through == 0
    chunks = (b"x" * 1_000_000 for _ in range(40))
    # It may be answered and closed while we are still sending.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        assert raw(behind, "PUT", path, body=chunks)[0] == 413
    assert raw(behind, "PUT", path, body=b"x" * 20_000_000)[0] == 200


def test_an_address_that_asks_too_much_has_to_wait_and_health_goes_on(serve_gate):
    behind = serve_gate("requests_per_minute = 60")
    statuses = [raw(behind)[0] for _ in range(64)]
    assert statuses[:60] == [200] * 60
    assert 429 in statuses[60:]
    assert int(raw(behind)[2].get("retry-after", "10")) > 0
    assert raw(behind, path="/healthz")[0] == 200


def test_a_rate_fills_again_with_time_and_is_each_address_its_own():
    now = [0.0]
    rates = Rates(60, clock=lambda: now[0])
    assert [rates.takes("a") for _ in range(61)] == [True] * 60 + [False]
    assert rates.takes("b")
    now[0] += 1.0
    assert [rates.takes("a") for _ in range(2)] == [True, False]


def test_more_connections_than_the_settings_allow_are_refused(serve_gate):
    behind = serve_gate("n_connections = 10")
    host = behind.url.removeprefix("http://")
    begun = f"PUT /_stcore/upload_file/a/b HTTP/1.1\r\nHost: {host}\r\nContent-Length: 100\r\n\r\nx".encode()
    address = tuple(host.split(":"))
    held = [socket.create_connection((address[0], int(address[1]))) for _ in range(10)]
    for each in held:
        each.sendall(begun)
    for _ in range(200):
        if raw(behind)[0] == 503:
            break
    assert raw(behind)[1] == '{"rule":"service.full"}'
    assert raw(behind, path="/healthz")[0] == 200
    for each in held:
        each.close()


def test_every_answer_says_what_a_browser_may_do(serve_gate):
    behind = serve_gate()
    for path in ("/", "/board", "/api/v1/info", "/auth/login", "/healthz", "/media/x.png", "/sign-out/done"):
        headers = raw(behind, path=path)[2]
        policy = headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
        assert "'unsafe-eval'" not in policy
        assert "script-src 'self' blob: 'sha256-" in policy
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["cache-control"] == "no-store"
        assert "strict-transport-security" not in headers
    assert raw(behind, path="/static/js/x.js")[2].get("cache-control") != "no-store"


def test_what_goes_wrong_behind_is_logged_without_its_text(serve_gate, caplog):
    behind = serve_gate()
    status, answer, _ = raw(behind, path="/evidence/broken")
    assert (status, answer) == (500, '{"rule":"service.broken"}')
    assert "ValueError at" in caplog.text
    assert "PATIENT" not in caplog.text
    assert raw(behind)[0] == 200


def test_refusals_name_their_rule_and_nothing_else(hospital):
    behind = hospital()
    assert raw(behind, path="/api/v1/frames/secret-token")[1] == '{"rule":"access.not-signed-in"}'


def test_a_sign_in_does_not_outlive_its_time_by_a_clock_that_is_set_back():
    now = [1000.0]
    sign_ins = SignIns(60, 600, clock=lambda: now[0])
    name = sign_ins.begin(LOCAL)
    for _ in range(10):
        now[0] += 59
        assert sign_ins.look(digest_of(name), is_act=True)
    now[0] += 11
    assert sign_ins.look(digest_of(name), is_act=True) is None


def test_a_page_that_asks_for_news_by_itself_does_not_keep_a_sign_in():
    now = [0.0]
    sign_ins = SignIns(60, 600, clock=lambda: now[0])
    name = sign_ins.begin(LOCAL)
    for _ in range(6):
        now[0] += 10
        assert sign_ins.look(digest_of(name))
    now[0] += 1
    assert sign_ins.look(digest_of(name)) is None
