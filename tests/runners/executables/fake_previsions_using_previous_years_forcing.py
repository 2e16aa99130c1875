#!/usr/bin/env python
"""Stand-in for HYFAA's fifth step: a forecast driven by the rain of earlier years."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import netCDF4
import numpy as np
import standin
from portal import write_portal_in_place
from standin import added_days, catalogue


def main() -> None:
    options, configuration = standin.arguments("--ndays", "--nyearsmax", "--output_dir", "--nprocs")
    wish = standin.misbehaviour("forecast")
    states_folder = Path(configuration["hydrological_states_database_directory"])
    rain_folder = Path(configuration["forcing_onmesh_database_directory"])
    target = Path(
        options.output_dir
        or Path(configuration["post_processing"]["portal_file"]).parent / "prevision_using_previous_years"
    )
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    with catalogue(states_folder / "database_manager.sql", standin.STATES_TABLE, write=False) as states:
        newest, name = max(added_days(states).items())
    [state] = standin.read_state(states_folder / "data_store/control" / name, 1)
    standin.write_state(target / "hydrostate_start.nc", newest, [state], single=True)
    standin.linger(wish)
    if wish == "model":
        standin.fail_model(Path(configuration["temporary_files_directory"]))
    days = [newest + timedelta(days=number + 1) for number in range(int(options.ndays))]
    with catalogue(rain_folder / "database_manager.sql", standin.RAIN_TABLE, write=False) as rain:
        held = added_days(rain)
        number = min(int((days[0] - min(held)).days / 365.25), int(options.nyearsmax))
        assert number >= 1
        flows = [state["streamflow_catchment"]] * number
        values = []
        for k, day in enumerate(days, 1):
            print(f"computing {day} (step {k}/{len(days)})", flush=True)
            falls = [
                standin.best_rain(rain, rain_folder, day - timedelta(days=1 + int(365.25 * (member + 1))), 10)
                for member in range(number)
            ]
            values.append([standin.next_state(flow, fall) for flow, fall in zip(flows, falls, strict=True)])
            flows = [member["streamflow_catchment"] for member in values[-1]]
            print("step complete : 0.001 seconds")
    created = datetime.now(UTC)
    portal = target / "post_processing_portal.nc"
    write_portal_in_place(
        portal,
        days=np.array(days, "datetime64[D]"),
        added=[standin.local_now()] * len(days),
        is_analysis=np.zeros(len(days), dtype=bool),
        values=values,
        created=created,
        years=() if wish == "no_years" else tuple(days[0].year - 1 - member for member in range(number)),
        wish=wish,
    )
    with netCDF4.Dataset(target / "post_processing_science.nc", "w") as out:
        out.createDimension("n_ensemble", number)


if __name__ == "__main__":
    main()
