"""The forgetting tracker store, with Rasa's own trackers, forms and agent."""

import time

import pytest
from rasa.core.actions.forms import FormAction
from rasa.core.channels.channel import CollectingOutputChannel
from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.core.tracker_store import AwaitableTrackerStore, FailSafeTrackerStore, TrackerStore
from rasa.shared.core.constants import REQUESTED_SLOT
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    ConversationPaused,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from rasa.utils.endpoints import EndpointConfig

from bot.stores.forgetting import ForgettingTrackerStore, forget

DOMAIN = Domain.from_yaml(
    """
version: "3.1"
intents: [tell, affirm]
slots:
  answer:
    type: text
    mappings:
      - type: from_text
        conditions: [{active_loop: interview, requested_slot: answer}]
  facts: {type: text, mappings: [{type: custom}]}
  other:
    type: text
    mappings:
      - type: from_text
        conditions: [{active_loop: interview, requested_slot: other}]
forms:
  interview: {required_slots: [answer, other]}
responses:
  utter_ask_answer: [{text: "What happened?"}]
  utter_ask_other: [{text: "What else?"}]
"""
)


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(clock):
    return ForgettingTrackerStore(DOMAIN, clock=clock)


def said(text):
    return UserUttered(text, {"name": "tell", "confidence": 1.0})


