"""When it is whose turn: for several processes that share one bot."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """One row for each thing that is done in turn."""
    op.create_table(
        "turns",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("free_at", sa.Double, nullable=False),
    )
