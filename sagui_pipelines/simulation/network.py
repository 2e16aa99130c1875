"""Cuts the terrain into exactly N unit catchments, each with one reach of river.

A catchment is given by its end pixel: every pixel belongs to the nearest end pixel downstream. End pixels start as
the ends of all stream links above a drainage threshold; tiny links are merged into the link below, then the largest
catchments are cut in two until the count is met.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sagui_pipelines.simulation.terrain import Terrain

MAX_UPSTREAM = 8
_LINKS_PER_CELL = 0.95
_LEAST_LINKS_PER_CELL = 0.72
_TINY = 0.2
_SPRING = 0.35


@dataclass(frozen=True)
class Network:
    """Unit catchments numbered from upstream to downstream: index i is cell i + 1.

    Attributes:
        downstream: index of the next cell, -1 at a mouth; always larger than the own index.
        catchment: cell number of each pixel, 0 off the territory.
        reaches: pixels of each river reach from its top to its end pixel, then the first pixel of the next reach.
        drained_km2: area upstream of each end pixel, own catchment included [km2].
    """

    downstream: NDArray[np.int32]
    catchment: NDArray[np.int32]
    reaches: tuple[NDArray[np.intp], ...]
    drained_km2: NDArray[np.float64]


@dataclass
class _Streams:
    """The stream pixels above a drainage threshold, and who flows into whom."""

    terrain: Terrain
    least_km2: float
    ends: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.down = self.terrain.flow.idxs_ds
        self.drained = self.terrain.drained_km2.ravel()
        self.mouths = set(self.terrain.mouths.tolist())
        pixels = np.flatnonzero(self.terrain.land)
        pixels = pixels[~np.isin(pixels, self.terrain.mouths)]
        order = np.argsort(self.down[pixels], kind="stable")
        self._sources = pixels[order]
        self._first = np.searchsorted(self.down[self._sources], np.arange(self.down.size + 1))

    def upstream(self, pixel: int) -> list[int]:
        """Neighbours that flow into a pixel."""
        return self._sources[self._first[pixel] : self._first[pixel + 1]].tolist()  # type: ignore[no-any-return]

    def reach(self, end: int) -> list[int]:
        """Pixels of the reach that ends at `end`, top first; springs are traced beyond the threshold."""
        path = [end]
        while True:
            sources = self.upstream(path[-1])
            own = [pixel for pixel in sources if pixel not in self.ends]
            best = max(own, key=self.drained.__getitem__, default=None)
            if best is None:
                break
            is_stream = self.drained[best] >= self.least_km2
            is_spring = len(own) == len(sources) and self.drained[best] >= _SPRING * self.least_km2
            if not (is_stream or is_spring or (len(path) < 2 and end in self.mouths)):
                break
            path.append(best)
        return path[::-1]


def build_network(terrain: Terrain, cells: int) -> Network:
    """Cut the terrain into exactly `cells` unit catchments."""
    least_km2 = _threshold(terrain, int(_LINKS_PER_CELL * cells))
    streams = _Streams(terrain, least_km2)
    streams.ends = set(_link_ends(terrain, least_km2).tolist())
    typical_km2 = float(terrain.drained_km2.flat[terrain.mouths].sum()) / cells
    _merge_tiny(streams, _TINY * typical_km2, int(_LEAST_LINKS_PER_CELL * cells), cells)
    _split_largest(streams, cells)
    return _numbered(streams)


def _link_ends(terrain: Terrain, least_km2: float) -> NDArray[np.intp]:
    """Last pixel of every stream link: the next one is a confluence, or it is a mouth."""
    is_stream = (terrain.drained_km2 >= least_km2) & terrain.land
    is_stream.flat[terrain.mouths] = True
    pixels = np.flatnonzero(is_stream)
    down = terrain.flow.idxs_ds[pixels]
    inner = down != pixels
    tributaries = np.bincount(down[inner], minlength=terrain.land.size)
    ends: NDArray[np.intp] = pixels[~inner | (tributaries[down] >= 2)]
    return ends


def _threshold(terrain: Terrain, links: int) -> float:
    """Drainage area that makes about `links` stream links [km2]; their number falls as it grows."""
    low, high = 0.0, float(terrain.drained_km2.max())
    for _ in range(40):
        middle = (low + high) / 2.0
        low, high = (middle, high) if _link_ends(terrain, middle).size > links else (low, middle)
    return high


def _end_below(streams: _Streams) -> dict[int, int]:
    """The end pixel that each end pixel flows to; mouths are absent."""
    below = {}
    for end in streams.ends - streams.mouths:
        pixel = int(streams.down[end])
        while pixel not in streams.ends:
            pixel = int(streams.down[pixel])
        below[end] = pixel
    return below


def _merge_tiny(streams: _Streams, tiny_km2: float, at_least: int, at_most: int) -> None:
    """Join small links to the one below, one at most at each confluence so that a cell keeps a single line."""
    below = _end_below(streams)
    above: dict[int, set[int]] = {end: set() for end in streams.ends}
    for end, next_end in below.items():
        above[next_end].add(end)
    own_km2 = {e: float(streams.drained[e] - sum(streams.drained[u] for u in above[e])) for e in streams.ends}
    queue = [(area, end) for end, area in own_km2.items() if end in below]
    heapq.heapify(queue)
    used: set[int] = set()
    while queue and len(streams.ends) > at_least:
        area, end = heapq.heappop(queue)
        if end not in streams.ends or area != own_km2[end]:
            continue
        if area > tiny_km2 and len(streams.ends) <= at_most:
            break
        confluence, next_end = int(streams.down[end]), below[end]
        if confluence in used or len(above[next_end]) - 1 + len(above[end]) > MAX_UPSTREAM:
            continue
        used.add(confluence)
        streams.ends.remove(end)
        above[next_end] = (above[next_end] - {end}) | above[end]
        below |= dict.fromkeys(above.pop(end), next_end)
        own_km2[next_end] += own_km2.pop(end)
        if next_end in below:
            heapq.heappush(queue, (own_km2[next_end], next_end))


def _split_largest(streams: _Streams, cells: int) -> None:
    """Cut the catchments with most land of their own until there are `cells`."""
    inflow: dict[int, list[int]] = {end: [] for end in streams.ends}
    for end, next_end in _end_below(streams).items():
        inflow[next_end].append(end)
    queue = [(-_own_km2(streams, end, inflow[end]), end) for end in streams.ends]
    heapq.heapify(queue)
    while len(streams.ends) < cells:
        _, end = heapq.heappop(queue)
        cut = _best_cut(streams, end, inflow[end])
        if cut is None:
            continue
        pixel, upper = cut
        streams.ends.add(pixel)
        inflow[pixel] = upper
        inflow[end] = [pixel, *(source for source in inflow[end] if source not in upper)]
        for part in (pixel, end):
            heapq.heappush(queue, (-_own_km2(streams, part, inflow[part]), part))


def _own_km2(streams: _Streams, end: int, sources: list[int]) -> float:
    return float(streams.drained[end] - streams.drained[sources].sum())


def _best_cut(streams: _Streams, end: int, sources: list[int]) -> tuple[int, list[int]] | None:
    """Pixel that halves a catchment best, and the end pixels that then flow into its upper part."""
    path = streams.reach(end)
    joins: dict[int, list[int]] = {}
    for source in sources:
        joins.setdefault(int(streams.down[source]), []).append(source)
    whole = _own_km2(streams, end, sources)
    upper: list[int] = []
    best: tuple[int, list[int]] | None = None
    best_km2 = 0.0
    for pixel in path[:-1]:
        upper = upper + joins.get(pixel, [])
        part = _own_km2(streams, pixel, upper)
        if min(part, whole - part) > best_km2:
            best_km2 = min(part, whole - part)
            best = pixel, upper
    return best


def _numbered(streams: _Streams) -> Network:
    ends = np.array(sorted(streams.ends), dtype=np.intp)
    ends = ends[np.argsort(streams.drained[ends], kind="stable")]
    catchment = streams.terrain.flow.basins(idxs=ends, ids=np.arange(1, ends.size + 1, dtype=np.uint32))
    catchment = np.where(streams.terrain.land, catchment, 0).astype(np.int32)
    next_pixel = streams.down[ends]
    is_mouth = next_pixel == ends
    downstream = np.where(is_mouth, -1, catchment.flat[next_pixel] - 1).astype(np.int32)
    reaches = []
    for end, following, last in zip(ends.tolist(), next_pixel.tolist(), is_mouth.tolist(), strict=True):
        path = streams.reach(end)
        reaches.append(np.array(path if last else [*path, following], dtype=np.intp))
    return Network(downstream, catchment, tuple(reaches), streams.drained[ends])
