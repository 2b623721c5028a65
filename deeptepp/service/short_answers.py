"""Short answers of the service before any page: refusals by name, and a small page for people."""

from __future__ import annotations

from html import escape
from http import HTTPStatus
from urllib.parse import urlencode

from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from deeptepp.service.caller import Caller
from deeptepp.wording.catalogue import Language, translate
from deeptepp.wording.sentence import Words, sentence

_PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>DeepTEPP</title><style>
:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }}
body {{ max-width: 34rem; margin: 12vh auto; padding: 0 1.2rem; }}
h1 {{ font-size: 1.4rem; }} a {{ color: light-dark(#0b5e70, #7cc4d2); margin-right: 1.2rem; }}
</style></head><body><main><h1>{title}</h1><p>{text}</p><p>{links}</p></main></body></html>"""

NO_PROVIDER: Words = (
    "This installation asks for a sign-in, but its identity provider is not set up completely. Its administrator "
    "needs oidc_issuer and oidc_client_id in deeptepp.toml, and the secret in DEEPTEPP_OIDC_SECRET or in the file "
    "that DEEPTEPP_OIDC_SECRET_FILE names."
)
"""Said where a sign-in is asked for and there is none."""

Links = tuple[tuple[str, str], ...]
"""Words of each link and where it leads."""


def asks_for_page(caller: Caller, method: str) -> bool:
    """Whether a person is at the other end, who can read a page."""
    return method == "GET" and "text/html" in caller.headers.get("accept", "")


def language_of(caller: Caller) -> Language:
    """Language that the browser asks for first."""
    is_chinese = caller.headers.get("accept-language", "").lower().startswith("zh")
    return Language.CHINESE if is_chinese else Language.ENGLISH


def page(caller: Caller, title: str, text: str, links: Links = (), status: int = HTTPStatus.OK) -> Response:
    """Make a small page; ``title``, ``text`` and the words of links are sentences."""
    language = language_of(caller)
    made = " ".join(f'<a href="{escape(to)}">{escape(translate(said, language))}</a>' for said, to in links)
    content = _PAGE.format(
        language=language.html_code,
        title=escape(translate(title, language)),
        text=escape(translate(text, language)),
        links=made,
    )
    return HTMLResponse(content, status)


def refusal(rule: str, status: int, *, retry_after_s: int = 0) -> Response:
    """Refuse by name, without a word more."""
    return JSONResponse({"rule": rule}, status, {"Retry-After": str(retry_after_s)} if retry_after_s else None)


def to_sign_in(path: str) -> Response:
    """Lead to the provider, and back to where somebody wanted to go."""
    return RedirectResponse(f"/sign-in?{urlencode({'to': path})}", HTTPStatus.SEE_OTHER)


def closed_page(caller: Caller) -> Response:
    """Say how the service is opened to other machines."""
    return page(
        caller,
        sentence("Not open to other machines"),
        sentence(
            "This DeepTEPP answers only on the machine that it runs on, since it does not know who you are. Its "
            "administrator opens it in deeptepp.toml: with oidc_issuer for a sign-in, or with "
            "is_open_without_login = true for everybody who reaches it."
        ),
        status=HTTPStatus.FORBIDDEN,
    )


def no_provider_page(caller: Caller) -> Response:
    """Say that the sign-in is asked for but not set up."""
    return page(
        caller,
        sentence("Sign in"),
        NO_PROVIDER,
        status=HTTPStatus.FORBIDDEN,
    )


def insecure_page(caller: Caller) -> Response:
    """Say that nobody signs in over a line that others can read."""
    return page(
        caller,
        sentence("Only over https"),
        sentence(
            "A sign-in from another machine needs https. The administrator puts a proxy with a certificate in "
            "front and names it in trusted_proxies."
        ),
        status=HTTPStatus.FORBIDDEN,
    )


def no_role_page(caller: Caller) -> Response:
    """Say that somebody is known, and may do nothing."""
    return page(
        caller,
        sentence("No role yet"),
        sentence(
            "You are signed in, but none of your groups has a role in this DeepTEPP. Ask its administrator to add "
            "one to roles in deeptepp.toml, then sign in again."
        ),
        ((sentence("Sign out"), "/sign-out"),),
        HTTPStatus.FORBIDDEN,
    )


def other_role_page(caller: Caller, links: Links) -> Response:
    """Say that a page is for others, and which are for this person."""
    return page(
        caller,
        sentence("Not for your role"),
        sentence("Your role does not include this page. These are open to you:"),
        (*links, (sentence("Sign out"), "/sign-out")),
        HTTPStatus.FORBIDDEN,
    )
