"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Guilds, members and dictionaries."""
    op.create_table(
        "guilds",
        sa.Column("guild_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("voice", sa.Text),
        sa.Column("newcomer_voice", sa.Text),
        sa.Column("language", sa.Text),
        sa.Column("max_characters", sa.Integer),
        sa.Column("disabled_voices", sa.JSON),
        sa.Column("voice_roles", sa.JSON),
        sa.Column("members_edit_dictionary", sa.Boolean),
    )
    op.create_table(
        "members",
        sa.Column("guild_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("member_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("voice", sa.Text),
        sa.Column("speaker", sa.Text),
        sa.Column("style", sa.Text),
        sa.Column("style_weight", sa.Double),
        sa.Column("length_scale", sa.Double),
        sa.Column("pitch_scale", sa.Double),
        sa.Column("intonation_scale", sa.Double),
        sa.Column("volume", sa.Double),
        sa.Column("favourites", sa.JSON),
    )
    op.create_table(
        "dictionaries",
        sa.Column("guild_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("member_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("word", sa.Text, primary_key=True),
        sa.Column("surface", sa.Text, nullable=False),
        sa.Column("reading", sa.Text, nullable=False),
        sa.Column("accent", sa.Integer),
        sa.Column("priority", sa.Integer, nullable=False),
    )
