"""The Celery application of a worker that executes runs: `celery -A sagui_pipelines.operations.celery_app worker`."""

from __future__ import annotations

import os

from dagster_celery.make_app import make_app
from dagster_celery.tasks import create_execute_job_task, create_resume_job_task

from sagui_pipelines.errors import SettingsInvalid


def _address(variable: str) -> str:
    value = os.environ.get(variable, "")
    if not value:
        raise SettingsInvalid(
            variable, "is not set", "Set it to the broker's address, such as redis://host:6379/0."
        )
    return value


app = make_app(  # type: ignore[no-untyped-call]
    {
        "broker": _address("SAGUI_CELERY_BROKER"),
        "backend": _address("SAGUI_CELERY_BACKEND"),
        "config_source": {"worker_prefetch_multiplier": 1},
    }
)
execute_job = create_execute_job_task(app)
resume_job = create_resume_job_task(app)
