"""Reports as they were issued, which are never altered, and what was sent by schedule."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables; an issued report can be neither changed nor removed."""
    op.create_table(
        "issued_reports",
        sa.Column("id", _ID, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String(63), nullable=False),
        sa.Column("site", sa.String(63), nullable=False),
        sa.Column("period", sa.String(32), nullable=False),
        sa.Column("options", sa.String(400), nullable=False),
        sa.Column("scope", sa.String(400), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("replaces", _ID),
        sa.Column("issued_at", sa.BigInteger, nullable=False),
        sa.Column("issued_by", sa.String(80), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.UniqueConstraint(
            "kind", "site", "period", "options", "scope", "version",
            name="uq_issued_reports_version",
        ),
    )  # fmt: skip
    op.create_table(
        "report_sendings",
        sa.Column("schedule", sa.String(64), primary_key=True),
        sa.Column("period", sa.String(32), primary_key=True),
        sa.Column("address", sa.String(254), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_at", sa.BigInteger),
        sa.Column("sent_at", sa.BigInteger),
        sa.Column("reason", sa.String(400)),
    )
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER issued_reports_no_{verb.lower()} BEFORE {verb} ON issued_reports "
                "BEGIN SELECT RAISE(ABORT, 'an issued report is never altered'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION issued_reports_fixed() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'an issued report is never altered'; END $$"
    )
    op.execute(
        "CREATE TRIGGER issued_reports_fixed BEFORE UPDATE OR DELETE OR TRUNCATE "
        "ON issued_reports FOR EACH STATEMENT EXECUTE FUNCTION issued_reports_fixed()"
    )
