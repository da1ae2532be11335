"""Every file of this folder is a set of timelines, played against the whole service.

The service is `sitewatch run` wired as ever (journal, SQLite, DuckDB, outbox, escalation, channels
to servers on loopback, the interface), in a process that is really killed; only the time is ours.
"""

from pathlib import Path

import pytest

from collectors.simulator.incidents import INCIDENTS
from tests.acceptance.judging import judge
from tests.acceptance.phones import phones
from tests.acceptance.player import Player
from tests.acceptance.story import Story, stories
from tests.acceptance.told_time import TimeCell

STORIES = stories()


def test_every_incident_of_the_simulator_has_its_story() -> None:
    assert {story.incident for _, story in STORIES} - {None} == set(INCIDENTS)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("story", [pytest.param(story, id=name) for name, story in STORIES])
def test_timeline(story: Story, tmp_path: Path) -> None:
    cell = TimeCell()
    with phones(lambda: cell.ms) as reached:
        player = Player(story, tmp_path, cell, reached)
        player.prepare()
        try:
            player.play()
            for expected in story.expect:
                judge(player, expected)
        finally:
            player.end()
