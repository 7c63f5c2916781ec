"""``python -m xovis_platform.stack.make_secrets [FOLDER]``: the secrets that docker-compose.yml hands to its containers.

A file each, made once: what is there stays. Keep a copy elsewhere: without ``encryption_keys`` no stored key can be read.
"""

from __future__ import annotations

import secrets
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "secrets"


def make(folder: Path) -> list[str]:
    """Make what is missing; the names of what was made."""
    from cryptography.fernet import Fernet

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The folder keeps others out. The files must be read by the containers' users, into which they are mounted alone.
    folder.chmod(0o700)
    made = [
        *_made(folder, secret_key=secrets.token_urlsafe(48), encryption_keys=Fernet.generate_key().decode()),
        *_made(folder, postgres_password=secrets.token_hex(24), redis_password=secrets.token_hex(24)),
    ]
    postgres, redis = ((folder / name).read_text().strip() for name in ("postgres_password", "redis_password"))
    return [
        *made,
        *_made(
            folder,
            # By way of PgBouncer; migrations and back-ups go to PostgreSQL itself.
            database_url=f"postgresql://xovis:{postgres}@pgbouncer:6432/xovis",
            database_url_direct=f"postgresql://xovis:{postgres}@postgres:5432/xovis",
            redis_url=f"redis://:{redis}@redis:6379/0",
            # submission://USER:PASSWORD@HOST names a mail server; until then nobody gets mail.
            email_url="console://",
            # Of single sign-on, where there is one.
            oidc_client_secret="none",  # noqa: S106 - that there is none
        ),
    ]


def _made(folder: Path, **values: str) -> list[str]:
    missing = {name: value for name, value in values.items() if not (folder / name).exists()}
    for name, value in missing.items():
        (folder / name).write_text(f"{value}\n")
        (folder / name).chmod(0o444)
    return list(missing)


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    made = make(folder)
    print(
        f"Made {', '.join(made)} in {folder}." if made else f"All secrets are in {folder} already; nothing was changed."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
