import pytest

from alerts.offline import lines_without_internet
from alerts.routes import Route, Routes


@pytest.mark.parametrize(
    ("notify", "mail", "warned"),
    [
        ({"webhook": {"url": "https://hook.example.com/x"}}, None, True),
        ({"webhook": {"url": "http://10.1.2.3/x"}}, None, False),
        ({"webhook": {"url": "http://localhost:9000/x"}}, None, False),
        ({"email": {"to": "duty@example.com"}}, "smtp.example.com", True),
        ({"email": {"to": "duty@example.com"}}, "192.168.1.5", False),
        ({"siren": {"output": "hall"}}, None, False),
        ({"smpp": {"phone": "13800000000"}}, None, False),
        ({"wecom": {"robot": "desk"}}, None, True),
        ({"team": "desk", "by": ["wecom_app", "aliyun_sms"]}, None, True),
        ({"team": "desk", "by": ["wecom_app", "smpp"]}, None, False),
    ],
)
def test_an_emergency_route_needs_a_way_without_internet(
    notify: object, mail: str | None, warned: bool
) -> None:
    route = Route.model_validate({"when": {"severity": "emergency"}, "notify": [notify]})
    assert bool(list(lines_without_internet(Routes((route,)), mail))) is warned


def test_other_routes_need_none() -> None:
    route = Route.model_validate(
        {"when": {"severity": "info"}, "notify": [{"wecom": {"robot": "desk"}}]}
    )
    assert list(lines_without_internet(Routes((route,)), None)) == []
