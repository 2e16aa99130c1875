"""HYFAA's configuration folder for a simulated basin, so that HYFAA's own programs can run on it.

The three input files, the template of the model's parameters, the assimilation's variables and the virtual stations.
No source of altimetry is named: the observations of the basin are simulated, and their service knows nothing of them.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from string import Template

import yaml

from sagui_pipelines.simulation.altimetry import UNCERTAINTY_RATIO, virtual_stations
from sagui_pipelines.simulation.basin import Basin
from sagui_pipelines.simulation.ensemble import MEMBERS
from sagui_pipelines.simulation.files import replacing

_MEMBERS = {"mgbstandard": 1, "ensemblist": MEMBERS, "assimilated": MEMBERS}
_PERTURBED = {
    "river_width": (2.4, None),
    "river_depth": (0.2, None),
    "manning_coefficient": (0.03, 0.25),
    "main_river_slope": (0.001, None),
}
_ASSIMILATED = (
    "soil_moisture",
    "water_baseflow_reservoir",
    "water_subsurface_reservoir",
    "water_surface_volume",
    "temperature",
    "water_canopy_interception_volume",
    "runoff_generation",
    "streamflow_catchment",
    "water_depth_catchment",
    "previous_water_storage_catchment",
    "flooded_area_catchment",
    "updated_flow_interconnections",
)
_ESTIMATED = {
    "manning_coefficient": True,
    "river_depth": True,
    "river_width": True,
    "main_river_slope": False,
}

# `$$` keeps the dollar that HYFAA looks for.
_INPUT = Template(
    """\
# HYFAA, solution $solution of a simulated basin
nprocs: $nprocs
verbose: 1
init_conditions:
  time_start: '${start}T00:00:00.000000'
  hydrological_state_start:
exec_time:
scheduler_time_step: 1.0
forecast_time_span: 3.0
model_min_time_step: 1.0
operational_mode: true
retreatment_time_span: 30.0
n_ensemble: $members
rain_uncertainty: 0.5
forcing_source: gsmap
forcing_grid_geo_selection:
  lonmin: -56.5
  lonmax: -51.0
  latmin: 1.9
  latmax: 6.0
forcing_dates_dt_max: 10.0
forcing_grid_database_directory: $${hyfaa_workdir}/databases/forcing_grid_db
forcing_onmesh_database_directory: $${hyfaa_workdir}/databases/forcing_onmesh_db
activate_assimilation: $assimilates
assimilation_database_directory: $${hyfaa_workdir}/databases/assimilation_db
assimilation_sources: $sources
assim_params_file: $${hyfaa_workdir}/config/assimilation_parameters.yaml
hydrological_states_database_directory: $${hyfaa_workdir}/${solution}_solution_databases/hydrological_states_db
perturb_static_data:
  activate: false
  type: normal
  mode: per_variable
  folder_store: $${hyfaa_workdir}/${solution}_solution_databases/mini_gtp_ensemble
  varying_parameters:
$perturbed
mgb:
  executable: mgb_iph
  static_data_file: $${hyfaa_workdir}/input_data/static_data.nc
  input_model: $${hyfaa_workdir}/config/mgb_iph_model_input.yaml
temporary_files_directory: $${hyfaa_temp_dir}
post_processing:
  science_file: $${hyfaa_workdir}/${solution}_solution_databases/post_processing_science.nc
  portal_file: $${hyfaa_workdir}/${solution}_solution_databases/post_processing_portal.nc
  variables:
  - water_elevation_catchment
  - streamflow_catchment
"""
)

# The model's own reader takes neither quotes nor brackets, not even in comments. HYFAA fills in the empty values.
_MODEL = """\
# parameters of the river model, completed by HYFAA for every run
hardcoded_configuration: niger
run_mode: 0
hydrodynamic_module: 1
alpha: 0.30
water_surface_slope: 0.20
day:
month:
year:
hour:
nt:
dt:
static_data_file:
output_directory:
forcing_file:
forcing_dates_dt_max: 0.1
forcing_use_dynamic_temperature: 0
forcing_use_dynamic_relative_humidity: 0
forcing_use_dynamic_wind_speed: 0
forcing_use_dynamic_sunshine: 0
forcing_use_dynamic_pressure: 0
hydrological_state_read_file:
hydrological_state_write_file:
hydrological_state_write_prefix_each_step:
old_hydrological_state_write_flag: 0
old_water_balance_state_write_file:
old_water_inertial_state_write_file:
calibration_mode_input_file:
water_level_time_intervals:
obs_file:
obs_cell_indexes:
subst_file:
subst_cell_indexes:
"""


def write_configuration(
    workdir: Path, basin: Basin, seed: int, start: date, *, nprocs: int = 2, altimetry: bool = False
) -> None:
    """Write `config/` unless it is there; an operator's changes stay.

    Args:
        workdir: HYFAA's working directory.
        basin: the basin.
        seed: its seed, which places the virtual stations.
        start: first day of rain.
        nprocs: model processes at a time.
        altimetry: whether the virtual stations are to be asked for at the altimetry service.

    Raises:
        WorkspaceUnwritable: the folder cannot be written.
    """
    folder = workdir / "config"
    files = {
        "mgb_iph_model_input.yaml": _MODEL,
        "assimilation_parameters.yaml": _assimilation(),
        "hysope_svs.yaml": _stations(basin, seed),
    }
    sources = "\n- ${hyfaa_workdir}/config/hysope_svs.yaml" if altimetry else "[]"
    for solution, members in _MEMBERS.items():
        files[f"input_{solution}_solution.yaml"] = _INPUT.substitute(
            solution=solution,
            nprocs=nprocs,
            start=start.isoformat(),
            members=members,
            assimilates=str(solution == "assimilated").lower(),
            sources=sources,
            perturbed=_perturbed(),
        )
    for name, text in files.items():
        if not (folder / name).exists():
            with replacing(folder / name) as new:
                new.write_text(text, encoding="utf-8")


def _perturbed() -> str:
    return "\n".join(
        f"  - name: {name}\n    error: 0.3\n    min: {least}\n    max: {most if most is not None else ''}".rstrip()
        for name, (least, most) in _PERTURBED.items()
    )


def _assimilation() -> str:
    content = {
        "statvars": dict.fromkeys(_ASSIMILATED, True),
        "parameters": {"activate": True, "param_list": _ESTIMATED},
        "localization": {
            "activate": False,
            "method": "velocity",
            "velocity_file": "${hyfaa_workdir}/input_data/mean_velocity.csv",
            "lengthscale": 10,
        },
    }
    return str(yaml.safe_dump(content, sort_keys=False))


def _stations(basin: Basin, seed: int) -> str:
    content = {
        station.name: {
            "mesh_id": station.cell,
            "lon": round(station.longitude, 4),
            "lat": round(station.latitude, 4),
            "coeff_A": station.a,
            "coeff_B": station.b,
            "coeff_Z0": station.z0_m,
            "ratio_uncertainty": UNCERTAINTY_RATIO,
        }
        for station in virtual_stations(basin, seed)
    }
    return str(yaml.safe_dump(content, sort_keys=False))
