"""Command line of the backend: `python -m sagui_backend.manage <command>`."""

from __future__ import annotations

import os
import sys

from django.core.management import execute_from_command_line

from sagui_backend.config.environment import role_of_command
from sagui_pipelines.errors import SaguiError


def main() -> int:
    """Run one command; a wrong setting is one line on stderr and status 2."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "sagui_backend.config.settings"
    os.environ["SAGUI_DATABASE_ROLE"] = role_of_command(sys.argv)
    try:
        execute_from_command_line(sys.argv)
    except SaguiError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
