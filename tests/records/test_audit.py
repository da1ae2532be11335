"""The audit chain shows every way of tampering, and stands together with what it records."""

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records import audit, chain
from records.audit import Actor, append, entries, head, verify
from records.chain import Head
from records.engine import make_engine, migrate, reading, sqlite_url, transaction

WHO = Actor("person:li", "192.0.2.7")


def _fill(engine: sa.Engine, count: int = 5) -> list[Head]:
    heads = []
    for n in range(count):
        with transaction(engine) as connection:
            detail = {"n": n, "text": "消防"}
            heads.append(append(connection, WHO, "alarm.acknowledged", f"{n}", 1000 + n, detail))
    return heads


def _tamper(engine: sa.Engine, statement: str) -> None:
    """What somebody with the file does: without our triggers."""
    with sqlite3.connect(str(engine.url.database)) as raw:
        for verb in ("update", "delete"):
            raw.execute(f"DROP TRIGGER IF EXISTS audit_no_{verb}")
        raw.execute(statement)
    raw.close()


def test_a_whole_chain_is_whole(engine: sa.Engine) -> None:
    heads = _fill(engine)
    with reading(engine) as connection:
        verdict = verify(connection)
        assert head(connection) == heads[-1]
    assert verdict.whole
    assert (verdict.rows, verdict.head) == (5, heads[-1])


def test_an_empty_chain_is_whole(engine: sa.Engine) -> None:
    with reading(engine) as connection:
        assert verify(connection).whole
        assert head(connection) == Head()


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE audit SET actor = 'person:somebody' WHERE seq = 3", "row 3 was changed"),
        ("UPDATE audit SET at = at + 1 WHERE seq = 1", "row 1 was changed"),
        ("UPDATE audit SET address = NULL WHERE seq = 2", "row 2 was changed"),
        ("UPDATE audit SET detail = '{}' WHERE seq = 5", "row 5 was changed"),
        ("DELETE FROM audit WHERE seq = 2", "row 2 is missing before row 3"),
        ("DELETE FROM audit WHERE seq = 1", "row 1 is missing before row 2"),
        (
            "INSERT INTO audit SELECT seq + 5, at, actor, address, action, subject, detail, "
            "previous, hash FROM audit WHERE seq = 1",
            "row 6 does not follow row 5",
        ),
    ],
)
def test_tampering_shows(engine: sa.Engine, statement: str, fault: str) -> None:
    _fill(engine)
    _tamper(engine, statement)
    with reading(engine) as connection:
        verdict = verify(connection)
    assert not verdict.whole
    assert fault in verdict.faults


def test_a_row_that_was_resealed_breaks_the_next(engine: sa.Engine) -> None:
    _fill(engine)
    with reading(engine) as connection:
        row = dict(
            connection.execute(sa.select(audit.audit).where(audit.audit.c.seq == 3))
            .mappings()
            .one()
        )
    row["actor"] = "person:somebody"
    resealed = chain.seal(audit._fields(row), row["previous"])
    _tamper(
        engine, f"UPDATE audit SET actor = 'person:somebody', hash = '{resealed}' WHERE seq = 3"
    )
    with reading(engine) as connection:
        assert verify(connection).faults == ("row 4 does not follow row 3",)


def test_a_cut_end_shows_only_against_a_kept_head(engine: sa.Engine) -> None:
    kept = _fill(engine)[-1]
    _tamper(engine, "DELETE FROM audit WHERE seq > 3")
    with reading(engine) as connection:
        assert verify(connection).whole
        assert verify(connection, kept).faults == ("row 5, whose hash was kept, is missing",)


def test_a_chain_written_anew_shows_against_a_kept_head(engine: sa.Engine) -> None:
    kept = _fill(engine, 3)[1]
    _tamper(engine, "DELETE FROM audit")
    for n in range(3):
        with transaction(engine) as connection:
            append(connection, WHO, "alarm.acknowledged", f"{n}", 5000 + n)
    with reading(engine) as connection:
        assert verify(connection).whole
        assert not verify(connection, kept).whole


@pytest.mark.parametrize("statement", ["UPDATE audit SET at = 0", "DELETE FROM audit"])
def test_our_own_code_cannot_change_it(engine: sa.Engine, statement: str) -> None:
    _fill(engine, 1)
    with pytest.raises(sa.exc.IntegrityError, match="append-only"):  # noqa: SIM117
        with transaction(engine) as connection:
            connection.execute(sa.text(statement))


def test_a_row_goes_back_with_what_it_records(engine: sa.Engine) -> None:
    _fill(engine, 2)

    def half_way() -> None:
        with transaction(engine) as connection:
            append(connection, WHO, "person.added", "wang", 2000)
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        half_way()
    with reading(engine) as connection:
        assert verify(connection).rows == 2


def test_entries_are_newest_first_and_found_by_noun(engine: sa.Engine) -> None:
    _fill(engine, 3)
    with transaction(engine) as connection:
        append(connection, WHO, "session.opened", "li", 3000)
        append(connection, WHO, "sessions_of.others", "li", 3001)
    with reading(engine) as connection:
        assert [e.seq for e in entries(connection, 2)] == [5, 4]
        assert [e.seq for e in entries(connection, 10, before=4)] == [3, 2, 1]
        assert [e.action for e in entries(connection, 10, action="session")] == ["session.opened"]
        assert entries(connection, 1, before=2)[0].detail == {"n": 0, "text": "消防"}


_texts = st.text(max_size=30)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(st.tuples(_texts, _texts, st.dictionaries(_texts, _texts)), max_size=4))
def test_any_text_is_kept_and_sealed(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, dict[str, str]]]
) -> None:
    engine = make_engine(sqlite_url(Path(tmp_path_factory.mktemp("audit")) / "a.db"))
    audit.audit.create(engine)
    for n, (actor, subject, detail) in enumerate(rows):
        with transaction(engine) as connection:
            append(connection, Actor(actor), "x.y", subject, n, detail)
    with reading(engine) as connection:
        verdict = verify(connection)
        kept = entries(connection, 10)
    engine.dispose()
    assert verdict.whole
    assert [(e.actor, e.subject, e.detail) for e in reversed(kept)] == rows


def test_migrations_make_what_the_code_declares(engine: sa.Engine) -> None:
    found = {column["name"] for column in sa.inspect(engine).get_columns("audit")}
    assert found == {column.name for column in audit.audit.columns}
    migrate(engine)
