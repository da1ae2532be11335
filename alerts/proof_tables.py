"""The SQL table of proofs. Days are ISO dates of the estate's time zone."""

import sqlalchemy as sa

from records.engine import metadata

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

proofs = sa.Table(
    "proofs",
    metadata,
    sa.Column("id", _ID, primary_key=True, autoincrement=True),
    sa.Column("device", sa.String(130), nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("done_on", sa.String(10), nullable=False),
    sa.Column("next_due", sa.String(10)),
    sa.Column("with_parts", sa.Boolean, nullable=False),
    sa.Column("by", sa.String(128), nullable=False),
    sa.Column("note", sa.Text),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("taken_back_by", sa.String(128)),
    sa.Column("taken_back_at", sa.BigInteger),
)
"""Each row says that something was done to a device; it is only ever added, or taken back once."""
sa.Index("ix_proofs_device", proofs.c.device, proofs.c.kind, proofs.c.id)
