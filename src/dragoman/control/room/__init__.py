"""The Developer Room's frame: the first page, what every page has, and the files that pages need."""
