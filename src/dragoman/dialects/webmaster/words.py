"""The words of which questions are made in this convention (W4, W5, W7)."""

REMOTE_AUTH, HTTP_STATUS, BOM = "remote_auth", "http_status", "bom"
"""The parameters that every request may have: whose key it is, and how the answer is wanted."""
START, LIMIT, SORT, SORT_TYPE, SEARCH = PAGING = ("start", "limit", "sort", "sort_type", "q")
"""The parameters of lists, in the order of their positions."""
TYPE = "type"
"""What a search takes a text for."""
ABSENT = "-"
"""Stands in a position whose parameter is not given, or not there in this version."""
OPERATION = "operation"
"""The resource of every library at which long operations are asked about by their id alone."""
BODIED = frozenset(("POST", "PUT"))
"""The verbs with which parameters are sent in a body."""
BODIES = frozenset(("json", "xml"))
"""The formats in which bodies are read."""
