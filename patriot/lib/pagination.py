"""Pages of a list."""

from rest_framework.pagination import PageNumberPagination


class Pagination(PageNumberPagination):
    """Numbered pages of 25, up to 100 on request."""

    page_size_query_param = "page_size"
    max_page_size = 100
