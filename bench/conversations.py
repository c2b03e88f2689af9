"""What the benchmarks' visitors say: written for this, no row of any evaluation set.

A text is typed; a number presses that button of the last reply.
"""

Script = tuple["str | int", ...]

# A story, answers by button and in words, digressions, danger and the way back from it.
SIGNPOST: tuple[Script, ...] = (
    (
        1,
        "my ex keeps turning up at my work and he sends me loads of messages every day since march and i never answer",
        "why do you ask that?",
        0,
        1,
        "what evidence should i keep",
        0,
        "yes he said he would hurt me",
        0,
        1,
        2,
        "who can help me",
        "is this private",
        "thanks",
    ),
    (
        "hello",
        "A man from my old gym has found all my accounts. He likes every photo within a minute, he has sent flowers to my office "
        "twice, and last night his car was parked across the road again. I blocked him in June but he makes new profiles.",
        1,
        "not really just fed up",
        "it is getting worse",
        "skip",
        "what does the law say",
        0,
        "dont know",
        "england",
        "how do i stay safer",
        "thank you that helps",
    ),
    (
        "hi there",
        "he is outside my house now trying to get in",
        "no its ok he has gone now",
        0,
        "are you a robot",
        "what does the law say",
        "bye",
    ),
    (
        1,
        "its my sister, her boyfriend reads her phone and put a tracker on her car, she found it under the wheel arch",
        1,
        0,
        "shes scared to go home",
        "can i report it for her",
        1,
        0,
        "do you keep what i type",
        2,
        "thats enough",
        0,
    ),
    (
        "i dont know if this counts",
        "someone at work keeps waiting for me by the lifts, leaves notes on my desk, asks people where i live",
        2,
        1,
        1,
        "what is stalking",
        "no",
        "yes",
        "who can i ring",
        "what can they do about it",
        "ok thanks",
    ),
)

STOCK: tuple[Script, ...] = (
    ("great", "thanks", "bye"),
    ("I am feeling very sad", "yes", "goodbye"),
    ("not so good", "no", "see you later"),
    ("are you a bot?", "wonderful", "good evening", "perfect", "bye"),
    ("my day was horrible", "that really helped, yes", "hello", "am I talking to a human?", "bye bye"),
)

# One conversation that never ends: the same five turns again and again, so that turn 200 is of the kind that turn 5 is.
SIGNPOST_CYCLE: Script = (
    "what evidence should i keep",
    "is this private",
    "what does the law say",
    "who can help me with this",
    "are you a robot",
)
STOCK_CYCLE: Script = ("hello", "I am feeling very sad", "yes", "are you a bot?", "great")

WORDS_15: tuple[str, ...] = (
    "my ex keeps turning up at my work and texts me fifty times every day",
    "he has put some kind of tracker under my car and follows me there often",
    "she rings the office asking for me then waits by the gate until i leave",
    "a man i met once sends flowers every week and knows where my children go",
    "my neighbour films me over the fence each morning and shouts when i go out",
)

WORDS_80: tuple[str, ...] = (
    "We split up in the spring and I moved to my mum's. Since then he has turned up at the house most weekends, usually late, "
    "and sits in his van with the lights off. He texts from different numbers, sometimes thirty a night, nice ones first and "
    "then nasty. Last week my tyres were let down and on Sunday there was a card through the door with a photo of me at the "
    "shops that I never knew was taken.",
    "There is a woman at my running club who thinks we are together. We are not and I have told her plainly. She has found my "
    "new address and has written to my parents, she joined the same choir, and she waits near the station when I come home "
    "from work. Somebody has logged in to my email as well and I think it was her. I have changed every password and she "
    "still knows where I am going next.",
)
