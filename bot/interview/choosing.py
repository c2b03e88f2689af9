"""Which question comes next: the one whose answer could change the advice most, never one already answered."""

from bot.knowledge.questions import Question, load_questions
from bot.risk.facts import Facts

MOST = 8  # questions before the assessment is offered
TWICE = 2  # a question that got another answer is put once more, later, and then left


def next_question(facts: Facts) -> Question | None:
    """The question to ask now, or None when it is time for the assessment."""
    if facts.pending in load_questions() and facts.pending in facts.asked:
        return load_questions()[facts.pending]  # after a digression the same question stands
    if facts.enough or len(facts.asked) >= MOST:
        return None
    open_questions = [question for question in load_questions().values() if _is_open(question, facts)]
    fresh = [question for question in open_questions if question.key not in facts.asked]
    return next(iter(fresh or open_questions), None)


def _is_open(question: Question, facts: Facts) -> bool:
    if question.key in facts.answers or facts.asked.count(question.key) >= TWICE:
        return False
    return not _already_told(question, facts)


def _already_told(question: Question, facts: Facts) -> bool:
    """The person's own words answered it."""
    if question.key == "nation":
        return facts.nation is not None
    if question.key == "repeated":
        return facts.repeated is not None
    if question.key == "fixated":
        return len(facts.behaviours) >= 3
    told = set(facts.behaviours) | set(facts.denied)
    return bool(set(question.about) & told)
