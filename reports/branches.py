"""The branches of a site: what stands in a table one below the other."""

from collections.abc import Sequence

from device_configs.estate import Estate, Site
from device_configs.estate_entries import Level


def branches(estate: Estate, site: str, places: frozenset[str] | None = None) -> Sequence[Site]:
    """The communities right below a site, in the estate's order; those one may see.

    A community that holds others stands for them. Where there are none, there are no branches.
    """
    below = [
        one for one in estate.sites.values() if one.level is Level.COMMUNITY and one.parent == site
    ]
    return [one for one in below if places is None or one.id in places]
