"""A tracker store that keeps live conversations in memory, the last turns only, and forgets.

Rasa's own in-memory store writes a conversation to JSON and replays all of it on every turn: turn 200 cost eleven times turn 5,
and old words stayed for ever (reference/rasa.md T19, T36, T50). This one keeps tracker objects, cuts what is older than three
user turns while the slots and the form that those turns led to are re-emitted, and drops a conversation after 30 idle minutes.
Nothing reaches a disk or an event broker.
"""

import copy
import dataclasses
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    ConversationPaused,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

TURNS_KEPT = 3
IDLE_MINUTES = 30
MOST_CONVERSATIONS = 20_000
_LATE_SAVES_SECONDS = 300.0


class ForgettingTrackerStore(TrackerStore):
    """Live trackers in memory: trimmed, expiring, forgettable.

    In `endpoints.yml`: `tracker_store: {type: bot.stores.forgetting.ForgettingTrackerStore}`; the keyword arguments below may
    stand there too. `retrieve` hands out a copy, so a turn that is given up half-way leaves no trace.

    Args:
        domain: set again by Rasa when the model is loaded.
        event_broker: ignored on purpose; nothing a person types is sent anywhere.
        host: Rasa passes `url` of the endpoint under this name; ignored.
        idle_minutes: a conversation untouched this long is forgotten.
        turns_kept: user turns kept as events.
        most_conversations: held at once; the longest idle goes first.
        clock: seconds, never going back; a test gives its own.
    """

    def __init__(
        self,
        domain: Domain | None,
        event_broker: object = None,
        host: str | None = None,
        *,
        idle_minutes: float = IDLE_MINUTES,
        turns_kept: int = TURNS_KEPT,
        most_conversations: int = MOST_CONVERSATIONS,
        clock: Callable[[], float] = time.monotonic,
        **_: Any,
    ) -> None:
        super().__init__(domain, None)
        self._idle_seconds = float(idle_minutes) * 60
        self._turns_kept = int(turns_kept)
        self._most = int(most_conversations)
        self._clock = clock
        self._trackers: OrderedDict[str, tuple[float, DialogueStateTracker]] = OrderedDict()
        self._forgotten: OrderedDict[str, float] = OrderedDict()

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep a tracker, cut to its last turns; a conversation forgotten meanwhile stays forgotten."""
        self.sweep()
        if tracker.sender_id in self._forgotten:
            return
        kept = _copy(tracker)
        _trim(kept, self._turns_kept)
        self._trackers[tracker.sender_id] = (self._clock(), kept)
        self._trackers.move_to_end(tracker.sender_id)
        if len(self._trackers) > self._most:
            self._trackers.popitem(last=False)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """A copy of the conversation, or None when there is none or it was forgotten."""
        saved, tracker = self._trackers.get(sender_id, (0.0, None))
        if tracker is None or self._clock() - saved > self._idle_seconds:
            return None
        return _copy(tracker)

    async def keys(self) -> Iterable[str]:
        """The sender ids of all conversations held."""
        self.sweep()
        return list(self._trackers)

    async def forget(self, sender_id: str) -> None:
        """Drop a conversation now; a turn that still runs will not bring it back."""
        self._trackers.pop(sender_id, None)
        self._forgotten[sender_id] = self._clock()
        self._forgotten.move_to_end(sender_id)

    def sweep(self) -> None:
        """Drop what has been idle too long."""
        now = self._clock()
        while self._trackers and now - next(iter(self._trackers.values()))[0] > self._idle_seconds:
            self._trackers.popitem(last=False)
        while self._forgotten and now - next(iter(self._forgotten.values())) > _LATE_SAVES_SECONDS:
            self._forgotten.popitem(last=False)


async def forget(store: Any, sender_id: str) -> bool:
    """Forget a conversation in a store that Rasa may have wrapped (`FailSafeTrackerStore`, `AwaitableTrackerStore`).

    Args:
        store: the agent's tracker store.
        sender_id: the conversation.

    Returns:
        whether a store that can forget was found.
    """
    found = False
    while store is not None:
        if callable(getattr(store, "forget", None)):
            await store.forget(sender_id)
            found = True
        # the plain attribute: the property of FailSafeTrackerStore would create a store that is not there
        spare = vars(store).get("_fallback_tracker_store")
        if isinstance(getattr(spare, "store", None), dict):
            spare.store.pop(sender_id, None)
        store = vars(store).get("_tracker_store")
    return found


def _copy(tracker: DialogueStateTracker) -> DialogueStateTracker:
    """The same conversation in its own containers; events and values are shared, and nothing changes those once said."""
    twin = copy.copy(tracker)
    twin.events = copy.copy(tracker.events)
    twin.slots = copy.copy(tracker.slots)
    for name, slot in tracker.slots.items():
        twin.slots[name] = copy.copy(slot)
    if tracker.active_loop is not None:
        twin.active_loop = dataclasses.replace(tracker.active_loop)
    return twin


def _trim(tracker: DialogueStateTracker, turns_kept: int) -> None:
    """Replace the events before the last user turns by the state that they had led to."""
    events = list(tracker.events)
    turns = [place for place, event in enumerate(events) if isinstance(event, UserUttered)]
    if len(turns) <= turns_kept:
        return
    cut = turns[-turns_kept]
    tracker.events.clear()
    tracker.events.extend(_state_as_events(tracker, events[:cut]) + events[cut:])
    if tracker.active_loop is not None:
        # Rasa notes the words that opened the form here, and reads them nowhere.
        tracker.active_loop.trigger_message = None


def _state_as_events(tracker: DialogueStateTracker, past: list[Event]) -> list[Event]:
    """The shortest history with the same slots, form and session as `past`, ending where the bot listens."""
    before = tracker.init_copy()
    for event in past:
        before.update(event)
    at = past[0].timestamp
    state: list[Event] = [
        ActionExecuted(ACTION_SESSION_START_NAME, timestamp=at),
        SessionStarted(timestamp=_session_start(past, at)),
    ]
    if before.active_loop_name:
        state += _form_as_events(before, before.active_loop_name, at)
    state += [SlotSet(name, slot.value, timestamp=at) for name, slot in before.slots.items() if slot.has_been_set]
    if before.is_paused():
        state.append(ConversationPaused(timestamp=at))
    state.append(ActionExecuted(ACTION_LISTEN_NAME, timestamp=at))
    return state


def _form_as_events(before: DialogueStateTracker, form: str, at: float) -> list[Event]:
    """How the form was opened: by which intent, without the words.

    Rasa tells a form's first run by the absence of an earlier one, and its rules see the intent that opened it.
    """
    said = [event for event in before.applied_events() if isinstance(event, UserUttered)]
    opening: list[Event] = []
    if said and said[-1].intent_name:
        intent = {"name": said[-1].intent_name, "confidence": 1.0}
        opening = [ActionExecuted(ACTION_LISTEN_NAME, timestamp=at), UserUttered("", intent, timestamp=at)]
    return [*opening, ActionExecuted(form, timestamp=at), ActiveLoop(form, timestamp=at)]


def _session_start(past: list[Event], otherwise: float) -> float:
    starts = [event.timestamp for event in past if isinstance(event, SessionStarted)]
    return float(starts[-1] if starts else otherwise)
