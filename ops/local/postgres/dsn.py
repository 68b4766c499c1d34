"""Addresses of a PostgreSQL: of our own server, for another role or database, and for a person's eyes."""

from urllib.parse import urlsplit, urlunsplit

ADMINISTRATOR = "postgres"


def own(port: int, password: str) -> str:
    """The administrator's address of a server that we run."""
    return f"postgresql://{ADMINISTRATOR}:{password}@127.0.0.1:{port}/postgres"


def with_role(dsn: str, role: str, password: str) -> str:
    """The same database for another role; `dsn` may carry options, and they stay."""
    parts = urlsplit(dsn)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}:{password}@{host}"))


def with_database(dsn: str, database: str) -> str:
    """The same address for another database."""
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{database}"))


def without_password(dsn: str) -> str:
    """The address for a person's eyes; options go too, for a password may be one of them."""
    parts = urlsplit(dsn)
    user, _, host = parts.netloc.rpartition("@")
    user = user.partition(":")[0]
    return urlunsplit(parts._replace(netloc=f"{user}@{host}" if user else host, query=""))
