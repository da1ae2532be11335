"""A fake provider on loopback that checks signatures by itself, and can misbehave.

The verifiers are written from the providers' published algorithms and import nothing of sitewatch.
`with providing() as provider:` gives one; `provider.behave(...)` says what the next requests get,
the last one stays. Without a behaviour it answers as the provider does: success for what is signed
rightly, HTTP 200 with the provider's own error body for what is not.
"""

import base64
import hashlib
import hmac
import json
import re
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

KEY = "k3y-0f-the-robot"
SECRET = "SECs1gn1ng+secret/="
ACCOUNT = "AKIDaccount"
TOKEN = "t0ken-of-the-app"


@dataclass(frozen=True)
class Call:
    """One request as it came."""

    path: str
    """With its query, as it was on the wire."""
    headers: dict[str, str]
    body: bytes

    @property
    def raw_query(self) -> dict[str, str]:
        """The parameters, not decoded."""
        return dict(
            part.split("=", 1) for part in urlsplit(self.path).query.split("&") if "=" in part
        )

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass(frozen=True)
class Behaviour:
    """What a request gets instead of the provider's own answer."""

    status: int = 200
    body: object = None
    """JSON, or text as it is."""
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    reset: bool = False
    """The connection is reset in the middle of the body."""


def wecom_error(call: Call) -> object:
    """WeCom robot: the key in the address."""
    if call.query.get("key") == KEY:
        return {"errcode": 0, "errmsg": "ok"}
    return {"errcode": 93000, "errmsg": "invalid webhook url"}


def wecom_app_answer(call: Call) -> object:
    """WeCom application: the token first."""
    if "/gettoken" in call.path:
        good = call.query == {"corpid": "corp", "corpsecret": SECRET}
        return (
            {"errcode": 0, "errmsg": "ok", "access_token": TOKEN, "expires_in": 7200}
            if good
            else {"errcode": 40001, "errmsg": "invalid credential"}
        )
    if call.query.get("access_token") != TOKEN:
        return {"errcode": 40014, "errmsg": "invalid access_token"}
    return {"errcode": 0, "errmsg": "ok", "msgid": "msg-1"}


def dingtalk_answer(call: Call) -> object:
    """DingTalk: the signature is decoded exactly once."""
    if call.query.get("access_token") != KEY:
        return {"errcode": 300001, "errmsg": "token is not exist"}
    stamp = call.query.get("timestamp", "")
    mac = hmac.new(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), "sha256").digest()
    given = unquote(call.raw_query.get("sign", ""))
    if given != base64.b64encode(mac).decode():
        return {"errcode": 310000, "errmsg": "sign not match"}
    return {"errcode": 0, "errmsg": "ok"}


def feishu_answer(call: Call) -> object:
    """Feishu: the text is the key, the message is empty."""
    if not call.path.endswith(f"/hook/{KEY}"):
        return {"code": 19001, "msg": "param invalid: incoming webhook access token invalid"}
    body = call.json
    mac = hmac.new(f"{body.get('timestamp')}\n{SECRET}".encode(), b"", "sha256").digest()
    if body.get("sign") != base64.b64encode(mac).decode():
        return {"code": 19021, "msg": "sign match fail or timestamp is not within one hour"}
    return {"code": 0, "msg": "success", "data": {}}


def aliyun_signature_is_good(call: Call, secret: str, account: str) -> bool:
    """ACS3-HMAC-SHA256 over the request as it came."""
    found = re.fullmatch(
        r"ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})",
        call.headers.get("authorization", ""),
    )
    if found is None or found[1] != account:
        return False
    names = found[2].split(";")
    needed = {"host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce"}
    if not needed <= set(names) or names != sorted(names):
        return False
    content = hashlib.sha256(call.body).hexdigest()
    if call.headers.get("x-acs-content-sha256") != content:
        return False
    query = "&".join(sorted(urlsplit(call.path).query.split("&")))
    request = ["POST", "/", query]
    request += ["".join(f"{name}:{call.headers[name].strip()}\n" for name in names)]
    request += [found[2], content]
    digest = hashlib.sha256("\n".join(request).encode()).hexdigest()
    expected = hmac.digest(secret.encode(), f"ACS3-HMAC-SHA256\n{digest}".encode(), "sha256")
    return hmac.compare_digest(expected.hex(), found[3])


def aliyun_answer(call: Call) -> object:
    if not aliyun_signature_is_good(call, SECRET, ACCOUNT):
        return 400, {"Code": "SignatureDoesNotMatch", "Message": "signature is not conform"}
    action = call.headers["x-acs-action"]
    good: dict[str, object] = {"Code": "OK", "Message": "OK", "RequestId": "r-1"}
    if action == "SendSms":
        return good | {"BizId": "biz-1^0"}
    if action == "SingleCallByTts":
        return good | {"CallId": "call-1^1"}
    if action == "QuerySendDetails":
        detail = {"SendStatus": 3, "ErrCode": "DELIVERED", "PhoneNum": call.query["PhoneNumber"]}
        return good | {"SmsSendDetailDTOs": {"SmsSendDetailDTO": [detail]}, "TotalCount": "1"}
    if action == "QueryCallDetailByCallId":
        return good | {"Data": json.dumps({"state": "200000", "callId": call.query["CallId"]})}
    return 404, {"Code": "InvalidAction.NotFound", "Message": action}


