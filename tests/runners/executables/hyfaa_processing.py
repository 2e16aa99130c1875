#!/usr/bin/env python
"""Stand-in for HYFAA's third step: the model, day by day, from the newest state that the retreatment leaves."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import numpy as np
import standin
from standin import added_days, best_rain, catalogue, file_name, iso


def main() -> None:
    _, configuration = standin.arguments()
    folder = Path(configuration["hydrological_states_database_directory"])
    wish = standin.misbehaviour(f"{folder.parent.name.partition('_')[0]}_processing")
    rain_folder = Path(configuration["forcing_onmesh_database_directory"])
    altimetry = Path(configuration["assimilation_database_directory"]) / "database.sql"
    members = int(configuration["n_ensemble"])
    now = standin.now_of(configuration)
    begin = now - timedelta(days=float(configuration["retreatment_time_span"]))
    with (
        catalogue(folder / "database_manager.sql", standin.STATES_TABLE, write=True) as states,
        catalogue(rain_folder / "database_manager.sql", standin.RAIN_TABLE, write=False) as rain,
        catalogue(altimetry, standin.OBSERVATIONS_TABLE, write=False) as observed,
    ):
        # The window is destroyed and committed before anything else is looked at.
        rows = states.execute(
            "SELECT file_path, type, date_data FROM FILEINFO WHERE date_data > ?", (iso(begin),)
        )
        for name, kind, day in rows.fetchall():
            (folder / "data_store" / kind / name).unlink(missing_ok=True)
            print(f"Removed date {day}")
        states.execute("DELETE FROM FILEINFO WHERE date_data > ?", (iso(begin),))
        states.commit()
        sizes = {row[0] for row in states.execute("SELECT ensemble_size FROM FILEINFO")}
        assert sizes <= {members}, "ensemble size of the database differs"
        newest_rain = max(added_days(rain))
        kept = added_days(states, "AND type = 'control'")
        restart = max(kept, default=standin.start_of(configuration))
        if kept:
            flows = [
                m["streamflow_catchment"]
                for m in standin.read_state(folder / "data_store/control" / kept[restart], members)
            ]
        else:
            longitude, _ = standin.cells()
            flows = [np.full(longitude.size, 20.0)] * members
        total = (newest_rain - restart).days + 1
        if wish == "short":
            total -= 3
        satellites = {row[0][:10] for row in observed.execute("SELECT date_data FROM FILEINFO")}
        rng = np.random.default_rng()
        for number in range(1, total + 1):
            started = time.monotonic()
            day = restart + timedelta(days=number)
            print(f"computing {day} (step {number}/{total})", flush=True)
            falls = best_rain(
                rain, rain_folder, day - timedelta(days=1), configuration["forcing_dates_dt_max"]
            )
            factor = np.exp(0.3 * rng.standard_normal(members)) if members > 1 else np.ones(1)
            values = [standin.next_state(flow, falls * f) for flow, f in zip(flows, factor, strict=True)]
            flows = [value["streamflow_catchment"] for value in values]
            kinds = ["control"]
            if (
                configuration["activate_assimilation"]
                and members > 1
                and str(day) in satellites
                and number < total
            ):
                kinds.append("analysis")
            for kind in kinds:
                name = file_name(day, number)
                row = (name, "adding", iso(day), iso(standin.local_now()), members, 1.0, kind)
                states.execute("INSERT INTO FILEINFO VALUES (?, ?, ?, ?, ?, ?, ?)", row)
                states.commit()
                if number == 2 and wish:
                    if wish == "model":
                        states.execute("DELETE FROM FILEINFO WHERE file_status = 'adding'")
                        states.commit()
                        standin.fail_model(Path(configuration["temporary_files_directory"]))
                    standin.linger(wish)
                standin.write_state(folder / "data_store" / kind / name, day, values)
                states.execute("UPDATE FILEINFO SET file_status = 'added' WHERE file_path = ?", (name,))
                states.commit()
            print(f"step complete : {time.monotonic() - started:.3f} seconds")


if __name__ == "__main__":
    main()
