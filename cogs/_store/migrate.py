"""Brings a database to the tables of this Luna.

alembic takes a tenth of a second to import: whoever has nothing to migrate does not import it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from .errors import StoreUnavailable

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).with_name("migrations")
VERSION_TABLE = "luna_version"
"""Not alembic's own name, which a host's migrations in the same database may use."""
_POSTGRESQL_LOCK = 0x4C756E61
"""Any number of our own: two Lunas that start at once migrate one after the other."""


def is_current(connection: Connection) -> bool:
    """Whether there is nothing to migrate. Raises `StoreUnavailable` if a newer Luna was here."""
    known = [path.stem[1:5] for path in sorted((FOLDER / "versions").glob("v[0-9]*.py"))]
    if not inspect(connection).has_table(VERSION_TABLE):
        return False
    found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()
    if found is not None and found not in known:
        raise StoreUnavailable(
            f"the settings were written by a newer Luna (version {found} of the tables, this one "
            f"knows {known[-1]})",
            "update Luna, or give this one another LUNA_DATA or LUNA_DATABASE_URL",
        )
    return found == known[-1]


def prepare() -> Config:
    """Imports alembic, which blocks."""
    from alembic import command  # noqa: F401 (what upgrade() imports)
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return config


def upgrade(connection: Connection, config: Config) -> None:
    """Makes or alters the tables within the transaction of `connection`, which must be none yet."""
    from alembic import command

    if connection.dialect.name == "sqlite":  # Python's driver begins for data, not for tables
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_POSTGRESQL_LOCK})"))
    config.attributes.update(connection=connection, version_table=VERSION_TABLE)
    command.upgrade(config, "head")
