"""Pages of station lists."""

from __future__ import annotations

from rest_framework.pagination import PageNumberPagination


class StationPages(PageNumberPagination):
    """`page` from 1 or `last`; `page_size` up to 10000, and the default when it makes no sense."""

    page_size = 100
    max_page_size = 10_000
    page_size_query_param = "page_size"
