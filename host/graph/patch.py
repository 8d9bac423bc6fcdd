"""The patch list: cables as text, read and written."""

import re

from ...models.errors import InvalidValue, WetdryError
from .cables import Cable, End, channel_numbers, make_cable

END = re.compile(r"(?P<node>[^\W\d]\w*)(?:\.(?P<port>[^\W\d]\w*))?(?:\s*\[(?P<channels>[\d\s,]*)\])?")
LEVEL = re.compile(r"(?P<level>[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*dB", re.IGNORECASE)
LATER = re.compile(r"(?P<amount>\+?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(?P<unit>samples?|ms)", re.IGNORECASE)
HOW = "a line is names joined by ->, with what belongs to a cable between two names: bus -> -12 dB -> 10 ms -> room"
LONGEST_PATCH = 1_000_000


def read_patch(text: str) -> list[Cable]:
    """Return the cables of a patch, in its order.

    Raises:
        InvalidValue: a line that is none; names it by its number, and says what is allowed.
    """
    if len(text) > LONGEST_PATCH:
        raise InvalidValue(f"a patch of {len(text)} characters is too long; the longest has {LONGEST_PATCH}")
    cables: list[Cable] = []
    for number, line in enumerate(text.splitlines(), start=1):
        plain = line.partition("#")[0].strip()
        if plain:
            cables += _read_line(plain, number)
    return cables


def _read_line(line: str, number: int) -> list[Cable]:
    cables: list[Cable] = []
    source: End | None = None
    said: dict[str, float] = {}
    for word in (word.strip() for word in line.split("->")):
        settings = _setting(word, number)
        if settings is not None:
            if source is None:
                raise _error(number, word, f"a level or a delay stands between two names; {HOW}")
            if said.keys() & settings.keys() or len({*said, *settings} & {"delay_samples", "delay_ms"}) > 1:
                raise _error(number, word, "this cable has one already; a cable has one level and one delay")
            said |= settings
            continue
        end = read_end(word, number)
        if source is not None:
            cables.append(_cable(source, end, said, number))
        source, said = end, {}
    if said:
        raise _error(number, line, "the line ends with no name for its last cable to go to")
    if not cables:
        raise _error(number, line, f"this is no cable: {HOW}")
    return cables


def _cable(source: End, target: End, said: dict[str, float], number: int) -> Cable:
    try:
        cable = make_cable(source, target, **said)  # type: ignore[arg-type]
    except WetdryError as error:
        raise InvalidValue(f"line {number}: {source} -> {target}: {error}") from None
    return Cable(cable.source, cable.target, cable.gain, cable.delay, number)


def _setting(word: str, number: int) -> dict[str, float] | None:
    if found := LEVEL.fullmatch(word):
        return {"gain_db": float(found["level"])}
    if found := LATER.fullmatch(word):
        unit = "delay_ms" if found["unit"].lower() == "ms" else "delay_samples"
        return {unit: float(found["amount"])}
    if word[:1] in set("+-.0123456789"):
        raise _error(number, word, "this is neither a level (-6 dB) nor a delay (480 samples, 10 ms) nor a name")
    return None


def read_end(word: str, number: int = 0) -> End:
    """Return the end that `name`, `name.key`, `name[0]` or `name.port[0,1]` means.

    Raises:
        InvalidValue: it is none of these.
    """
    found = END.fullmatch(word)
    if not found:
        raise _error(number, word, f"this is no name; {HOW}" if word else f"a name is missing; {HOW}")
    text = found["channels"]
    numbers = None
    if text is not None:
        try:
            numbers = channel_numbers([int(part) for part in text.split(",")])
        except ValueError:
            raise _error(number, word, "channels are different whole numbers from 0: name[0] or name[0,1]") from None
    return End(found["node"], found["port"] or "", numbers)


def write_patch(cables: list[Cable]) -> str:
    """Return the text that `read_patch` reads back as these cables: straight lines in one, each cable once."""
    lines: list[str] = []
    last: Cable | None = None
    for cable in cables:
        end = cable.source
        goes_on = last is not None and last.target == end and not end.port and end.channels is None
        if goes_on:
            lines[-1] += str(cable)[len(str(end)) :]
        else:
            lines.append(str(cable))
        last = cable
    return "\n".join(lines)


def _error(number: int, word: str, what: str) -> InvalidValue:
    return InvalidValue(f"line {number}: {word!r}: {what}" if number else f"{word!r}: {what}")
