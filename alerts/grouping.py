"""Groups: what belongs to one incident is one group on the page and in routine messages. Pure."""

_LIFTS = frozenset({"elevator", "escalator"})
_LIFT_CLASSES = frozenset({"entrapment", "elevator_fault"})


def group_key(alarm_class: str, kind: str, device: str, building: str, *, test: bool) -> str:
    """What alarms of one group have in common.

    A building and a class: eighty detectors of one fire. A lift: the entrapment with the fault bits
    of its cause. A test never leads a group of real alarms.
    """
    if kind in _LIFTS and alarm_class in _LIFT_CLASSES:
        where, what = device.partition("/")[0], "lift"
    else:
        where, what = building, alarm_class
    return f"{what}@{where}{'!test' if test else ''}"
