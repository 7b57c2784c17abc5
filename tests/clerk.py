"""Runs commands in one process, since what a command takes is the time to load: where it is not about the process itself.

Each line of standard input is JSON: the arguments of a command and its input; each line of output its status, output and errors.
"""

from __future__ import annotations

import json
import sys
import traceback

from click.testing import CliRunner
from django.db import connections

from dragoman.cli import main

for line in sys.stdin:
    arguments, given = json.loads(line)
    done = CliRunner().invoke(main, arguments, input=given)
    connections.close_all()                 # as the end of a process would
    crashed = done.exception is not None and not isinstance(done.exception, SystemExit)
    errors = done.stderr + "".join(traceback.format_exception(done.exception) if crashed else ())
    print(json.dumps([done.exit_code, done.stdout, errors]), flush=True)
