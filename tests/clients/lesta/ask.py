"""Asks a server through the client as its users do: `ask.py URL`.

Each line of standard input is JSON, `{"id", "method", "arguments"}`; each line of output what the client made of the answer.
The client's own settings say where its API is; that is all that is done to it.
"""

import json
import sys

from wargaming import WoT, settings
from wargaming.exceptions import RequestError

settings.GAME_API_ENDPOINTS["wot"] = f"{sys.argv[1]}/wot/"

for line in sys.stdin:
    asked = json.loads(line)
    block, method = asked["method"].split("/")
    call = getattr(getattr(WoT(asked["id"], language="ru"), block), method)
    try:
        told = {"data": call(**asked["arguments"]).data}
    except RequestError as error:
        told = {"error": {"code": error.code, "message": error.message, "field": error.field, "value": error.value}}
    print(json.dumps(told), flush=True)  # what it is for
