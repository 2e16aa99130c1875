"""Pages of station lists."""

from __future__ import annotations

import re

from django.core.paginator import Paginator
from rest_framework.exceptions import NotFound
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request

PAGE = "([1-9][0-9]*|last)?"
"""What `page` may be; empty is the first."""


class StationPages(PageNumberPagination):
    """`page` from 1 or `last`; `page_size` up to 10000, and the default when it makes no sense."""

    page_size = 100
    max_page_size = 10_000
    page_size_query_param = "page_size"

    def get_page_number(self, request: Request, paginator: Paginator) -> int | str:
        """The page asked for.

        Raises:
            NotFound: it is no number of a page.
        """
        if not re.fullmatch(PAGE, request.query_params.get(self.page_query_param, "")):
            raise NotFound(self.invalid_page_message)
        number: int | str = super().get_page_number(request, paginator)
        return number
