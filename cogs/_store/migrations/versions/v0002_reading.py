"""What is read, of whom and where: for reading chat aloud."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """New columns; NULL in them is the default."""
    with op.batch_alter_table("guilds") as guilds:
        for column in (
            sa.Column("voice_channel", sa.BigInteger),
            sa.Column("text_channel", sa.BigInteger),
            sa.Column("read_channels", sa.JSON),
            sa.Column("auto_join_channels", sa.JSON),
            sa.Column("auto_leave", sa.Boolean),
            sa.Column("read_bots", sa.Boolean),
            sa.Column("listeners_only", sa.Boolean),
            sa.Column("skip_prefix", sa.Text),
            sa.Column("ignored_members", sa.JSON),
            sa.Column("ignored_roles", sa.JSON),
            sa.Column("ng_words", sa.JSON),
            sa.Column("ng_beep", sa.Boolean),
            sa.Column("read_names", sa.Boolean),
            sa.Column("name_template", sa.Text),
            sa.Column("announce_joins", sa.Boolean),
            sa.Column("announce_leaves", sa.Boolean),
            sa.Column("announce_moves", sa.Boolean),
            sa.Column("distinct_voices", sa.Boolean),
            sa.Column("read_embeds", sa.Boolean),
            sa.Column("time_zone", sa.Text),
        ):
            guilds.add_column(column)
    with op.batch_alter_table("members") as members:
        for column in (
            sa.Column("opted_out", sa.Boolean),
            sa.Column("name_reading", sa.Text),
            sa.Column("newcomer", sa.Integer),
        ):
            members.add_column(column)
