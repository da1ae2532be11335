"""Who can be given a work order: teams of the duty list, and people who may see its site."""

from dataclasses import dataclass

from alerts import duty_book
from alerts.contacts import Team
from alerts.errors import NotAllowedError
from api.house import House
from device_configs.estate import Estate
from records import people
from records.engine import reading
from records.people import EVERYWHERE, Person, Role

WORKERS = frozenset({Role.OPERATOR, Role.MAINTAINER, Role.MANAGER})
"""The roles that may work on orders; `workers` of `permissions.yaml`."""


@dataclass(frozen=True)
class OrderPeople:
    """Teams and people as they are now."""

    estate: Estate
    teams: dict[str, Team]
    people: tuple[Person, ...]

    def teams_of(self, site: str) -> list[Team]:
        """The teams for a site: those without sites are for all."""
        above = {step.id for step in self.estate.path(site)} if site in self.estate.sites else set()
        return [
            team
            for team in self.teams.values()
            if not team.sites or not above.isdisjoint(team.sites)
        ]

    def people_of(self, site: str) -> list[str]:
        """The user names of the people who may see a site and work on its orders."""
        return [
            person.username
            for person in self.people
            if WORKERS.intersection(person.roles) and self._sees(person, site)
        ]

    def _sees(self, person: Person, site: str) -> bool:
        if EVERYWHERE in person.sites or self.estate.id in person.sites:
            return True
        return any(site in self.estate.below(one) for one in person.sites)

    def check(self, site: str, team: str | None, assignee: str | None) -> str | None:
        """Hold a wanted team and person against those there are.

        Returns:
            The person as `person:NAME`; None where nobody is named.

        Raises:
            NotAllowedError: there is no such team, or person, or not for this site.
        """
        if team is not None and team not in self.teams:
            raise NotAllowedError("order_team_unknown")
        if assignee is None:
            return None
        name = people.fold(assignee.removeprefix("person:"))
        if name not in {person.username for person in self.people}:
            raise NotAllowedError("order_person_unknown")
        if name not in self.people_of(site):
            raise NotAllowedError("order_assignee_site")
        return f"person:{name}"


def order_people(house: House) -> OrderPeople:
    """Teams and people of now; blocks."""
    with reading(house.engine) as connection:
        teams = dict(duty_book.directory(connection).teams)
        everyone = tuple(people.everyone(connection))
    return OrderPeople(house.estate(), teams, everyone)
