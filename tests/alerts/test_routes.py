from pathlib import Path

import pytest

from alerts.alarm import Alarm, Transition
from alerts.routes import Routes, load_routes
from device_configs.faults import InvalidConfigError
from tests.alerts.desk import Desk


def write(folder: Path, text: str) -> Path:
    (folder / "routes").mkdir()
    (folder / "routes" / "duty.yaml").write_text(text, encoding="utf-8")
    return folder


def alarm(device: str, values: dict[str, bool]) -> Alarm:
    desk = Desk()
    desk.say(device, 1, values)
    desk.tick(12)
    found = desk.repository.open_alarms()[0]
    desk.close()
    return found


FIRE = alarm("panel-1/p002", {"smoke": True})
DRILL = alarm("panel-1/p002", {"smoke": True, "test": True})
FAULT = alarm("pile-1", {"fault_leakage": True})


def urls(routes: Routes, one: Alarm, transition: Transition = Transition.RAISED) -> list[str]:
    return [str(target.parameters["url"]) for target in routes.targets(one, transition)]


def test_the_smallest_estates_route_works_as_it_stands_in_the_design(tmp_path: Path) -> None:
    text = (
        '- {when: {severity: emergency}, notify: [{webhook: {url: "http://127.0.0.1:9000/hook"}}]}'
    )
    routes = load_routes(write(tmp_path, text))
    assert urls(routes, FIRE) == ["http://127.0.0.1:9000/hook"]
    assert urls(routes, FAULT) == []
    assert urls(routes, DRILL) == []


def test_a_folder_without_routes_has_none(tmp_path: Path) -> None:
    assert load_routes(tmp_path).targets(FIRE, Transition.RAISED) == ()


@pytest.mark.parametrize(
    ("when", "fire", "fault"),
    [
        ("{}", True, True),
        ("{severity: [emergency, high]}", True, False),
        ("{class: pile_fault}", False, True),
        ("{site: centre}", True, True),
        ("{site: east}", False, True),
        ("{site: [room-2, hall]}", True, False),
        ("{kind: ev_charger}", False, True),
        ("{kind: ev_charger, severity: emergency}", False, False),
        ("{test: true}", False, False),
    ],
)
def test_when(tmp_path: Path, when: str, fire: bool, fault: bool) -> None:
    routes = load_routes(
        write(tmp_path, f'- {{when: {when}, notify: [{{webhook: {{url: "http://a/b"}}}}]}}')
    )
    assert bool(urls(routes, FIRE)) is fire
    assert bool(urls(routes, FAULT)) is fault


def test_a_target_of_two_routes_is_told_once(tmp_path: Path) -> None:
    text = """
- {notify: [{webhook: {url: "http://a/b"}}]}
- {when: {class: fire}, notify: [{webhook: {url: "http://a/b"}}, {email: {to: [x@example.com]}}]}
"""
    targets = load_routes(write(tmp_path, text)).targets(FIRE, Transition.RAISED)
    assert [target.channel for target in targets] == ["webhook", "email"]
    assert len({target.name for target in targets}) == 2


def test_a_drill_goes_to_the_duty_desk_only(tmp_path: Path) -> None:
    text = """
- {notify: [{webhook: {url: "http://all/b"}}]}
- {notify: [{webhook: {url: "http://duty/b"}}], duty_desk: true}
"""
    routes = load_routes(write(tmp_path, text))
    assert urls(routes, DRILL) == ["http://duty/b"]
    assert urls(routes, FIRE) == ["http://all/b", "http://duty/b"]


def test_a_route_chooses_its_transitions(tmp_path: Path) -> None:
    text = '- {on: [acknowledged], notify: [{webhook: {url: "http://a/b"}}]}'
    routes = load_routes(write(tmp_path, text))
    assert urls(routes, FIRE) == []
    assert urls(routes, FIRE, Transition.ACKNOWLEDGED) == ["http://a/b"]


def test_a_route_that_chooses_none_calls_for_what_is_new_and_writes_what_is_over(
    tmp_path: Path,
) -> None:
    text = """
- notify:
    - aliyun_voice: {phone: "1380000"}
    - aliyun_sms: {phone: "1380000"}
    - wecom: {robot: duty}
"""
    routes = load_routes(write(tmp_path, text))
    for step, told in [
        (Transition.RAISED, ["aliyun_voice", "aliyun_sms", "wecom"]),
        (Transition.LATCHED, ["wecom"]),
        (Transition.CLEARED, ["aliyun_sms", "wecom"]),
    ]:
        assert [one.channel for one in routes.targets(FIRE, step)] == told


def test_every_fault_is_told_with_its_line(tmp_path: Path) -> None:
    text = """
- {when: {severity: worst}, notify: [{webhook: {url: "http://a/b"}}]}
- {when: {class: fires}, notify: [{webhook: {url: "ftp://a/b"}}]}
- {when: {kind: smoke}, notify: [{webhook: {url: "http://a/b"}}]}
- {notify: [{pigeon: {to: home}}]}
- {notify: []}
- {notify: [{email: {to: nobody}}]}
- {notify: [{webhook: {url: "http://a/b", secret: abc}}]}
"""
    with pytest.raises(InvalidConfigError) as error:
        load_routes(write(tmp_path, text))
    found = str(error.value)
    for line, words in [
        (2, "severity"), (3, "url"), (4, "there is no kind 'smoke'"), (5, "pigeon"),
        (6, "notify"), (7, "email"), (8, "there is no setting 'secret' here"),
    ]:  # fmt: skip
        assert any(f"duty.yaml:{line}:" in one and words in one for one in found.splitlines()), (
            words
        )