def tencent_signature_is_good(call: Call, secret: str, account: str) -> bool:
    """TC3-HMAC-SHA256 over the request as it came."""
    found = re.fullmatch(
        r"TC3-HMAC-SHA256 Credential=([^/]+)/(\d{4}-\d\d-\d\d)/(\w+)/tc3_request, "
        r"SignedHeaders=([^,]+), Signature=([0-9a-f]{64})",
        call.headers.get("authorization", ""),
    )
    if found is None or found[1] != account:
        return False
    day, service, names, signature = found[2], found[3], found[4], found[5]
    stamp = call.headers["x-tc-timestamp"]
    if time.strftime("%Y-%m-%d", time.gmtime(int(stamp))) != day:
        return False
    headers = "".join(f"{name}:{call.headers[name].strip().lower()}\n" for name in names.split(";"))
    payload = hashlib.sha256(call.body).hexdigest()
    canonical = f"POST\n/\n\n{headers}\n{names}\n{payload}"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"TC3-HMAC-SHA256\n{stamp}\n{day}/{service}/tc3_request\n{digest}"
    dated = hmac.digest(b"TC3" + secret.encode(), day.encode(), "sha256")
    scoped = hmac.digest(dated, service.encode(), "sha256")
    signing = hmac.digest(scoped, b"tc3_request", "sha256")
    expected = hmac.digest(signing, text.encode(), "sha256").hex()
    return hmac.compare_digest(expected, signature)


def tencent_answer(call: Call) -> object:
    if not tencent_signature_is_good(call, SECRET, ACCOUNT):
        error = {"Code": "AuthFailure.SignatureFailure", "Message": "check your signature"}
        return {"Response": {"Error": error, "RequestId": "r-1"}}
    action = call.headers["x-tc-action"]
    if action == "SendSms":
        one = {"SerialNo": "serial-1", "PhoneNumber": call.json["PhoneNumberSet"][0]}
        statuses = [one | {"Code": "Ok", "Message": "send success", "Fee": 1}]
        return {"Response": {"SendStatusSet": statuses, "RequestId": "r-1"}}
    if action == "SendTtsVoice":
        return {"Response": {"SendStatus": {"CallId": "call-2"}, "RequestId": "r-1"}}
    status = {"SerialNo": "serial-1", "ReportStatus": "SUCCESS", "Description": "DELIVRD"}
    return {"Response": {"PullSmsSendStatusSet": [status], "RequestId": "r-1"}}


ANSWERS: dict[str, Callable[[Call], object]] = {
    "wecom": wecom_error,
    "wecom_app": wecom_app_answer,
    "dingtalk": dingtalk_answer,
    "feishu": feishu_answer,
    "aliyun_sms": aliyun_answer,
    "aliyun_voice": aliyun_answer,
    "tencent_sms": tencent_answer,
    "tencent_voice": tencent_answer,
    "apprise": lambda _: {},
}


class Provider:
    """The running server."""

    def __init__(self, name: str) -> None:
        self.calls: list[Call] = []
        self._answer = ANSWERS[name]
        self._behaviours: deque[Behaviour | None] = deque([None])
        self._lock = threading.Lock()
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                headers = {name.lower(): value for name, value in self.headers.items()}
                call = Call(self.path, headers, body)
                behaviour = provider._take(call)
                if behaviour is None:
                    answer = provider._answer(call)
                    status, found = answer if isinstance(answer, tuple) else (200, answer)
                    behaviour = Behaviour(status, found)
                self._reply(behaviour)

            do_GET = do_POST

            def _reply(self, behaviour: Behaviour) -> None:
                time.sleep(behaviour.delay_s)
                body = behaviour.body
                text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
                content = text.encode()
                try:
                    self.send_response(behaviour.status)
                    for name, value in behaviour.headers.items():
                        self.send_header(name, value)
                    more = 100 if behaviour.reset else 0
                    self.send_header("Content-Length", str(len(content) + more))
                    self.end_headers()
                    self.wfile.write(content)
                except OSError:
                    self.close_connection = True
                if behaviour.reset:
                    self.wfile.flush()
                    linger = struct.pack("ii", 1, 0)
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    self.connection.close()
                    self.close_connection = True

            def finish(self) -> None:
                try:
                    super().finish()
                except (OSError, ValueError):
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                return

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, *_: object) -> None:
                return

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def behave(self, *behaviours: Behaviour | None) -> None:
        """What the next requests get, in order; the last one stays; None is the own answer."""
        with self._lock:
            self._behaviours = deque(behaviours)

    def _take(self, call: Call) -> Behaviour | None:
        with self._lock:
            self.calls.append(call)
            waiting = self._behaviours
            return waiting.popleft() if len(waiting) > 1 else waiting[0]

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=10)


@contextmanager
def providing(name: str) -> Iterator[Provider]:
    """A provider on a free port."""
    provider = Provider(name)
    provider.start()
    try:
        yield provider
    finally:
        provider.stop()
