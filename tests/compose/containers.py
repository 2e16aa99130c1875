"""The containers of development as the end-to-end tests know a platform: its doors, its database, its secrets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.compose.composition import Composition


@dataclass(frozen=True)
class Doors:
    """Where the services listen on this machine.

    Attributes:
        composition: the running composition.
        state_dir: copy of what Dagster keeps in its volume.
    """

    composition: Composition
    state_dir: Path

    def url(self, service: str, host: str = "localhost") -> str:
        """Address of edge, dagster, backend or tileserv."""
        return f"http://{host}:{self.composition.environment[f'SAGUI_{service.upper()}_PORT']}"


@dataclass(frozen=True)
class Roles:
    """How the database is reached from this machine."""

    composition: Composition

    def url(self, role: str) -> str:
        """Address for a role: owner, pipelines, api, tileserv."""
        name = role if role == "tileserv" else f"sagui_{role}"
        port = self.composition.environment["SAGUI_DATABASE_PORT"]
        return f"postgresql://{name}:{secret(self.composition, f'{role}_password')}@127.0.0.1:{port}/sagui"


class Containers:
    """One running development composition.

    Args:
        composition: it, with the simulated basin loaded.
        state_dir: copy of what Dagster keeps in its volume.
    """

    def __init__(self, composition: Composition, state_dir: Path) -> None:
        self.layout = Doors(composition, state_dir)
        self.cluster = Roles(composition)
        self.passwords = {"admin_password": secret(composition, "admin_password")}


def secret(composition: Composition, name: str) -> str:
    """A secret of development."""
    return (composition.source / f"compose/secrets-dev/{name}.txt").read_text().strip()
