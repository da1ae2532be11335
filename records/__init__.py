"""Relational state: engine, migrations, people, audit chain, revisions."""
