"""One question at a time (promise 8): which comes next, and what counts as its answer."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.interview.answers import read_answer
from bot.interview.choosing import next_question
from bot.knowledge.questions import Question, load_questions
from bot.recognition.recognition import Recognition
from bot.recognition.vocabulary import BEHAVIOURS
from bot.risk.facts import NO, SKIPPED, UNKNOWN, YES, Facts

QUESTIONS = load_questions()
MOST = 8  # promise 8, whatever the code says
NOTHING = Recognition()
PATHS = [(question, place, option) for question in QUESTIONS.values() for place, option in enumerate(question.options)]
WORDS = [(question, option, words) for question, _, option in PATHS for words in option.words]


def read(
    question: Question, text: str, intent: str = "describe_situation", recognition: Recognition = NOTHING
) -> str | None:
    return read_answer(question, text, intent, recognition)


def name(value: object) -> str:
    return getattr(value, "key", None) or getattr(value, "answer", None) or str(value)


@pytest.mark.parametrize(("question", "place", "option"), PATHS, ids=name)
class TestEveryAnswer:
    def test_by_button(self, question: Question, place: int, option) -> None:
        assert read(question, f'/choose{{"option": "{option.answer}"}}') == option.answer

    def test_by_number(self, question: Question, place: int, option) -> None:
        word = ("one", "two", "three", "four")[place]
        for text in (str(place + 1), f" {place + 1}. ", word, word.upper()):
            assert read(question, text) == option.answer

    def test_by_its_title(self, question: Question, place: int, option) -> None:
        for text in (option.title, option.title.upper(), f"{option.title}!"):
            assert read(question, text) == option.answer


@pytest.mark.parametrize(("question", "option", "words"), WORDS, ids=name)
def test_by_the_words_of_an_option(question: Question, option, words: str) -> None:
    assert read(question, words) == option.answer


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=name)
@pytest.mark.parametrize(
    "text", ["skip", "Skip.", "pass", "i'd rather not say", "prefer not to", "next question please"]
)
def test_every_question_can_be_skipped(question: Question, text: str) -> None:
    assert read(question, text) == SKIPPED


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=name)
@pytest.mark.parametrize("text", ["i don't know", "not sure", "dunno", "no idea", "hard to say", "maybe"])
def test_every_question_can_stay_open(question: Question, text: str) -> None:
    assert read(question, text) == UNKNOWN


@pytest.mark.parametrize(
    "question", [question for question in QUESTIONS.values() if question.key != "nation"], ids=name
)
def test_intents_answer_short_messages(question: Question) -> None:
    assert read(question, "that is right", "affirm") == YES
    assert read(question, "it is not so", "deny") == NO


@pytest.mark.parametrize("text", ["yes", "no", "yeah", "nope"])
def test_yes_and_no_are_no_nation(text: str) -> None:
    assert read(QUESTIONS["nation"], text) not in (YES, NO)


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=name)
def test_what_is_shown_answers(question: Question) -> None:
    for label in question.about:
        assert (
            read(question, "a long story of mine that goes on and on", recognition=Recognition(behaviours=(label,)))
            == YES
        )
    if question.about:
        assert (
            read(question, "a long story of mine that goes on and on", recognition=Recognition(denied=question.about))
            == NO
        )


@pytest.mark.parametrize("text", ["i have a dog", "what is the law", "number please", "99", "", "🙂"])
def test_anything_else_is_no_answer(text: str) -> None:
    assert read(QUESTIONS["threats"], text) is None


@pytest.mark.parametrize(
    ("key", "text", "answer"),
    [
        ("fear", "not really frightened", NO),
        ("fear", "i am not scared", NO),
        ("fear", "a bit worried", NO),
        ("fear", "Terrified. I don't sleep.", YES),
        ("threats", "no, never", NO),
        ("threats", "yeah he said he'd hurt my dog", YES),
        ("worse", "no change really", NO),
        ("worse", "more and more each week", YES),
        ("repeated", "only once", NO),
        ("repeated", "more than once", YES),
        ("nation", "in Wales", "wales"),
        ("nation", "I live in Northern Ireland", "northern_ireland"),
    ],
)
def test_plain_answers(key: str, text: str, answer: str) -> None:
    assert read(QUESTIONS[key], text) == answer


@given(
    st.text(max_size=80),
    st.sampled_from(sorted(QUESTIONS)),
    st.sampled_from(("affirm", "deny", "skip", "nlu_fallback")),
)
def test_reading_never_fails(text: str, key: str, intent: str) -> None:
    allowed = {YES, NO, UNKNOWN, SKIPPED, None} | {option.answer for option in QUESTIONS[key].options}
    answer = read(QUESTIONS[key], text, intent)
    assert answer in allowed or text.strip().startswith("/choose")


# Which question comes next.

told = st.builds(
    Facts,
    behaviours=st.dictionaries(st.sampled_from(BEHAVIOURS), st.just("words"), max_size=4),
    denied=st.lists(st.sampled_from(BEHAVIOURS), max_size=3, unique=True).map(tuple),
    nation=st.sampled_from((None, "wales")),
    repeated=st.sampled_from((None, True, False)),
)


def ask(facts: Facts, question: Question) -> Facts:
    """What the action does when it puts a question."""
    again = facts.pending == question.key
    return facts.with_(pending=question.key, asked=facts.asked if again else (*facts.asked, question.key))


@settings(max_examples=200, deadline=None)
@given(told, st.lists(st.sampled_from((YES, NO, UNKNOWN, SKIPPED, "other")), min_size=30, max_size=30))
def test_an_interview_ends_and_repeats_nothing(facts: Facts, replies: list[str]) -> None:
    told_before = set(facts.behaviours) | set(facts.denied)
    for reply in replies:
        question = next_question(facts)
        if question is None:
            break
        assert question.key not in facts.answers
        assert not set(question.about) & told_before
        assert not (question.key == "nation" and facts.nation)
        assert not (question.key == "repeated" and facts.repeated is not None)
        facts = ask(facts, question)
        facts = (
            facts.with_(pending=None)
            if reply == "other"
            else facts.with_(pending=None, answers={**facts.answers, question.key: reply})
        )
    assert next_question(facts) is None
    assert len(facts.asked) <= MOST
    assert all(facts.asked.count(key) <= 2 for key in facts.asked)


def test_the_most_important_comes_first() -> None:
    assert next_question(Facts()).key == "fear"
    assert list(QUESTIONS) == sorted(QUESTIONS, key=lambda key: -QUESTIONS[key].matters)


def test_an_open_question_stands_after_a_digression() -> None:
    facts = ask(Facts(), QUESTIONS["damage"])
    assert next_question(facts).key == "damage"


def test_enough_is_enough() -> None:
    assert next_question(Facts(enough=True)) is None


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=name)
def test_what_was_told_is_not_asked(question: Question) -> None:
    settled = {key: UNKNOWN for key in QUESTIONS if key != question.key}
    assert next_question(Facts(answers=settled)) == question
    for label in question.about:
        assert next_question(Facts(answers=settled, behaviours={label: "words"})) is None
        assert next_question(Facts(answers=settled, denied=(label,))) is None


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=name)
def test_questions_are_one_question_in_plain_words(question: Question) -> None:
    for text in (question.text, question.text_other):
        assert text.count("?") == 1
        assert len(text.split()) <= 25
    assert "?" not in question.why
    assert len({option.title for option in question.options}) == len(question.options)


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=name)
def test_questions_ask_for_no_name_address_or_photo(question: Question) -> None:
    asked = f"{question.text} {question.text_other}".lower()
    assert not any(word in asked for word in (" name", "address", "photo", "postcode", "phone number", "date of birth"))
