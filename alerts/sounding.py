"""Which alarms keep a siren on: those that switched it on and are not over yet."""

import sqlalchemy as sa

from alerts import tables
from alerts.targets import Target
from records.engine import reading

_ON = ("raised", "reraised", "became_real", "released")


class Sounding:
    """Asks the database; the call blocks."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def __call__(self, output: str, alarm: int, silenced_by_acknowledgement: bool) -> bool:
        """Whether another alarm than the one given keeps an output on."""
        outbox, alarms = tables.outbox, tables.alarms
        going = sa.or_(alarms.c.active, alarms.c.latched)
        if silenced_by_acknowledgement:
            going = ~alarms.c.acked
        query = (
            sa.select(alarms.c.id)
            .join(outbox, outbox.c.alarm == alarms.c.id)
            .where(
                outbox.c.target == Target("siren", {"output": output}).name,
                outbox.c.transition.in_(_ON),
                alarms.c.id != alarm,
                alarms.c.is_open,
                ~alarms.c.test,
                going,
            )
            .limit(1)
        )
        with reading(self._engine) as connection:
            return connection.execute(query).first() is not None
