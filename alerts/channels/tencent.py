"""Tencent Cloud's interfaces: the signature TC3-HMAC-SHA256 and one signed call."""

import datetime as dt
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import SecretStr

from alerts.channels.provider import Http, as_json, refusal, required

ALGORITHM = "TC3-HMAC-SHA256"
_TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True)
class TencentKeys:
    """The account that calls."""

    secret_id: str | None = None
    secret_key: SecretStr | None = None


def authorization(
    secret_id: str, secret_key: str, service: str, host: str, moment_s: int, content: bytes
) -> str:
    """The header `Authorization` (Tencent Cloud document "Signature v3"); type and host signed."""
    day = dt.datetime.fromtimestamp(moment_s, dt.UTC).strftime("%Y-%m-%d")
    scope = f"{day}/{service}/tc3_request"
    signed = "content-type;host"
    canonical = "\n".join(
        (
            "POST", "/", "", f"content-type:{_TYPE}\nhost:{host}\n", signed,
            hashlib.sha256(content).hexdigest(),
        )
    )  # fmt: skip
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"{ALGORITHM}\n{moment_s}\n{scope}\n{hashed}"
    key = f"TC3{secret_key}".encode()
    for step in (day, service, "tc3_request"):
        key = hmac.new(key, step.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return (
        f"{ALGORITHM} Credential={secret_id}/{scope}, SignedHeaders={signed}, Signature={signature}"
    )


class Tencent:
    """Signed calls to one product."""

    def __init__(
        self,
        http: Http,
        keys: TencentKeys,
        name: str,
        service: str,
        version: str,
        endpoint: str,
        region: str,
        now_ms: Callable[[], int],
    ) -> None:
        """`name` is the channel, for its error texts and its part of `answers.yaml`."""
        self._http = http
        self._keys = keys
        self._name = name
        self._service = service
        self._version = version
        self._endpoint = endpoint
        self._region = region
        self._now_ms = now_ms

    async def call(self, action: str, body: Mapping[str, object]) -> Mapping[str, object]:
        """One call.

        Raises:
            SendError: no answer, or an answer with `Error`, which comes with HTTP 200.
        """
        secret_id = required(self._keys.secret_id, "Tencent Cloud secret id")
        secret_key = required(self._keys.secret_key, "Tencent Cloud secret key")
        content, moment = as_json(body), self._now_ms() // 1000
        host = urlsplit(self._endpoint).netloc
        headers = {
            "Content-Type": _TYPE,
            "Host": host,
            "X-TC-Action": action,
            "X-TC-Version": self._version,
            "X-TC-Timestamp": str(moment),
            "X-TC-Region": self._region,
            "Authorization": authorization(
                secret_id, secret_key, self._service, host, moment, content
            ),
        }
        answer = await self._http.post(self._name, f"{self._endpoint}/", content, headers)
        response = answer.body.get("Response")
        found = response if isinstance(response, dict) else {}
        error = found.get("Error")
        if answer.status != 200 or not found or error is not None:
            said = error if isinstance(error, dict) else {}
            known = [SecretStr(secret_key)]
            raise refusal(self._name, said.get("Code"), said.get("Message"), known)
        return found
