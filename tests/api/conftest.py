"""Django connected, with the API's role, to a migrated database that each test fills with a few hand-written rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import django
import pytest
from api_world import Api, World
from django.apps import apps
from django.db import connection
from django.test import Client, override_settings

from sagui_backend.config.environment import database_settings
from tools.native.cluster import Cluster

if TYPE_CHECKING:
    from tests.conftest import Database


@pytest.fixture(scope="session")
def django_ready(postgis_cluster: Cluster) -> None:
    """Django set up once per process, as the web process is."""
    if apps.ready:
        return
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DJANGO_SETTINGS_MODULE", "sagui_backend.config.settings")
        environment.setenv("SAGUI_DATABASE_ROLE", "api")
        environment.setenv("SAGUI_API_DATABASE_URL", postgis_cluster.url("api"))
        environment.setenv("SAGUI_SECRET_KEY", "only-for-tests-" * 4)
        django.setup()


@pytest.fixture(scope="module")
def module_world(module_database: Database) -> Iterator[World]:
    """Writer of the module's database."""
    world = World(module_database)
    yield world
    if world.connection:
        world.connection.close()


@pytest.fixture
def world(module_world: World) -> World:
    """An empty platform."""
    module_world.clear()
    return module_world


@pytest.fixture(scope="module")
def module_api(module_database: Database, django_ready: None) -> Iterator[Api]:
    """The API on the module's database, connected with the API's role."""
    before = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(database_settings("test", module_database.url("api")))
    with override_settings(
        ALLOWED_HOSTS=["testserver", "localhost"], SAGUI_PATH_TO_ATMO_FILES=None, SAGUI_ATMO_ZONES_FILE=None
    ):
        yield Api(Client(raise_request_exception=False))
    connection.close()
    connection.settings_dict.update(before)


@pytest.fixture
def api(module_api: Api) -> Api:
    """The API."""
    return module_api
