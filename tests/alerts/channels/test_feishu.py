import json

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.channels.feishu import sign
from tests.providers import KEY, SECRET, Call, feishu_answer


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=2**33))
def test_another_implementation_takes_every_signature(moment: int) -> None:
    body = json.dumps({"timestamp": str(moment), "sign": sign(SECRET, moment)}).encode()
    answer = feishu_answer(Call(f"/open-apis/bot/v2/hook/{KEY}", {}, body))
    assert isinstance(answer, dict)
    assert answer["code"] == 0


def test_a_signature_of_another_second_is_refused_by_it() -> None:
    body = json.dumps({"timestamp": "1700000000", "sign": sign(SECRET, 1700000001)}).encode()
    answer = feishu_answer(Call(f"/open-apis/bot/v2/hook/{KEY}", {}, body))
    assert isinstance(answer, dict)
    assert answer["code"] == 19021
