"""What an alarm's life must be, in as few words as can be: the reference of the stateful test.

Written from docs/alarms.md and nothing else. Times are seconds. It knows rules without on-delay, on
devices without a test bit, which only a drill can mark.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Kind:
    """What the rule of a device says."""

    off_delay: int
    latch: bool
    holdable: bool


@dataclass
class Life:
    """The alarm of one device; closed where it is not open."""

    kind: Kind
    active: bool = False
    acked: bool = True
    latched: bool = False
    test: bool = False
    held: set[str] = field(default_factory=set)
    falling: int | None = None
    until: dict[str, int] = field(default_factory=dict)
    """When a shelf or a maintenance window of the device ends."""
    drill_until: int = 0
    withdrawn: bool = False
    """Its rule is out of the estate."""
    begun: int | None = None
    """Since when its escalation runs; None while it does not."""

    @property
    def open(self) -> bool:
        return self.active or not self.acked or self.latched

    def told(self, at: int) -> None:
        """New, or new again: nobody has seen it."""
        self.acked = False
        self.begun = None if self.held or self.test else at

    def close_if_over(self) -> None:
        if not self.open:
            self.held, self.test, self.begun = set(), False, None

    def passes(self, at: int) -> None:
        """Time passes: delays, then the drill, then shelves and windows."""
        if self.falling is not None and at >= self.falling + self.kind.off_delay:
            self.returns()
        if self.drill_until and at >= self.drill_until:
            self.drill_until = 0
            if self.active and self.test and self.falling is None:
                self.becomes_real(at)
        for hold, until in list(self.until.items()):
            if at >= until:
                del self.until[hold]
                self.let_go(hold, at)

    def returns(self) -> None:
        self.active, self.falling = False, None
        self.close_if_over()

    def becomes_real(self, at: int) -> None:
        self.test, self.latched = False, self.kind.latch
        self.told(at)

    def let_go(self, hold: str, at: int) -> None:
        was_held = hold in self.held
        self.held.discard(hold)
        if was_held and self.active and not self.held:
            self.told(at)

    def said(self, holds: bool, at: int) -> None:
        """Its device reports."""
        if self.withdrawn:
            return
        marked = at < self.drill_until
        if not holds:
            if self.active and self.falling is None:
                self.falling = at
            return
        if not self.active:
            self.activates(marked and (self.test or not self.open), at)
            return
        again = self.falling is not None and self.acked and self.kind.latch
        self.falling = None
        if self.test and not marked:
            self.becomes_real(at)
        elif again:
            self.told(at)

    def activates(self, test: bool, at: int) -> None:
        if not self.open and self.kind.holdable:
            self.held = set(self.until)
        self.active, self.test = True, test
        self.latched = self.kind.latch and not test
        self.told(at)

    def withdraw(self) -> None:
        """Its rule leaves the estate: it ends as if its condition had; a latch stays."""
        self.withdrawn = True
        if self.active:
            self.returns()

    # ---- people ----

    def acknowledged(self) -> bool:
        if not self.open:
            return False
        self.acked, self.begun = True, None
        self.close_if_over()
        return True

    def reset(self) -> bool:
        if not self.open or self.active or not self.acked:
            return False
        self.latched = False
        self.close_if_over()
        return True

    def hold(self, hold: str, until: int) -> bool:
        """A shelf or a maintenance window, from now on; never of life safety."""
        if not self.kind.holdable or (hold == "shelved" and not self.open):
            return False
        self.until[hold] = max(until, self.until.get(hold, 0)) if hold != "shelved" else until
        if self.open:
            self.held.add(hold)
            self.begun = None
        return True
