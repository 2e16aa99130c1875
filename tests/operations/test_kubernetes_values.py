"""The values for Dagster's Helm chart: keys that the chart knows, and an instance like the one of the containers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml
from dagster._config import validate_config
from dagster._core.instance.config import dagster_instance_config_schema

from sagui_pipelines.settings import Settings
from tests.conftest import ROOT

VALUES: dict[str, Any] = yaml.safe_load((ROOT / "compose" / "kubernetes" / "values.yaml").read_text())
DOCKER: dict[str, Any] = yaml.safe_load((ROOT / "compose" / "dagster" / "dagster.docker.yaml").read_text())

# Keys of the chart (1.13, schema of its values) in the sections that are used here. A chart ignores a key that it does
# not know, or refuses the file. `*` = free.
_POD = """image env envConfigMaps envSecrets labels nodeSelector affinity tolerations podSecurityContext securityContext
    resources livenessProbe readinessProbe startupProbe annotations schedulerName volumeMounts volumes"""
CHART = {
    "": """dagsterWebserver dagster-user-deployments postgresql generatePostgresqlPasswordSecret
        generateCeleryConfigSecret rabbitmq redis flower ingress imagePullSecrets computeLogManager scheduler runLauncher
        pythonLogs dagsterDaemon concurrency busybox migrate telemetry serviceAccount global retention
        additionalInstanceConfig""",
    "dagster-user-deployments": "enabled enableSubchart imagePullSecrets deployments",
    "dagster-user-deployments.deployments": f"""name port dagsterApiGrpcArgs codeServerArgs
        includeConfigInLaunchedRuns {_POD}""",
    "dagster-user-deployments.deployments.image": "repository tag pullPolicy",
    "dagster-user-deployments.deployments.includeConfigInLaunchedRuns": "enabled",
    "dagster-user-deployments.deployments.env": "name value valueFrom",
    "dagster-user-deployments.deployments.envSecrets": "name",
    "dagster-user-deployments.deployments.volumes": "*",
    "dagster-user-deployments.deployments.volumeMounts": "*",
    "postgresql": """postgresqlScheme image enabled postgresqlHost postgresqlUsername postgresqlPassword
        postgresqlDatabase postgresqlParams service""",
    "postgresql.service": "port",
    "global": "postgresqlSecretName dagsterHome dagsterInstanceConfigMap serviceAccountName celeryConfigSecretName",
    "runLauncher": "type config",
    "runLauncher.config": "celeryK8sRunLauncher k8sRunLauncher customRunLauncher",
    "runLauncher.config.k8sRunLauncher": """image imagePullPolicy jobNamespace loadInclusterConfig kubeconfigFile
        envConfigMaps envSecrets envVars volumeMounts volumes labels resources runK8sConfig schedulerName
        securityContext failPodOnRunFailure""",
    "runLauncher.config.k8sRunLauncher.envSecrets": "name",
    "runLauncher.config.k8sRunLauncher.runK8sConfig": """containerConfig podSpecConfig podTemplateSpecMetadata
        jobSpecConfig jobMetadata""",
    "runLauncher.config.k8sRunLauncher.runK8sConfig.containerConfig": "*",
    "runLauncher.config.k8sRunLauncher.runK8sConfig.podSpecConfig": "*",
    "runLauncher.config.k8sRunLauncher.runK8sConfig.jobSpecConfig": "*",
    "dagsterWebserver": f"""replicaCount nameOverride pathPrefix service workspace deploymentLabels enableReadOnly
        dbStatementTimeout dbPoolRecycle logLevel {_POD}""",
    "dagsterWebserver.env": "name value valueFrom",
    "dagsterWebserver.envSecrets": "name",
    "concurrency": "enabled pools runs",
    "concurrency.pools": "defaultLimit granularity opGranularityRunBuffer",
    "concurrency.runs": "maxConcurrentRuns tagConcurrencyLimits",
    "concurrency.runs.tagConcurrencyLimits": "*",
    "dagsterDaemon": f"""enabled runCoordinator heartbeatTolerance deploymentLabels runMonitoring runRetries sensors
        schedules backfills logFormat {_POD}""",
    "dagsterDaemon.env": "name value valueFrom",
    "dagsterDaemon.envSecrets": "name",
    "dagsterDaemon.runMonitoring": """enabled startTimeoutSeconds cancelTimeoutSeconds maxResumeRunAttempts
        pollIntervalSeconds freeSlotsAfterRunEndSeconds""",
    "dagsterDaemon.runRetries": "enabled maxRetries retryOnAssetOrOpFailure",
    "dagsterDaemon.sensors": "useThreads numWorkers numSubmitWorkers",
    "dagsterDaemon.schedules": "useThreads numWorkers numSubmitWorkers",
    "retention": "enabled sensor schedule autoMaterialize",
    "retention.sensor": "purgeAfterDays",
    "retention.sensor.purgeAfterDays": "skipped success failure started",
    "retention.schedule": "purgeAfterDays",
    "telemetry": "enabled",
}  # fmt: skip


def unknown_keys(value: Any, place: str = "") -> Iterator[str]:
    """Paths of keys that the chart does not know."""
    if isinstance(value, list):
        for item in value:
            yield from unknown_keys(item, place)
    elif isinstance(value, Mapping) and CHART.get(place) != "*":
        known = CHART.get(place, "").split()
        for key, below in value.items():
            path = f"{place}.{key}".lstrip(".")
            if key not in known:
                yield path
            else:
                yield from unknown_keys(below, path)


def instance() -> dict[str, Any]:
    """The instance's configuration as the chart writes it from the values, without storage and launcher."""
    daemon, retention = VALUES["dagsterDaemon"], VALUES["retention"]
    written = {
        "concurrency": VALUES["concurrency"],
        "run_monitoring": daemon["runMonitoring"],
        "run_retries": daemon["runRetries"],
        "sensors": daemon["sensors"],
        "schedules": daemon["schedules"],
        "retention": {key: retention[key] for key in ("sensor", "schedule")},
        "telemetry": VALUES["telemetry"],
    }
    found: dict[str, Any] = _snake(written)
    del found["concurrency"]["enabled"]
    [limit] = found["concurrency"]["runs"]["tag_concurrency_limits"]
    limit["value"] = {"applyLimitPerUniqueValue": limit["value"]["apply_limit_per_unique_value"]}
    return found


