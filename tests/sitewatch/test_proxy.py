"""The example of a reverse proxy, before the real server. covers: deploy/proxy."""

import asyncio
import os
import shutil
import signal
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from api.house import ApiSettings
from records.people import Role
from sitewatch.settings import ServiceSettings
from sitewatch.web import make_server
from tests.api.house import PASSWORD, built
from tests.api.serving import running, streaming
from tests.brokers import free_port
from tests.certificates import Certificates, certificates
from tests.conftest import ROOT

__all__ = ["certificates"]

EXAMPLE = ROOT / "deploy" / "proxy" / "nginx.conf"
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
AROUND = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  {servers}
}}
"""


@asynccontextmanager
async def nginx(folder: Path, upstream: int, pair: tuple[Path, Path]) -> AsyncIterator[int]:
    """The example as it stands, but for its ports and its certificate; gives its port."""
    assert NGINX is not None
    port = free_port()
    servers = EXAMPLE.read_text("utf-8")
    for old, new in (
        ("listen 80;", f"listen 127.0.0.1:{free_port()};"),
        ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        ("/etc/ssl/watch.example.pem", str(pair[0])),
        ("/etc/ssl/private/watch.example.key", str(pair[1])),
        ("127.0.0.1:8000", f"127.0.0.1:{upstream}"),
    ):
        assert old in servers, old
        servers = servers.replace(old, new)
    file = folder / "nginx.conf"
    file.write_text(AROUND.format(folder=folder, servers=servers), encoding="utf-8")
    process = await asyncio.create_subprocess_exec(NGINX, "-p", str(folder), "-c", str(file))
    try:
        async with asyncio.timeout(10):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    assert process.returncode is None, (folder / "error.log").read_text("utf-8")
                    await asyncio.sleep(0.02)
                    continue
                writer.close()
                break
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()


@pytest.mark.skipif(NGINX is None, reason="there is no nginx")
async def test_nginx_passes_on_who_asks_and_every_event_at_once(
    tmp_path: Path, certificates: Certificates
) -> None:
    secure = ApiSettings(secure_cookies=True, static=tmp_path)
    trusted = ssl.create_default_context(cafile=certificates.ca)
    with built(tmp_path, secure) as town:
        town.person("li", *Role)
        async with (
            running(make_server(town.app, ServiceSettings())) as upstream,
            nginx(tmp_path, upstream, certificates.make("proxy", "/CN=127.0.0.1")) as port,
            httpx.AsyncClient(
                base_url=f"https://127.0.0.1:{port}", verify=trusted, trust_env=False
            ) as client,
        ):
            answer = await client.post(
                "/api/v1/session",
                json={"username": "li", "password": PASSWORD},
                # As a browser says it, and what somebody says who would like to be another.
                headers={"Origin": str(client.base_url).rstrip("/"), "X-Forwarded-For": "8.8.8.8"},
            )
            assert answer.status_code == 204, answer.text
            assert "strict-transport-security" in answer.headers
            (session,) = (await client.get("/api/v1/sessions")).json()["items"]
            assert session["address"] == "127.0.0.1"
            async with streaming(client) as stream:
                await stream.until("snapshot")
                number = town.alarm("grid")
                # Kept back by a buffer it would not come before the heartbeat, 15 s later.
                async with asyncio.timeout(5):
                    event = await stream.until("alarm")
                assert event.data["id"] == number
