"""An action endpoint that fails: it raises, hangs or answers with rubbish."""

import asyncio
from typing import Any

import aiohttp
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

NOWHERE = "in-process"
RUBBISH: dict[str, Any] = {
    "nothing": None,
    "empty": {},
    "a text": "<html>502 Bad Gateway</html>",
    "a list": [],
    "no events": {"responses": []},
    "silent": {"events": [], "responses": []},
    "unknown event": {"events": [{"event": "no_such_event"}], "responses": []},
    "unknown response": {"events": [], "responses": [{"response": "utter_no_such_response"}]},
    "empty text": {"events": [], "responses": [{"text": ""}]},
    "facts of another shape": {"events": [{"event": "slot", "name": "facts", "value": 7}], "responses": []},
}
WAYS = ("raises", "refuses", "not found", "rejects", *RUBBISH)


class FailingActions(EndpointConfig):
    """Fails in one way, and counts how often it was asked."""

    def __init__(self, way: str) -> None:
        super().__init__(url=NOWHERE)
        self.way, self.calls = way, 0

    async def request(self, method: str = "post", subpath: str | None = None, **kwargs: Any) -> Any:
        self.calls += 1
        call = kwargs["json"]
        if self.way == "hangs":
            await asyncio.sleep(60)
        if self.way == "raises":  # an exception's text often holds the value that broke the code
            raise ValueError(f"cannot read {call['tracker']['latest_message']['text']!r}")
        if self.way == "refuses":
            raise aiohttp.ClientConnectionError("nobody listens")
        if self.way == "not found":
            raise ClientResponseError(404, "not found", '{"error": "no such action"}')
        if self.way == "rejects":
            raise ClientResponseError(400, "rejected", f'{{"action_name": "{call["next_action"]}"}}')
        return RUBBISH[self.way]
