"""The page over real TLS on loopback; files that are no certificate are one sentence."""

import ssl
from pathlib import Path

import httpx
import pytest

from api.house import ApiSettings
from records.people import Role
from sitewatch.api_settings import api_settings
from sitewatch.errors import InvalidInputError
from sitewatch.settings import ServiceSettings, load_settings
from sitewatch.tls import check_tls
from sitewatch.web import make_server
from tests.api.house import PASSWORD, built
from tests.api.serving import running, streaming
from tests.certificates import Certificates, certificates
from tests.sitewatch.commands.console import run

__all__ = ["certificates"]


@pytest.fixture(scope="module")
def pair(certificates: Certificates) -> tuple[Path, Path]:
    found = certificates.make("page", "/CN=127.0.0.1")
    found[1].chmod(0o600)
    return found


def _settings(pair: tuple[Path, Path]) -> ServiceSettings:
    return ServiceSettings(cert_file=pair[0], key_file=pair[1])


async def test_the_page_and_its_stream_are_served_over_tls(
    tmp_path: Path, certificates: Certificates, pair: tuple[Path, Path]
) -> None:
    service = _settings(pair)
    check_tls(service)
    secure = api_settings(load_settings().model_copy(update={"service": service}))
    assert secure.secure_cookies
    with built(tmp_path, secure) as town:
        town.person("li", Role.VIEWER)
        trusted = ssl.create_default_context(cafile=certificates.ca)
        async with running(make_server(town.app, service)) as port:
            base = f"https://127.0.0.1:{port}"
            async with httpx.AsyncClient(base_url=base, verify=trusted, trust_env=False) as client:
                login = {"username": "li", "password": PASSWORD}
                answer = await client.post("/api/v1/session", json=login)
                assert "; Secure" in answer.headers["set-cookie"]
                assert answer.headers["strict-transport-security"] == "max-age=31536000"
                old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
                old.maximum_version = ssl.TLSVersion.TLSv1_2
                async with httpx.AsyncClient(base_url=base, verify=old, trust_env=False) as plain:
                    assert (await plain.get("/api/v1/version")).status_code == 200
                async with streaming(client) as stream:
                    assert (await stream.until("snapshot")).data["alarms"] == []
            async with httpx.AsyncClient(trust_env=False) as client:
                with pytest.raises(httpx.HTTPError):
                    await client.get(f"http://127.0.0.1:{port}/api/v1/version")


@pytest.mark.parametrize(("mode", "taken"), [(0o600, True), (0o640, True), (0o644, False),
                                             (0o660, False), (0o601, False)])  # fmt: skip
def test_a_key_that_others_may_use_is_refused(
    tmp_path: Path, pair: tuple[Path, Path], mode: int, taken: bool
) -> None:
    key = tmp_path / "page.key"
    key.write_bytes(pair[1].read_bytes())
    key.chmod(mode)
    service = ServiceSettings(cert_file=pair[0], key_file=key)
    if taken:
        check_tls(service)
    else:
        with pytest.raises(
            InvalidInputError, match=rf"key_file: .*open to others \(mode {mode:04o}"
        ):
            check_tls(service)


def test_bad_files_are_one_sentence_before_anything_starts(
    tmp_path: Path,
    certificates: Certificates,
    pair: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    none = tmp_path / "none.pem"
    none.write_text("no certificate", encoding="utf-8")
    none.chmod(0o600)
    other = certificates.make("other", "/CN=other")[1]
    other.chmod(0o600)
    for certificate, key, why in (
        (tmp_path / "away.pem", pair[1], "cert_file: .*away.pem: No such file"),
        (pair[0], tmp_path / "away.key", "key_file: .*away.key: No such file"),
        (none, pair[1], "cert_file: .*are no certificate and its key"),
        (pair[0], none, "cert_file: .*are no certificate and its key"),
        (pair[0], other, "cert_file: .*other.key is another certificate's"),
    ):
        with pytest.raises(InvalidInputError, match=why):
            check_tls(ServiceSettings(cert_file=certificate, key_file=key))
    monkeypatch.setenv("SITEWATCH_SERVICE__CERT_FILE", str(tmp_path / "away.pem"))
    ran = run("run", "--estate", str(tmp_path), "--data", str(tmp_path / "data"))
    assert (ran.code, len(ran.err.strip().splitlines())) == (2, 1), ran.output
    assert not (tmp_path / "data").exists()


def test_without_a_certificate_nothing_changes() -> None:
    check_tls(ServiceSettings())
    assert api_settings(load_settings()) == ApiSettings()
