"""Load one portal file and print the report; tests kill or measure this process."""

import sys
from pathlib import Path

from sagui_pipelines.flow.load import load_series
from sagui_pipelines.hyfaa.portal import Portal
from sagui_pipelines.hyfaa.solutions import Solution
from sagui_pipelines.postgis.engine import create_engine

if __name__ == "__main__":
    url, path = sys.argv[1:]
    with Portal(Path(path)) as portal:
        report = load_series(create_engine(url), portal, Solution.ASSIMILATED)
    status = Path("/proc/self/status").read_text()
    print(report.counts.staged, status.split("VmHWM:")[1].split()[0])
