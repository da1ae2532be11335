"""One's own second factor: setting it up with a phone, and taking it away."""

import io

import segno
from fastapi import APIRouter, Request, Response

from api.auth import Asking, Caller, client_of, set_cookie
from api.errors import Refusal
from api.parts_of_app import Behind, Streams, Workers
from api.schemas_accounts import Code, Enrolment, PasswordProof, RecoveryCodes, SecondFactor
from records import second_factor, totp
from records.engine import reading, transaction
from records.lockout import forgive
from records.people import Person
from records.sessions import Session, close_sessions_of, open_session
from records.sign_in import prove

router = APIRouter(tags=["session"])
ISSUER = "sitewatch"
"""As the authenticator app names the account."""


def _own(caller: Caller) -> tuple[Session, Person]:
    if caller.session is None or caller.person is None:
        raise Refusal("conflict", "a token has no second factor")
    if caller.session.external:
        raise Refusal("conflict", "the identity provider asks for the second factor")
    return caller.session, caller.person


def _drawn(uri: str) -> str:
    """The QR code of an address, as an SVG document."""
    drawn = io.BytesIO()
    segno.make(uri, error="m", micro=False).save(
        drawn, kind="svg", scale=4, border=4, xmldecl=False, dark="#000", light="#fff"
    )
    return drawn.getvalue().decode()


@router.get("/session/second-factor")
def get_second_factor(caller: Asking, house: Behind) -> SecondFactor:
    """Whether one signs in with a code as well, and must."""
    _, person = _own(caller)
    with reading(house.engine) as connection:
        return SecondFactor(
            enrolled=second_factor.has_second_factor(connection, person),
            required=bool(house.settings.second_factor_roles & caller.roles),
            codes_left=second_factor.codes_left(connection, person),
        )


@router.post("/session/second-factor", status_code=201)
async def post_second_factor(
    proof: PasswordProof, caller: Asking, house: Behind, threads: Workers
) -> Enrolment:
    """Begin: a new secret for the authenticator app, which holds once a code confirms it."""
    _, person = _own(caller)

    def begin() -> str:
        attempt = prove(house.engine, person, proof.password, caller.address, house.now_ms())
        with transaction(house.engine) as connection:
            forgive(connection, attempt)
            return second_factor.begin(connection, house.seal, person)

    secret = await threads.hash(begin)
    uri = totp.uri(secret, person.username, ISSUER)
    return Enrolment(secret=secret, uri=uri, qr_svg=_drawn(uri))


@router.put("/session/second-factor")
async def put_second_factor(
    given: Code,
    request: Request,
    response: Response,
    caller: Asking,
    house: Behind,
    threads: Workers,
    live: Streams,
) -> RecoveryCodes:
    """Confirm with a code: every session of the person ends, and this one begins anew."""
    session, person = _own(caller)
    client = client_of(request)

    def confirm() -> tuple[list[str], str]:
        now = house.now_ms()
        with transaction(house.engine) as connection:
            codes = second_factor.confirm(
                connection, house.seal, person, given.code.replace(" ", ""), caller.actor, now
            )
            close_sessions_of(connection, person)
            opened = open_session(connection, person, client.address, now, agent=client.agent)
            return codes, opened

    codes, secret = await threads.query(confirm)
    live.end_caller(session.key)
    set_cookie(response, house, secret)
    return RecoveryCodes(codes=codes)


@router.post("/session/second-factor/remove", status_code=204)
async def post_second_factor_remove(
    proof: PasswordProof, caller: Asking, house: Behind, threads: Workers
) -> Response:
    """Take it away, with the present password; not where the roles ask for it."""
    _, person = _own(caller)
    if house.settings.second_factor_roles & caller.roles:
        raise Refusal("conflict", "your roles ask for a second factor")

    def remove() -> None:
        now = house.now_ms()
        attempt = prove(house.engine, person, proof.password, caller.address, now)
        with transaction(house.engine) as connection:
            forgive(connection, attempt)
            second_factor.remove(connection, person, caller.actor, now)

    await threads.hash(remove)
    return Response(status_code=204)
