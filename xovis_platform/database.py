"""The database as psycopg wants it named, for what doesn't go through Django."""

from django.db import connection
from psycopg.conninfo import make_conninfo

_NAMES = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}


def conninfo() -> str:
    """The default database, as libpq's connection string."""
    given = connection.settings_dict
    return make_conninfo(**{name: str(given[key]) for key, name in _NAMES.items() if given.get(key)})