def _snake(value: Any) -> Any:
    if isinstance(value, list):
        return [_snake(item) for item in value]
    if isinstance(value, Mapping):
        return {re.sub("([A-Z])", r"_\1", key).lower(): _snake(below) for key, below in value.items()}
    return value


def test_every_key_is_one_of_the_chart() -> None:
    assert list(unknown_keys(VALUES)) == []
    assert list(unknown_keys({"dagsterDaemon": {"runMonitor": 1}})) == ["dagsterDaemon.runMonitor"]


def test_dagster_accepts_the_instance() -> None:
    assert validate_config(dagster_instance_config_schema(), instance()).success
    assert not validate_config(dagster_instance_config_schema(), {"run_monitor": {}}).success


@pytest.mark.parametrize("section", sorted(instance()))
def test_limits_and_repetitions_are_those_of_the_containers(section: str) -> None:
    expected = dict(DOCKER[section])
    if section == "run_monitoring":
        # A pod may have to wait for its image; how long a run may last is told to the job of Kubernetes.
        longest = expected.pop("max_runtime_seconds")
        job = VALUES["runLauncher"]["config"]["k8sRunLauncher"]["runK8sConfig"]["jobSpecConfig"]
        assert job["activeDeadlineSeconds"] == longest
        expected["start_timeout_seconds"] = 300
    assert instance()[section] == expected


def test_variables_are_settings_of_the_platform_and_complete() -> None:
    [deployment] = VALUES["dagster-user-deployments"]["deployments"]
    names = {variable["name"] for variable in deployment["env"]} | {"SAGUI_PIPELINES_DATABASE_URL"}
    settings = {f"SAGUI_{name}".upper() for name in Settings.model_fields}
    assert {name for name in names if name.startswith("SAGUI_")} <= settings
    # The chart gives its own home and addresses its own database.
    given_otherwise = {"DAGSTER_HOME", "SAGUI_DAGSTER_DATABASE_URL"}
    assert set(DOCKER["run_launcher"]["config"]["env_vars"]) - given_otherwise <= names


def test_code_and_state_are_where_the_image_has_them() -> None:
    [deployment] = VALUES["dagster-user-deployments"]["deployments"]
    assert (ROOT / f"{deployment['dagsterApiGrpcArgs'][1].replace('.', '/')}.py").is_file()
    [volume] = DOCKER["run_launcher"]["config"]["container_kwargs"]["volumes"]
    [mount] = deployment["volumeMounts"]
    assert mount["mountPath"] == volume.partition(":")[2]
