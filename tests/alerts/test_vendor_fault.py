"""The maker's own code, words and class stay with the alarm, and reach people."""

from alerts.alarm import to_json
from alerts.channels.email import body
from alerts.channels.message import Message
from alerts.channels.wording import Wording
from device_configs.fault_codes import FaultCode
from tests.alerts.desk import Desk
from tests.alerts.estates import default_devices, make_estate


def test_of_a_code_of_the_table_of_a_code_without_and_of_no_code() -> None:
    desk = Desk(make_estate([one for one in default_devices() if one.id in {"lift-1", "smoke-1"}]))
    desk.say("lift-1", 1, {"fault_code": 2})
    door = desk.alarm("elevator_fault_door", "lift-1")
    assert door is not None
    assert door.vendor is not None
    assert (door.vendor.code, door.vendor.text.zh) == ("2", "关门故障")
    assert (door.vendor.fault_class, door.vendor.vendor_class) == ("door", "故障")
    assert door.vendor.table == "gb_t_24476_2017"
    desk.say("lift-1", 40, {"fault_code": 777})
    other = desk.alarm("elevator_fault_other", "lift-1")
    assert other is not None
    assert other.vendor is not None
    assert (other.vendor.code, other.vendor.fault_class) == ("777", None)
    desk.say("smoke-1", 41, {"smoke": True})
    smoke = desk.alarm("smoke_detector_fire", "smoke-1")
    assert smoke is not None
    assert smoke.vendor is None
    desk.close()
    message = Message({**to_json(door), "transition": "raised"})
    assert "厂家代码: 2 关门故障 (故障)" in Wording().short(message, "zh", 2000)
    assert "Maker's code: 2 Door closing fault (故障)" in body(message, Wording().timezone)
    unknown = Wording().short(Message({**to_json(other), "transition": "raised"}), "zh", 2000)
    assert "厂家代码: 代码 777，不在代码表中" in unknown
    assert "厂家代码" not in Wording().short(
        Message({**to_json(smoke), "transition": "raised"}), "zh", 2000
    )


def test_a_code_as_the_maker_writes_it() -> None:
    given = {
        "code": 101, "written": "0101", "vendor_class": "A", "class": "entrapment",
        "severity": "emergency", "label": {"zh": "困人", "en": "Entrapment"},
    }  # fmt: skip
    code = FaultCode.model_validate(given)
    assert (code.written, code.vendor_class) == ("0101", "A")
