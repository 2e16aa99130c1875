"""What all assets share: column metadata, descriptions, the way errors reach Dagster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import dagster as dg
import numpy as np
from numpy.typing import NDArray

from sagui_pipelines.columns import LAYERS, RELATIONS, TABLES, Column
from sagui_pipelines.errors import SaguiError
from sagui_pipelines.settings import load_settings

SCHEMA = "guyane"
OWNERS = ["team:hydrology"]

# A database that restarts is back within a minute; three tries at 20 s cover it without hiding a real outage.
RETRIES = 3
RETRY_WAIT_S = load_settings().retry_seconds


def table_key(table: str) -> dg.AssetKey:
    """Asset key of a table or layer."""
    return dg.AssetKey([SCHEMA, table])


def file_key(name: str) -> dg.AssetKey:
    """Asset key of one of HYFAA's files."""
    return dg.AssetKey(["hyfaa", name])


def geodata_key(name: str) -> dg.AssetKey:
    """Asset key of a geography source file."""
    return dg.AssetKey(["geodata", name])


def load_pool(table: str) -> str:
    """Pool of the loads of a table: one at a time, whoever starts it. How many tables load at once, the instance says."""
    return f"load_{table}"


def table_metadata(table: str) -> dict[str, Any]:
    """Columns with types and units, for the asset's page."""
    return {
        "dagster/column_schema": _schema({**TABLES, **LAYERS}[table]),
        "dagster/relation_identifier": f"sagui.{SCHEMA}.{RELATIONS.get(table, table)}",
    }


def _schema(columns: tuple[Column, ...]) -> dg.TableSchema:
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=column.type,
                description=f"[{column.unit}] {column.meaning}" if column.unit else column.meaning,
            )
            for column in columns
        ]
    )


def partition_days(context: dg.AssetExecutionContext) -> NDArray[np.datetime64]:
    """Days of the partitions that the run covers, datetime64[D]."""
    return np.array(list(context.partition_keys), "datetime64[D]")


def tell_absent_days(context: dg.AssetExecutionContext, loaded: Sequence[date]) -> None:
    """Mark partitions of the run that the source does not hold: Dagster shows every partition of a range as made."""
    absent = np.setdiff1d(partition_days(context), np.array(loaded, "datetime64[D]"))
    if absent.size:
        context.log.warning(f"{absent.size} days of the range are not in the source, the first {absent[0]}")
    for day in absent:
        context.add_asset_metadata({"absent": "the source does not hold this day"}, partition_key=str(day))


def tell_refused_days(context: dg.AssetExecutionContext, refused: Mapping[date, str]) -> None:
    """Mark partitions of the run whose content is corrupt and was not loaded, with the reason."""
    asked = set(partition_days(context).tolist())
    for day, why in sorted(refused.items()):
        if day in asked:
            context.log.error(f"{day} is refused: {why}")
            context.add_asset_metadata({"refused": why}, partition_key=day.isoformat())


@contextmanager
def reported_errors(context: dg.AssetExecutionContext) -> Iterator[None]:
    """Turn the platform's errors into Dagster's: retry what may pass, fail at once on what needs a person."""
    try:
        yield
    except SaguiError as error:
        if error.retryable and context.retry_number < RETRIES:
            context.log.warning(f"{type(error).__name__}: {error} Trying again in {RETRY_WAIT_S:g} s.")
            raise dg.RetryRequested(max_retries=RETRIES, seconds_to_wait=RETRY_WAIT_S) from error
        raise dg.Failure(
            description=f"{type(error).__name__}: {error}",
            metadata={
                "error": type(error).__name__,
                "source": error.source,
                "fact": error.fact,
                "remedy": error.remedy,
            },
            allow_retries=False,
        ) from error
