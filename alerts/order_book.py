"""Work orders for people: each deed is one transaction with its event. All calls block."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace

import sqlalchemy as sa

from alerts import order_evidence, order_rows, tables
from alerts.alarm import Alarm
from alerts.errors import AlarmNotFoundError, AlertsError, NotAllowedError
from alerts.order_making import of_alarm
from alerts.order_plans import OVERDUE, WorkPlans
from alerts.order_rows import Happened, OrderFilter, Wanted
from alerts.order_statistics import Statistics, statistics
from alerts.work_orders import (
    EVENT_OF,
    Answer,
    Deed,
    OrderEvent,
    OrderStep,
    Part,
    Photo,
    WorkOrder,
    answered,
    check_addition,
    take_step,
)
from alerts.writer import to_alarm
from device_configs.quantities import Label
from records.engine import reading

MAX_PHOTOS = 50
"""Most photos of an order."""
OrderNoted = Callable[[sa.Connection, WorkOrder], None]
"""What is to be written in the same transaction: the audit row of the deed."""


class WorkOrderBook:
    """Reads work orders and does what people do with them."""

    def __init__(self, engine: sa.Engine, plans: Callable[[], WorkPlans] = WorkPlans) -> None:
        """`plans` gives the entries of the estate folder of now."""
        self._engine = engine
        self._plans = plans

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        try:
            with reading(self._engine) as connection:
                yield connection
        except sa.exc.SQLAlchemyError as error:
            raise AlertsError(f"the work orders cannot be read now: {error}") from error

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except sa.exc.SQLAlchemyError as error:
            raise AlertsError(f"the work orders cannot be written now: {error}") from error

    # ---- reading ----

    def listed(
        self, chosen: OrderFilter, now_ms: int, limit: int = 100, after: int | None = None
    ) -> tuple[WorkOrder, ...]:
        """Orders, newest first; `after` is the number of the last one seen."""
        with self._reading() as connection:
            return order_rows.listed(connection, chosen, now_ms, limit, after)

    def get(self, order: int) -> WorkOrder:
        """One order.

        Raises:
            WorkOrderNotFoundError: there is none of this number.
        """
        with self._reading() as connection:
            return order_rows.find(connection, order)

    def events(self, order: int) -> tuple[Happened, ...]:
        """What happened to an order, oldest first."""
        with self._reading() as connection:
            return order_rows.events(connection, order)

    def alarms_of(self, order: int) -> tuple[int, ...]:
        """The alarms that an order sees to."""
        with self._reading() as connection:
            return order_rows.alarms_of(connection, order)

    def statistics(
        self, start: int, end: int, sites: Collection[str] | None, now_ms: int
    ) -> Statistics:
        """The figures of the orders made from `start` until `end` [ms, UTC] at some sites."""
        with self._reading() as connection:
            orders, reopened = order_rows.made_between(connection, start, end, sites)
        return statistics(orders, reopened, now_ms)

    # ---- making ----

    def make(self, wanted: Wanted, now_ms: int, also: OrderNoted | None = None) -> WorkOrder:
        """Make an order by hand; `also` is called in the same transaction."""
        with self._writing() as connection:
            order = order_rows.insert(connection, wanted, now_ms)
            if also is not None:
                also(connection, order)
        return order

    def make_for_alarm(
        self,
        alarm: int,
        actor: str,
        now_ms: int,
        *,
        title: Label | None = None,
        team: str | None = None,
        assignee: str | None = None,
        note: str | None = None,
        also: OrderNoted | None = None,
    ) -> WorkOrder:
        """Make an order for an alarm, open or closed; the estate folder's entry for such fills in.

        Raises:
            AlarmNotFoundError: there is none of this number.
            NotAllowedError: an open order sees to it already, or it says that an order is overdue.
        """
        with self._writing() as connection:
            order_evidence.lock(connection)
            found = _alarm(connection, alarm)
            if found.rule == OVERDUE:
                raise NotAllowedError("order_alarm_service")
            if order_rows.listed(connection, OrderFilter(alarm=alarm), now_ms, 1, None):
                raise NotAllowedError("order_exists")
            wanted = of_alarm(found, self._plans().entry_for(found), actor, now_ms)
            order = order_rows.insert(
                connection,
                replace(
                    wanted, title=title or wanted.title, team=team or wanted.team,
                    assignee=assignee, note=note,
                ),
                now_ms,
            )  # fmt: skip
            if also is not None:
                also(connection, order)
        return order

    # ---- changing ----

    def step(self, order: int, deed: Deed, also: OrderNoted | None = None) -> WorkOrder:
        """Take a step.

        Raises:
            WorkOrderNotFoundError: there is none of this number.
            NotAllowedError: its state, its checklist or the one who asks forbids it.
        """
        detail = {}
        if deed.step is OrderStep.ASSIGN:
            detail = {"team": deed.team, "assignee": deed.assignee}
        return self._change(
            order, lambda now: take_step(now, deed), EVENT_OF[deed.step], deed.actor, deed.at,
            deed.note.strip(), detail, also,
        )  # fmt: skip

    def check(
        self, order: int, item: int, answer: Answer, remark: str, actor: str, now_ms: int,
        also: OrderNoted | None = None,
    ) -> WorkOrder:  # fmt: skip
        """Answer an item of the checklist; items count from 0.

        Raises:
            WorkOrderNotFoundError: there is none of this number.
            NotAllowedError: there is no such item, or the work is over.
        """
        return self._change(
            order, lambda now: answered(now, item, answer, remark, actor, now_ms),
            OrderEvent.CHECKED, actor, now_ms, remark.strip(),
            {"item": item, "answer": answer.value}, also,
        )  # fmt: skip

    def note(
        self, order: int, note: str, actor: str, now_ms: int, also: OrderNoted | None = None
    ) -> WorkOrder:
        """Add a note.

        Raises:
            WorkOrderNotFoundError: there is none of this number.
            NotAllowedError: it is closed.
        """
        return self._change(
            order, _unchanged, OrderEvent.NOTED, actor, now_ms, note.strip(), {}, also
        )  # fmt: skip

    def use_part(
        self, order: int, part: Part, actor: str, now_ms: int, also: OrderNoted | None = None
    ) -> WorkOrder:
        """Say that something was used up.

        Raises:
            WorkOrderNotFoundError: there is none of this number.
            NotAllowedError: it is closed.
        """

        def used(now: WorkOrder) -> WorkOrder:
            check_addition(now)
            return replace(now, parts=(*now.parts, part))

        return self._change(
            order, used, OrderEvent.PART_USED, actor, now_ms, "", asdict(part), also
        )

    def add_photo(
        self, order: int, photo: Photo, also: OrderNoted | None = None
    ) -> WorkOrder:  # fmt: skip
        """Add a photo whose content is kept already; the same one again changes nothing.

        Raises:
            WorkOrderNotFoundError: there is none of this number.
            NotAllowedError: it is closed, or has as many as it may.
        """

        def added(now: WorkOrder) -> WorkOrder:
            check_addition(now)
            if any(one.sha256 == photo.sha256 for one in now.photos):
                return now
            if len(now.photos) >= MAX_PHOTOS:
                raise NotAllowedError("order_photos")
            return replace(now, photos=(*now.photos, photo))

        detail = {"sha256": photo.sha256, "media_type": photo.media_type, "size": photo.size}
        return self._change(
            order, added, OrderEvent.PHOTO_ADDED, photo.by, photo.at, "", detail, also
        )

    def _change(
        self,
        number: int,
        act: Callable[[WorkOrder], WorkOrder],
        event: OrderEvent,
        actor: str,
        at: int,
        note: str,
        detail: Mapping[str, object],
        also: OrderNoted | None,
    ) -> WorkOrder:
        with self._writing() as connection:
            before = order_rows.find(connection, number, to_change=True)
            order = act(before)
            if order is before and event is OrderEvent.PHOTO_ADDED:
                return before
            order_rows.store(connection, order)
            order_evidence.add(connection, number, event, at, actor, note, detail)
            if also is not None:
                also(connection, order)
        return order


def _unchanged(order: WorkOrder) -> WorkOrder:
    check_addition(order)
    return order


def _alarm(connection: sa.Connection, number: int) -> Alarm:
    query = sa.select(tables.alarms).where(tables.alarms.c.id == number)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise AlarmNotFoundError(number)
    return to_alarm(row)
