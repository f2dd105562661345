"""Run by alembic, on the connection that migrate.py hands over; it commits, or all is undone."""

from alembic import context

context.configure(**context.config.attributes)
with context.begin_transaction():
    context.run_migrations()
