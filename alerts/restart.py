"""How the evaluator takes up at a start what was known when it stopped."""

from typing import TYPE_CHECKING

from alerts import refusals, together
from alerts.condition import ByService, Together, Verdict
from alerts.engine import Gone, Observation, State, step
from alerts.inhibition import RULES as BEHIND
from alerts.ledger import Fact, Restored
from alerts.rule import Rule
from alerts.watch import Key, Watch
from alerts.windows import is_memory
from alerts.writer import Change, Input

if TYPE_CHECKING:
    from alerts.evaluator import Evaluator


def restore(evaluator: "Evaluator", restored: Restored) -> None:
    """Take up what was known; what is no longer judged is ended, never left hanging."""
    fewer: list[Watch] = []
    for fact in restored.facts:
        watch = evaluator.watches.of(fact.device)
        if fact.point == refusals.FACT:
            fewer += [watch] if _restore_refused(evaluator, watch, fact) else []
            continue
        if is_memory(fact):
            evaluator.windows.restore(fact, watch.plan.window_of)
            continue
        watch.values[fact.point] = fact.value
        watch.values_at[fact.point] = fact.at
        if fact.point == "test":
            watch.test = fact.value is True
    for key, state in restored.states.items():
        _restore_state(evaluator, key, state)
    for watch in fewer:
        evaluator.tell_refused(watch, evaluator.started_at)
    for tracked in list(evaluator.tracked.values()):
        if tracked.key.rule in evaluator.joined or isinstance(tracked.rule.condition, Together):
            together.look(evaluator, tracked.watch, evaluator.started_at)


def _restore_state(evaluator: "Evaluator", key: Key, state: State) -> None:
    watch = evaluator.watches.of(key.device)
    rule = watch.plan.find(key.rule, key.point)
    general = evaluator.rules.find(key.rule)
    evaluator.outages.restore(key, state)
    if general is not None and isinstance(general.condition, ByService):
        if evaluator.outages.knows(key):
            evaluator.track(key, general, watch, state)
        elif key.rule in BEHIND:
            _withdraw(evaluator, key, watch, general, state)
        return
    listed_again = rule is not None and rule is watch.plan.unlisted and watch.listed
    if rule is None or listed_again:
        _withdraw(evaluator, key, watch, general or rule, state)
        return
    evaluator.track(key, rule, watch, state)
    if rule is watch.plan.silence and state.active and state.falling is None:
        watch.silent = True


def _restore_refused(evaluator: "Evaluator", watch: Watch, fact: Fact) -> bool:
    """Take up what was refused; tells whether the profile has lost some of it since."""
    device = evaluator.watches.estate.devices.get(watch.id)
    if device is None:
        return False
    watch.refused, fewer = refusals.restored(fact.value, device.profile)
    if fewer:
        still = refusals.to_fact(watch.refused)
        evaluator.facts.append(Fact(watch.id, refusals.FACT, still, evaluator.started_at))
    return fewer


def _withdraw(
    evaluator: "Evaluator", key: Key, watch: Watch, rule: Rule | None, state: State
) -> None:
    if rule is None:
        rule = next(iter(evaluator.rules.every()))
    change = Change(key, rule, Gone(), watch.subject, state, state)
    gone = Observation(Verdict.FALSE, max(state.observed_at, evaluator.started_at), withdrawn=True)
    after, transitions = step(Gone(), state, gone, evaluator.started_at)
    if after == state:
        return
    change.state, change.loud = after, bool(transitions)
    change.inputs.append(Input(gone, evaluator.started_at))
    evaluator.staged[key] = change
