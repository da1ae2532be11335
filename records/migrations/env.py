"""Alembic's entry: runs the migrations on the connection that `records.engine.migrate` hands in."""

from alembic import context

from records.engine import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
