"""The page behind a link in a message: shows an alarm, and acknowledges it only when posted."""

from html import escape

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from alerts import ack_links
from alerts.ack_links import Link, LinkError, LinkState
from alerts.errors import NotAllowedError
from alerts.texts import text
from api.auth import address_of
from api.errors import language_of
from api.parts_of_app import Behind
from device_configs.quantities import Label

router = APIRouter(tags=["alarms"], include_in_schema=False)

_STATUS = {LinkState.GOOD: 200, LinkState.UNKNOWN: 404}
_GONE = 410
_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
_PAGE = """<!doctype html><html lang="{language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>{title}</title>
<style>body{{font:18px sans-serif;max-width:32em;margin:2em auto;padding:0 1em}}
button{{font:inherit;padding:.8em 1.2em;width:100%}}</style></head>
<body><h1>{title}</h1>{body}</body></html>"""


def _page(language: str, body: str, status: int) -> HTMLResponse:
    title = escape(_in(text("ack.title"), language))
    page = _PAGE.format(language=language, title=title, body=body)
    return HTMLResponse(page, status, headers=_HEADERS)


def _in(label: Label, language: str) -> str:
    return label.zh if language == "zh" else label.en


def _sentence(key: str, language: str, name: str = "") -> str:
    return f"<p>{escape(_in(text(f'ack.{key}'), language).format(name=name))}</p>"


def _alarm(link: Link, language: str) -> str:
    alarm = link.alarm
    if alarm is None:
        return ""
    place = " / ".join(_in(step.name, language) for step in alarm.path)
    lines = (_in(alarm.title, language), _in(alarm.device_name, language), place)
    return f"<p><b>{'<br>'.join(escape(line) for line in lines if line)}</b></p>"


def _language(request: Request, link: Link) -> str:
    wanted = request.headers.get("accept-language", "")
    return language_of(wanted) if wanted else link.language


@router.get("/ack/{token}")
def get_ack(token: str, request: Request, house: Behind) -> HTMLResponse:
    """The alarm and a button; nothing changes, whoever fetches it."""
    link = ack_links.look(house.engine, token, house.now_ms())
    language = _language(request, link)
    if link.state is not LinkState.GOOD:
        status = _STATUS.get(link.state, _GONE)
        return _page(language, _sentence(link.state.value, language), status)
    button = escape(_in(text("ack.button"), language).format(name=link.name))
    form = f'<form method="post"><button type="submit">{button}</button></form>'
    body = _alarm(link, language) + _sentence("question", language, link.name) + form
    return _page(language, body, 200)


@router.post("/ack/{token}")
def post_ack(token: str, request: Request, house: Behind) -> HTMLResponse:
    """Acknowledge in the name of the person to whom the link was sent."""
    now = house.now_ms()
    try:
        link = ack_links.use(house.engine, house.alarms, token, address_of(request), now)
    except (LinkError, NotAllowedError) as error:
        state = error.state if isinstance(error, LinkError) else LinkState.OVER
        found = ack_links.look(house.engine, token, now)
        language = _language(request, found)
        status = _STATUS.get(state, _GONE)
        return _page(language, _sentence(state.value, language), status)
    language = _language(request, link)
    return _page(language, _alarm(link, language) + _sentence("done", language, link.name), 200)
