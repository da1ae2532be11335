"""What the maker of a device says of the fault code that raised an alarm."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the column."""
    op.add_column("alarms", sa.Column("vendor", sa.JSON(none_as_null=True)))
