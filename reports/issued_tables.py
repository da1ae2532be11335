"""The SQL tables of reports that were issued or sent. Times are BIGINT [ms, UTC]."""

import sqlalchemy as sa

from records.engine import metadata

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

issued_reports = sa.Table(
    "issued_reports",
    metadata,
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
        "kind", "site", "period", "options", "scope", "version", name="uq_issued_reports_version"
    ),
)

report_sendings = sa.Table(
    "report_sendings",
    metadata,
    sa.Column("schedule", sa.String(64), primary_key=True),
    sa.Column("period", sa.String(32), primary_key=True),
    sa.Column("address", sa.String(254), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("next_at", sa.BigInteger),
    sa.Column("sent_at", sa.BigInteger),
    sa.Column("reason", sa.String(400)),
)
