"""Which trained model to use, and whether it still fits the data."""

import hashlib
import json
import logging
import sys
import tarfile
import tempfile
from datetime import date
from pathlib import Path

from bot.errors import ModelError, StartError
from bot.paths import root
from bot.recognition.recogniser import Recogniser

NAME = "signpost"
# A model rests on these: a change in any of them makes it old. Responses and content are read when the bot starts.
TRAINED_ON = ("config.yml", "domain.yml", "data/nlu", "data/rules", "data/stories", "bot/nlu")
TRAINED_WITH = ("bot/recognition", "bot/content/cues.yml")


def data_hash() -> str:
    """sha256 over everything that a model rests on."""
    digest = hashlib.sha256()
    for name in (*TRAINED_ON, *TRAINED_WITH):
        path = root() / name
        files = sorted(f for f in path.rglob("*") if f.suffix in (".yml", ".py")) if path.is_dir() else [path]
        for file in files:
            if file.is_file():
                digest.update(file.relative_to(root()).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def model_path(models: Path) -> Path:
    """Where `signpost train` puts the model."""
    return models / f"{NAME}.tar.gz"


def is_current(models: Path) -> bool:
    """Whether the model was trained on the data as it stands."""
    try:
        return model_path(models).is_file() and json.loads((models / "trained.json").read_text())["hash"] == data_hash()
    except (OSError, ValueError, KeyError):
        return False


def require_model(models: Path) -> Path:
    """The model's file.

    Raises:
        ModelError: there is none.
    """
    path = model_path(models)
    if not path.is_file():
        raise ModelError(
            f"there is no model at {path}: run `signpost train` (or `make run`, which trains when it must)"
        )
    return path


def describe_model(models: Path) -> str:
    """The model's file, its day and the start of its sha256, to tell it from others."""
    path = model_path(models)
    try:
        digest, day = hashlib.sha256(path.read_bytes()).hexdigest(), date.fromtimestamp(path.stat().st_mtime)
    except OSError:
        return path.name
    return f"{path.name} of {day.day} {day:%B %Y} ({digest[:12]})"


def train(models: Path) -> Path:
    """Train with Rasa, and note what the model was trained on.

    Raises:
        StartError: Rasa could not train; its own message is passed on in one line.
    """
    import rasa.model_training
    from rasa.exceptions import ModelNotFound
    from rasa.shared.exceptions import RasaException

    wanted = data_hash()
    logging.getLogger("rasa").setLevel(logging.ERROR)
    try:
        result = rasa.model_training.train(
            domain=str(root() / "domain.yml"),
            config=str(root() / "config.yml"),
            training_files=[str(root() / "data")],
            output=str(models),
            fixed_model_name=NAME,
        )
    except (RasaException, ModelNotFound) as error:
        raise StartError(f"training failed: {' '.join(str(error).split())}") from error
    if not result.model:
        raise StartError("training gave no model: `rasa train` in this folder shows why")
    (models / "trained.json").write_text(json.dumps({"hash": wanted}), encoding="utf-8")
    return Path(result.model)


def load_recogniser(models: Path) -> Recogniser:
    """The recogniser out of the trained model, without Rasa.

    Raises:
        ModelError: no model, or none with a recogniser in it.
    """
    path = require_model(models)
    with tempfile.TemporaryDirectory() as folder, tarfile.open(path) as archive:
        parts = [m for m in archive.getmembers() if Path(m.name).name.startswith("recogniser.") and m.isfile()]
        for part in parts:
            part.name = Path(part.name).name
            archive.extract(part, folder, filter="data") if sys.version_info >= (3, 11, 4) else archive.extract(
                part, folder
            )
        return Recogniser.load(Path(folder))
