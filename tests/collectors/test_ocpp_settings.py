"""How piles prove who they are: passwords, TLS, certificates of their own."""

import datetime as dt
import ssl
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from websockets.exceptions import InvalidMessage, InvalidStatus

from collectors.ocpp_settings import (
    OcppSettingsError,
    common_name,
    is_password,
    read_settings,
    tls_context,
)
from tests.collectors.ocpp_client import dialled
from tests.collectors.ocpp_piles import engine, listening, pile

__all__ = ["engine"]


class Issued(NamedTuple):
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    file: Path
    """Certificate and key in one."""


def issued(folder: Path, name: str, by: Issued | None = None) -> Issued:
    """A certificate for a name, of an authority or of its own."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if by is None else by.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    )
    certificate = builder.sign(key if by is None else by.key, hashes.SHA256())
    file = folder / f"{name}.pem"
    file.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return Issued(key, certificate, file)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Issued:
    return issued(tmp_path_factory.mktemp("authority"), "authority")


def trusting(authority: Issued, own: Issued | None = None) -> ssl.SSLContext:
    """What a pile has: the authority, and its own certificate where it has one."""
    context = ssl.create_default_context(cafile=str(authority.file))
    context.check_hostname = False
    if own is not None:
        context.load_cert_chain(own.file)
    return context


async def test_profile_1_asks_for_a_password(engine: sa.Engine, tmp_path: Path) -> None:
    file = tmp_path / "passwords"
    file.write_text("# identity:password\nP2:with:colon\n", "utf-8")
    devices = [pile("p1"), pile("p2"), pile("p3")]
    own: dict[str, Any] = {"passwords": {"P1": "one"}, "passwords_file": file}
    async with listening(devices, engine, security_profile=1, **own) as line:
        for name, right in (("P1", "one"), ("P2", "with:colon")):
            async with dialled(line.port, name, password=right) as client:
                assert await client.call("Heartbeat", {})
        wrong: tuple[tuple[str, str | None, str | None], ...] = (
            ("P1", None, None), ("P1", "two", None), ("P1", "", None), ("P1", "one", "P2"),
            ("P3", "", None), ("P3", "one", None), ("P4", "one", None),
        )  # fmt: skip
        for name, password, user in wrong:
            with pytest.raises(InvalidStatus) as caught:
                async with dialled(line.port, name, password=password, user=user):
                    pass
            assert caught.value.response.status_code == 401, (name, password)
        failures = {one.device: one.failures for one in line.health().devices}
        assert failures == {"p1": 4, "p2": 0, "p3": 2}
        assert [source for source, _, _ in line.letters.kept] == ["ocpp:P4"]


async def test_profile_2_is_encrypted(engine: sa.Engine, tmp_path: Path, authority: Issued) -> None:
    server = issued(tmp_path, "localhost", authority)
    own: dict[str, Any] = {"passwords": {"P1": "one"}, "cert_file": server.file}
    async with listening([pile("p1")], engine, security_profile=2, **own) as line:
        async with dialled(line.port, "P1", password="one", tls=trusting(authority)) as client:
            assert await client.call("Heartbeat", {})
        with pytest.raises(InvalidStatus):
            async with dialled(line.port, "P1", password="two", tls=trusting(authority)):
                pass
        with pytest.raises((InvalidMessage, OSError)):
            async with dialled(line.port, "P1", password="one"):
                pass


async def test_profile_3_asks_for_the_piles_own_certificate(
    engine: sa.Engine, tmp_path: Path, authority: Issued
) -> None:
    server = issued(tmp_path, "localhost", authority)
    mine, other = issued(tmp_path, "P1", authority), issued(tmp_path, "P2", authority)
    (tmp_path / "elsewhere").mkdir()
    stranger = issued(tmp_path / "elsewhere", "P1")
    own: dict[str, Any] = {"cert_file": server.file, "client_ca_file": authority.file}
    async with listening([pile("p1")], engine, security_profile=3, **own) as line:
        async with dialled(line.port, "P1", tls=trusting(authority, mine)) as client:
            assert await client.call("Heartbeat", {})
        with pytest.raises(InvalidStatus) as caught:
            async with dialled(line.port, "P1", tls=trusting(authority, other)):
                pass
        assert caught.value.response.status_code == 401
        for context in (trusting(authority), trusting(authority, stranger)):
            with pytest.raises((OSError, InvalidMessage)):
                async with dialled(line.port, "P1", tls=context):
                    pass


async def test_cards_of_a_list(engine: sa.Engine, tmp_path: Path) -> None:
    file = tmp_path / "cards"
    file.write_text("ABC\n", "utf-8")
    async with (
        listening([pile("p1")], engine, cards_file=file) as line,
        dialled(line.port, "P1") as client,
    ):
        for card, answer in (("abc", "Accepted"), ("ABCD", "Invalid")):
            found = await client.call("Authorize", {"idTag": card})
            assert found == {"idTagInfo": {"status": answer}}


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"listen": "9000"}, "ocpp.listen: '9000' is no HOST:PORT"),
        ({"listen": "h:70000"}, "ocpp.listen"),
        ({"security_profile": 2}, "security profile 2 needs cert_file"),
        ({"security_profile": 3, "cert_file": "x"}, "security profile 3 needs client_ca_file"),
        ({"cert_file": "x"}, "security profiles 0 and 1 use none"),
        ({"security_profile": 2, "cert_file": "x", "client_ca_file": "y"}, "only security profile"),
        ({"security_profile": 4}, "ocpp.security_profile"),
        ({"colour": 1}, "ocpp.colour"),
    ],
)
def test_settings_that_cannot_be_right(settings: dict[str, object], says: str) -> None:
    with pytest.raises(OcppSettingsError, match=says):
        read_settings(settings)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    gone, bad = tmp_path / "gone", tmp_path / "bad"
    bad.write_text("no colon\n", "utf-8")
    with pytest.raises(OcppSettingsError, match="No such file"):
        read_settings({"passwords_file": gone}).known_passwords()
    with pytest.raises(OcppSettingsError, match=r"bad:1: a line is IDENTITY:PASSWORD"):
        read_settings({"passwords_file": bad}).known_passwords()
    bad.write_text("# of the yard\n\nno colon\n", "utf-8")
    with pytest.raises(OcppSettingsError, match=r"bad:3: a line is IDENTITY:PASSWORD"):
        read_settings({"passwords_file": bad}).known_passwords()
    with pytest.raises(OcppSettingsError, match=r"cert_file: .*gone"):
        tls_context(read_settings({"security_profile": 2, "cert_file": gone}))


def test_odd_headers_and_certificates_prove_nothing() -> None:
    assert is_password("Basic UDE6b25l", "P1", b"one")
    for header in (None, "", "Basic", "Basic !!!", "Bearer UDE6b25l", "Basic UDE6b25"):
        assert not is_password(header, "P1", b"one")
    assert not is_password("Basic UDE6", "P1", None)
    assert common_name(None) is None
    assert common_name({"subject": ((("commonName", "a"),), (("commonName", "b"),))}) is None
    assert common_name({"subject": ((("commonName", "a"),),)}) == "a"
    assert read_settings({"listen": "[::1]:9000"}).host == "::1"
