from pathlib import Path

import pytest

from alerts.routes import load_routes
from alerts.targets import CHANNELS, FIRST, Notify, Target
from device_configs.faults import InvalidConfigError

GOOD: dict[str, object] = {
    "webhook": {"url": "https://a.example/b"},
    "email": {"to": "a@example.com"},
    "wecom": {"robot": "duty", "mentions": ["13800000000"]},
    "wecom_app": {"user": ["zhangsan", "lisi"]},
    "dingtalk": {"robot": "duty", "language": "en"},
    "feishu": {"robot": "duty"},
    "aliyun_sms": {"phone": ["13800000000", "13900000000"]},
    "aliyun_voice": {"phone": "13800000000"},
    "tencent_sms": {"phone": "+8613800000000"},
    "tencent_voice": {"phone": "13800000000"},
    "smpp": {"phone": "13800000000"},
    "siren": {"output": "hall"},
    "apprise": {"service": "ops"},
}


def test_every_channel_can_be_named() -> None:
    assert set(GOOD) == set(CHANNELS)
    for channel, parameters in GOOD.items():
        found = Notify.model_validate({channel: parameters}).targets()
        assert {target.channel for target in found} == {channel}


def test_each_phone_and_each_person_is_told_separately() -> None:
    phones = Notify.model_validate({"aliyun_sms": GOOD["aliyun_sms"]}).targets()
    assert [one.parameters["phone"] for one in phones] == ["13800000000", "13900000000"]
    assert [one.budget for one in phones] == ["aliyun_sms:13800000000", "aliyun_sms:13900000000"]
    people = Notify.model_validate({"wecom_app": GOOD["wecom_app"]}).targets()
    assert [one.parameters["user"] for one in people] == ["zhangsan", "lisi"]


def test_a_list_in_order_is_one_target_with_several_ways() -> None:
    steps = [{"wecom": {"robot": "duty"}}, {"aliyun_voice": {"phone": "13800000000"}}]
    (target,) = Notify.model_validate({"first": steps}).targets()
    assert target.channel == FIRST
    assert [option.channel for option in target.options] == ["wecom", "aliyun_voice"]
    assert target.options[1].parameters["phone"] == "13800000000"
    assert target.budget == "wecom:duty"
    assert target.name.startswith("first-")


def test_code_can_give_an_address() -> None:
    target = Target("aliyun_sms", {"phone": "13800000000"})
    assert target.options[0].parameters == {"phone": "13800000000"}
    assert target.budget == "aliyun_sms:13800000000"


@pytest.mark.parametrize(
    ("notify", "words"),
    [
        ("{wecom: {robot: Duty Desk}}", "robot"),
        ("{aliyun_sms: {phone: 12-34}}", "phone"),
        ("{aliyun_sms: {phone: []}}", "phone"),
        ("{wecom_app: {user: 'a|b'}}", "user"),
        ("{siren: {output: hall, payload: boom}}", "there is no setting 'payload' here"),
        ("{wecom: {robot: a}, siren: {output: b}}", "give exactly one channel"),
        ("{first: [{aliyun_sms: {phone: ['1388888', '1399999']}}]}", "one phone or one user"),
        ("{first: [{siren: {output: hall}}]}", "siren"),
        ("{first: [{wecom: {robot: a}, feishu: {robot: b}}]}", "give exactly one channel"),
        ("{first: []}", "give exactly one channel"),
        ("{dingtalk: {robot: a, language: fr}}", "language"),
    ],
)
def test_a_fault_is_told_with_file_and_line(tmp_path: Path, notify: str, words: str) -> None:
    (tmp_path / "routes").mkdir()
    text = f"- notify:\n    - {{webhook: {{url: 'http://a/b'}}}}\n    - {notify}\n"
    (tmp_path / "routes" / "duty.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidConfigError) as error:
        load_routes(tmp_path)
    assert "duty.yaml:3:" in str(error.value)
    assert words in str(error.value)
