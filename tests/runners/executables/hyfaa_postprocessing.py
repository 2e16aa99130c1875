#!/usr/bin/env python
"""Stand-in for HYFAA's fourth step: statistics of all states into the portal file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import netCDF4
import numpy as np
import standin
from portal import write_portal_in_place
from standin import WORKDIR, added_days, catalogue


def main() -> None:
    _, configuration = standin.arguments()
    folder = Path(configuration["hydrological_states_database_directory"])
    wish = standin.misbehaviour(f"{folder.parent.name.partition('_')[0]}_postprocessing")
    science, portal = (
        Path(configuration["post_processing"][f"{name}_file"]) for name in ("science", "portal")
    )
    created = datetime.now(UTC)
    members = int(configuration["n_ensemble"])
    old = science.with_name(f"{science.name}_old{created:%Y%m%d%H%M%S}")
    if science.exists():
        science.rename(old)
        with netCDF4.Dataset(old) as former:
            if "n_ensemble" not in former.dimensions or wish == "mismatch":
                raise KeyError("n_ensemble")
    if wish == "held":
        portal.write_bytes(b"")
        science.write_bytes(b"stub" * 60)
        raise PermissionError(13, "Permission denied", str(portal))
    with catalogue(folder / "database_manager.sql", standin.STATES_TABLE, write=False) as states:
        control = added_days(states, "AND type = 'control'")
        analysis = added_days(states, "AND type = 'analysis'")
        rows = states.execute("SELECT file_path, date_data, date_added_to_db, type FROM FILEINFO").fetchall()
    assert control
    added = {name: datetime.fromisoformat(moment) for name, _, moment, _ in rows}
    names = [
        ("analysis", analysis[day]) if day in analysis else ("control", control[day])
        for day in sorted(control)
    ]
    values = [standin.read_state(folder / "data_store" / kind / name, members) for kind, name in names]
    for number in range(1, len(names) + 1, max(1, len(names) // 4)):
        print(f"{100 * number // len(names)}% done after 0.1 s", flush=True)
    standin.linger(wish)
    with netCDF4.Dataset(science, "w") as out:
        for name, size in (
            ("n_time", len(names)),
            ("n_cells", values[0][0]["streamflow_catchment"].size),
            ("n_ensemble", members),
        ):
            out.createDimension(name, size)
    write_portal_in_place(
        portal,
        days=np.array(sorted(control), "datetime64[D]"),
        added=[added[name] for _, name in names],
        is_analysis=np.array([kind == "analysis" for kind, _ in names]),
        values=values,
        created=created,
        years=(),
        wish=wish,
    )
    old.unlink(missing_ok=True)


if __name__ == "__main__":
    print(f"working in {WORKDIR}")
    main()
