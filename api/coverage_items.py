"""Coverage in the interface's shapes."""

from alerts.coverage import PlaceCoverage
from alerts.coverage_shares import BranchCoverage
from api.items import moment
from api.schemas import CoverageBranch, CoverageItem, CoverageState


def to_coverage_item(item: PlaceCoverage) -> CoverageItem:
    """One place and system."""
    return CoverageItem(
        place=item.place,
        community=item.community,
        system=item.system,
        state=CoverageState(item.state.value),
        reasons=list(item.reasons),
        devices=list(item.devices),
        units=item.units,
        proven=item.proven,
        never_tested=item.never_tested,
        oldest_proof=item.oldest_proof,
        heard_at=None if item.heard_at is None else moment(item.heard_at),
    )


def to_branch(branch: BranchCoverage) -> CoverageBranch:
    """One system of one branch."""
    return CoverageBranch(
        community=branch.community,
        system=branch.system,
        protected=branch.protected,
        degraded=branch.degraded,
        unprotected=branch.unprotected,
        units=branch.units,
        proven=branch.proven,
        never_tested=branch.never_tested,
        proven_share=branch.proven_share,
        oldest_proof=branch.oldest_proof,
    )
