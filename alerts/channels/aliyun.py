"""Aliyun's RPC interfaces: the signature ACS3-HMAC-SHA256 and one signed call."""

import datetime as dt
import hashlib
import hmac
import secrets as random_secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from pydantic import SecretStr

from alerts.channels.provider import Http, refusal, required

ALGORITHM = "ACS3-HMAC-SHA256"


@dataclass(frozen=True)
class AliyunKeys:
    """The account that calls."""

    access_key_id: str | None = None
    access_key_secret: SecretStr | None = None


def query_of(parameters: Mapping[str, str]) -> str:
    """The canonical query: sorted by name, percent-encoded by RFC 3986."""
    return "&".join(
        f"{quote(name, safe='')}={quote(value, safe='')}"
        for name, value in sorted(parameters.items())
    )


def authorization(
    key_id: str, secret: str, method: str, query: str, headers: Mapping[str, str], content: bytes
) -> str:
    """The header `Authorization` (Aliyun document "V3 request body and signature").

    Signed are `host` and every `x-acs-` header; names in lower case.
    """
    names = sorted(name for name in headers if name == "host" or name.startswith("x-acs-"))
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in names)
    signed = ";".join(names)
    hashed = hashlib.sha256(content).hexdigest()
    canonical = "\n".join((method, "/", query, lines, signed, hashed))
    text = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return f"{ALGORITHM} Credential={key_id},SignedHeaders={signed},Signature={signature}"


class Aliyun:
    """Signed calls to one product."""

    def __init__(
        self,
        http: Http,
        keys: AliyunKeys,
        name: str,
        version: str,
        endpoint: str,
        now_ms: Callable[[], int],
    ) -> None:
        """`name` is the channel, for its error texts and its part of `answers.yaml`."""
        self._http = http
        self._keys = keys
        self._name = name
        self._version = version
        self._endpoint = endpoint
        self._now_ms = now_ms

    async def call(self, action: str, parameters: Mapping[str, str]) -> Mapping[str, object]:
        """One call; the parameters are the query, the body is empty.

        Raises:
            SendError: no answer, or `Code` is anything but OK.
        """
        key_id = required(self._keys.access_key_id, "Aliyun access key")
        secret = required(self._keys.access_key_secret, "Aliyun access key secret")
        query = query_of(parameters)
        moment = dt.datetime.fromtimestamp(self._now_ms() / 1000, dt.UTC)
        headers = {
            "host": urlsplit(self._endpoint).netloc,
            "x-acs-action": action,
            "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
            "x-acs-date": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": random_secrets.token_hex(16),
            "x-acs-version": self._version,
        }
        headers["Authorization"] = authorization(key_id, secret, "POST", query, headers, b"")
        answer = await self._http.post(self._name, f"{self._endpoint}/?{query}", b"", headers)
        if answer.status != 200 or answer.body.get("Code") != "OK":
            known = [SecretStr(secret)]
            raise refusal(self._name, answer.body.get("Code"), answer.body.get("Message"), known)
        return answer.body
