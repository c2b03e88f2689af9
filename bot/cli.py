"""The `signpost` command: serve, shell, train, recognise, evaluate, doctor.

argparse, because it is in the standard library: `signpost --help` and `signpost recognise` start without Rasa or a framework.
"""

import argparse
import contextlib
import os
import signal
import sys
import tarfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, NoReturn, cast

from bot.errors import ModelError, SettingsError, SignpostError
from bot.settings import load_settings

WRONG, INTERRUPTED = 2, 130

Command = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: in place of the command line's.

    Returns:
        0 when all is well; 1 for bad lines or a failed check; 2 for what a person can mend, said in one line; 130 after Ctrl-C.
    """
    given = _parser().parse_args(arguments)
    try:
        return int(given.run(given))
    except SignpostError as error:
        return _complain(" ".join(str(error).split()))
    except KeyboardInterrupt:
        print("\nsignpost: stopped", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has gone (`signpost recognise | head`); Python would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _complain(text: str) -> int:
    print(f"signpost: {text}", file=sys.stderr)
    return WRONG


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="signpost",
        description="Signpost recognises behaviour that may be stalking and gives the next step.",
        epilog="Start here: signpost serve    Then open http://localhost:8080/chat\n"
        "A command's own help: signpost recognise --help    Is all well? signpost doctor",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, run: Command, purpose: str, example: str) -> argparse.ArgumentParser:
        made = commands.add_parser(
            name,
            help=purpose,
            description=purpose[0].upper() + purpose[1:] + ".",
            epilog=f"example:\n{example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        made.set_defaults(run=run)
        return made

    _add_talking(command)
    _add_reading(command)
    command(
        "doctor",
        _doctor,
        "check this installation: model, encoder, content, ports, privacy, disk; exit 1 on a failure",
        "  signpost doctor\n  signpost doctor --json | jq '.checks[] | select(.ok | not)'",
    ).add_argument("--json", action="store_true", help="for machines")
    return parser


def _add_talking(command: Callable[[str, Command, str, str], argparse.ArgumentParser]) -> None:
    serve = command(
        "serve",
        _serve,
        "run the bot and its web chat; trains first when the model is missing or old",
        "  signpost serve --port 9000      then open http://localhost:9000/chat; Ctrl-C stops it\n"
        "  SIGNPOST_HOST=0.0.0.0 signpost serve --no-train      behind a reverse proxy",
    )
    serve.add_argument("--port", type=int, help="port of the web server (default: SIGNPOST_PORT, or 8080)")
    serve.add_argument("--no-train", action="store_true", help="use the model as it is, even when it is old")
    shell = command(
        "shell",
        _shell,
        "talk to the bot in this terminal",
        "  signpost shell\n  printf 'my ex follows me home\\n/stop\\n' | signpost shell --no-train",
    )
    shell.add_argument("--no-train", action="store_true", help="use the model as it is, even when it is old")
    train = command(
        "train",
        _train,
        "train the model when data or code changed since",
        "  signpost train              about four minutes the first time, half of it after a changed sentence\n"
        "  signpost train --force      from nothing, whatever there is",
    )
    train.add_argument("--force", action="store_true", help="forget caches and train again")


def _add_reading(command: Callable[[str, Command, str, str], argparse.ArgumentParser]) -> None:
    recognise = command(
        "recognise",
        _recognise,
        "read JSON Lines of id and text, write one recognition a line; exit 1 when a line was bad",
        '  echo \'{"id": "1", "text": "my ex follows me home"}\' | signpost recognise\n'
        "  signpost recognise messages.jsonl -o recognitions.jsonl",
    )
    recognise.add_argument(
        "file", nargs="?", default="-", metavar="FILE", help="input, or - for standard input (default)"
    )
    recognise.add_argument("-o", "--output", metavar="FILE", help="output (default: standard output)")
    evaluate = command(
        "evaluate",
        _evaluate,
        "recognise the texts of a labels file and print how well that fits",
        "  signpost evaluate tests/nlu/heldout.jsonl\n"
        "  signpost evaluate labels.jsonl --json --predictions predictions.jsonl\n"
        "  signpost evaluate labels.jsonl --report report.html      a page for reading; it quotes what went wrong",
    )
    evaluate.add_argument("file", metavar="FILE", help="labels: JSON Lines")
    evaluate.add_argument("--json", action="store_true", help="for machines")
    evaluate.add_argument("--predictions", metavar="OUT", help="also write the recognitions, one a line")
    evaluate.add_argument("--report", metavar="OUT.html", help="also write a page for reading, on a screen or on paper")


def _serve(given: argparse.Namespace) -> int:
    signal.signal(signal.SIGTERM, _interrupt)
    settings = load_settings(given.port)
    from bot.serving.server import listening, serve

    with listening(settings.host, settings.port) as port:
        model = _model(settings.models, given)
        print("loading (a few seconds) ...", flush=True)
        serve(settings, model, port, lambda at: print(f"Signpost answers at {at}/chat (Ctrl-C stops it)", flush=True))
    print("\nsignpost: stopped", file=sys.stderr)
    return 0


def _interrupt(*_: Any) -> NoReturn:
    raise KeyboardInterrupt


def _shell(given: argparse.Namespace) -> int:
    from bot.serving.shell import talk

    talk(_model(load_settings().models, given), sys.stdin, sys.stdout)
    return 0


def _model(models: Path, given: argparse.Namespace) -> Path:
    """The model to use, trained now when it is missing or old and nobody said not to."""
    from bot.serving.model import is_current, require_model
    from bot.serving.training import train_apart

    if not given.no_train and not is_current(models):
        train_apart(models, sys.stdout)
    return require_model(models)


def _train(given: argparse.Namespace) -> int:
    from bot.serving.model import is_current, model_path
    from bot.serving.training import forget_caches, train_apart

    models = load_settings().models
    if given.force:
        forget_caches()
    elif is_current(models):
        print(f"{model_path(models)} is up to date (`signpost train --force` trains all the same)")
        return 0
    train_apart(models, sys.stdout)
    print(model_path(models))
    return 0


def _recognise(given: argparse.Namespace) -> int:
    from bot.serving.jsonlines import recognise_lines

    with _input(given.file) as lines, _output(given.output, given.file) as out:
        recognise = _recogniser().recognise

        def write(line: bytes) -> None:
            out.write(line)
            out.flush()

        shown = sys.stderr.isatty() and (given.output or not sys.stdout.isatty())
        source: Iterable[bytes] = _with_bar(lines) if shown else lines
        bad = recognise_lines(source, recognise, write, lambda text: _complain(text))
    return 1 if bad else 0


def _recogniser() -> Any:
    from bot.serving.model import load_recogniser

    models = load_settings().models
    try:
        return load_recogniser(models)
    except (OSError, EOFError, tarfile.TarError) as error:
        raise ModelError(f"the model in {models} cannot be read: run `signpost train --force`") from error


def _with_bar(lines: Iterable[Any]) -> Iterable[Any]:
    from tqdm import tqdm

    return cast(Iterable[Any], tqdm(lines, unit=" texts", file=sys.stderr))


@contextlib.contextmanager
def _input(name: str) -> Iterator[IO[bytes]]:
    if name == "-":
        yield sys.stdin.buffer
        return
    with _opened(name, "rb") as file:
        yield file


@contextlib.contextmanager
def _output(name: str | None, source: str) -> Iterator[IO[bytes]]:
    if name is None:
        yield sys.stdout.buffer
        return
    _tell_apart(name, source)
    with _opened(name, "wb") as file:
        yield file


def _tell_apart(name: str, other: str | None) -> None:
    if other not in (None, "-") and Path(name).exists() and Path(other).exists() and Path(name).samefile(other):
        raise SettingsError(
            f"{name} is named twice, as input and output or as two outputs: give every output a file of its own"
        )


def _opened(name: str, mode: str) -> IO[Any]:
    try:
        return Path(name).open(mode)
    except OSError as error:
        raise SettingsError(f"{name} cannot be opened ({error.strerror}): check the path") from error


def _evaluate(given: argparse.Namespace) -> int:
    import json

    from bot.evaluation import read_labels, report, score_by_provenance

    labels = read_labels(Path(given.file))
    if given.report:
        _tell_apart(given.report, given.file)
        _opened(given.report, "ab").close()  # a wrong path is told before the work, and an old page stays until then
        _tell_apart(given.report, given.predictions)
    with _output(given.predictions, given.file) if given.predictions else contextlib.nullcontext() as out:
        predictions = _predict(labels, out)
    figures = score_by_provenance(labels, predictions)
    print(json.dumps(figures, indent=1) if given.json else report(figures))
    if given.report:
        _write_report(given, labels, predictions)
    return 0


def _write_report(given: argparse.Namespace, labels: Sequence[Any], predictions: dict[Any, Any]) -> None:
    from datetime import date

    from bot.reporting.findings import examine
    from bot.reporting.page import About, page
    from bot.serving.model import describe_model

    about = About(Path(given.file).name, describe_model(load_settings().models), date.today())
    text = page(examine(labels, predictions), about)
    with _output(given.report, given.file) as out:
        out.write(text.encode())


def _predict(labels: Sequence[Any], out: IO[bytes] | None) -> dict[Any, Any]:
    import json

    recognise = _recogniser().recognise
    predictions: dict[Any, Any] = {}
    for label in _with_bar(labels) if sys.stderr.isatty() else labels:
        text = str(label["text"]).encode("utf-8", "replace").decode()
        predictions[label["id"]] = {"id": label["id"], **recognise(text).as_dict()}
        if out is not None:
            row = json.dumps(predictions[label["id"]], ensure_ascii=False)
            out.write(row.encode("utf-8", "backslashreplace") + b"\n")
    return predictions


def _doctor(given: argparse.Namespace) -> int:
    from bot.serving.doctor import as_json, as_text, examine

    checks = examine()
    print(as_json(checks) if given.json else as_text(checks))
    return 0 if all(check.ok for check in checks) else 1