async def started(store, sender="w-1"):
    tracker = await store.get_or_create_tracker(sender, append_action_listen=False)
    start = [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")]
    tracker.update_with_events(start, DOMAIN)
    return tracker


def turn(tracker, number):
    tracker.update_with_events(
        [
            said(f"words {number}"),
            SlotSet("facts", f'{{"turn": {number}}}'),
            ActionExecuted("interview"),
            *([ActiveLoop("interview")] if number == 1 else []),
            SlotSet(REQUESTED_SLOT, "other"),
            BotUttered("What else?"),
            ActionExecuted("action_listen"),
        ],
        DOMAIN,
    )


def state(tracker):
    return tracker.current_state() | {"latest_event_time": None, "active_loop": tracker.active_loop_name}


def last_state(tracker):
    """What Rasa's rules see, the words aside."""
    seen = {key: dict(value) for key, value in tracker.past_states(DOMAIN)[-1].items()}
    seen["user"].pop("text", None)
    return seen


@pytest.mark.asyncio
async def test_trimmed_tracker_has_the_state_of_the_whole_one(store):
    whole = await started(store)
    for number in range(1, 12):
        kept = await store.retrieve("w-1") or await started(store)
        turn(kept, number)
        turn(whole, number)
        await store.save(kept)
    kept = await store.retrieve("w-1")
    assert state(kept) == state(whole)
    assert [event.text for event in kept.events if isinstance(event, UserUttered)] == [
        "",
        "words 9",
        "words 10",
        "words 11",
    ]
    assert len(kept.events) < 40 < len(whole.events)
    # Rasa replays the events before every action, and its policies see the states that come out.
    assert state(kept.copy()) == state(whole.copy())
    assert last_state(kept) == last_state(whole)
    assert [type(event) for event in kept.applied_events()][-8:] == [type(event) for event in whole.applied_events()][
        -8:
    ]


@pytest.mark.asyncio
async def test_old_words_are_gone(store):
    tracker = await started(store)
    for number in range(1, 8):
        turn(tracker, number)
        await store.save(tracker)
        tracker = await store.retrieve("w-1")
    everything = repr(vars(store)) + repr([vars(event) for event in tracker.events]) + repr(tracker.active_loop)
    assert "words 7" in everything
    assert "words 4" not in everything


@pytest.mark.asyncio
async def test_a_form_goes_on_after_a_trim(store):
    tracker = await started(store)
    for number in range(1, 9):
        turn(tracker, number)
        await store.save(tracker)
        tracker = await store.retrieve("w-1")
    assert (tracker.active_loop_name, tracker.get_slot(REQUESTED_SLOT)) == ("interview", "other")
    assert tracker.latest_action_name == "action_listen"
    tracker.update_with_events([said("he waits outside"), SlotSet("other", "he waits outside")], DOMAIN)
    form = FormAction("interview", None)
    nlg = TemplatedNaturalLanguageGenerator(DOMAIN.responses)
    events = await form.run(CollectingOutputChannel(), nlg, tracker.copy(), DOMAIN)
    assert SlotSet(REQUESTED_SLOT, "answer") in events
    assert [event.text for event in events if isinstance(event, BotUttered)] == ["What happened?"]


@pytest.mark.asyncio
async def test_reverted_turns_and_pauses(store):
    tracker = await started(store)
    for number in range(1, 7):
        tracker.update_with_events(
            [said(f"words {number}"), UserUtteranceReverted(), ActionExecuted("action_listen")], DOMAIN
        )
        await store.save(tracker)
        tracker = await store.retrieve("w-1")
    assert tracker.copy().latest_action_name == "action_listen"
    tracker.update(ConversationPaused())
    for number in range(1, 7):
        turn(tracker, number)
    await store.save(tracker)
    assert (await store.retrieve("w-1")).copy().is_paused()


@pytest.mark.asyncio
async def test_a_turn_that_is_given_up_leaves_no_trace(store):
    tracker = await started(store)
    turn(tracker, 1)
    await store.save(tracker)
    half = await store.retrieve("w-1")
    half.update_with_events([said("lost"), SlotSet("facts", "lost")], DOMAIN)
    again = await store.retrieve("w-1")
    assert again.get_slot("facts") == '{"turn": 1}'
    assert again.latest_message.text == "words 1"


@pytest.mark.asyncio
async def test_idle_conversations_are_forgotten(store, clock):
    await store.save(await started(store, "w-old"))
    clock.now += 29 * 60
    assert await store.retrieve("w-old")
    await store.save(await started(store, "w-new"))
    clock.now += 2 * 60
    assert await store.retrieve("w-old") is None
    assert await store.keys() == ["w-new"]
    assert "w-old" not in store._trackers


@pytest.mark.asyncio
async def test_memory_is_bounded(clock):
    store = ForgettingTrackerStore(DOMAIN, clock=clock, most_conversations=5)
    for number in range(20):
        await store.save(await started(store, f"w-{number}"))
    assert await store.keys() == [f"w-{number}" for number in range(15, 20)]


@pytest.mark.parametrize(
    "wrap", [lambda store: store, FailSafeTrackerStore, lambda s: FailSafeTrackerStore(AwaitableTrackerStore(s))]
)
@pytest.mark.asyncio
async def test_forget_through_rasas_wrappers(store, clock, wrap):
    wrapped = wrap(store)
    tracker = await started(store)
    await wrapped.save(tracker)
    assert await forget(wrapped, "w-1")
    assert await wrapped.retrieve("w-1") is None
    await wrapped.save(tracker)  # a turn that still ran
    assert list(await wrapped.keys()) == []
    clock.now += 600
    await wrapped.keys()
    assert not store._forgotten


@pytest.mark.asyncio
async def test_forget_reaches_the_spare_store_and_says_when_there_is_none():
    class Broken(ForgettingTrackerStore):
        async def save(self, tracker):
            raise OSError

    safe = FailSafeTrackerStore(Broken(DOMAIN))
    await safe.save(await started(ForgettingTrackerStore(DOMAIN)))
    assert list(safe.fallback_tracker_store.store) == ["w-1"]
    await forget(safe, "w-1")
    assert list(safe.fallback_tracker_store.store) == []
    assert not await forget(None, "w-1")


def test_from_endpoints_yml():
    made = TrackerStore.create(
        EndpointConfig(type="bot.stores.forgetting.ForgettingTrackerStore", idle_minutes=5), domain=DOMAIN
    )
    assert isinstance(made, ForgettingTrackerStore)
    assert made._idle_seconds == 300
    assert made.event_broker is None


@pytest.mark.asyncio
async def test_turn_200_costs_what_turn_5_costs(store):
    tracker = await started(store)
    took = {}
    for number in range(1, 205):
        turn(tracker, number)
        began = time.perf_counter()
        await store.save(tracker)
        tracker = await store.retrieve("w-1")
        tracker.copy()
        took[number] = time.perf_counter() - began
    early, late = (sorted(took[each] for each in range(start, start + 6))[2] for start in (4, 198))
    assert late < 1.5 * early + 0.0005
    assert len(tracker.events) < 40
