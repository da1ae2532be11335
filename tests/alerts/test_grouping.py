from alerts.grouping import group_key


def test_a_building_and_a_class_are_a_group() -> None:
    def fire(building: str, *, test: bool = False) -> str:
        return group_key("fire", "smoke_detector", f"panel-{building}/p1", building, test=test)

    assert fire("b1") == group_key("fire", "fire_panel", "panel-9", "b1", test=False)
    assert len({fire("b1"), fire("b2"), fire("b1", test=True)}) == 3


def test_a_lift_is_a_group_of_its_own() -> None:
    def lift(alarm_class: str, device: str) -> str:
        return group_key(alarm_class, "elevator", device, "b1", test=False)

    assert lift("entrapment", "lift-1") == lift("elevator_fault", "lift-1/door")
    assert lift("entrapment", "lift-1") != lift("entrapment", "lift-2")
    assert lift("monitoring_lost", "lift-1") == lift("monitoring_lost", "lift-2")
