"""Which language a member means where the script leaves it open."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """A new column; NULL in it is the guild's language."""
    with op.batch_alter_table("members") as members:
        members.add_column(sa.Column("written", sa.Text))
