"""Sound cards: what PortAudio finds on this machine, and which of them is meant."""

from collections.abc import Sequence
from dataclasses import dataclass

from ....models.errors import DeviceError, near_misses
from .portaudio import LOCK, portaudio

BEST_FIRST = ("ASIO", "JACK", "Core Audio", "WASAPI", "ALSA", "WDM-KS", "DirectSound", "MME", "OSS")  # by their usual delay


@dataclass(frozen=True)
class FoundCard:
    """A sound card, or one of the ways to it.

    Attributes:
        number: as `wetdry devices` lists it.
        name: as its system calls it.
        host: the system it is reached through: "ALSA", "JACK Audio Connection Kit", "Core Audio", "Windows WASAPI", …
        inputs, outputs: channels it has at most.
        sample_rate: its usual one, in Hz.
        default: "input", "output", "both" or "": what it is taken for where none is named.
    """

    number: int
    name: str
    host: str
    inputs: int
    outputs: int
    sample_rate: int
    default: str

    def __str__(self) -> str:
        return f"{self.name} ({self.host})"


def found_cards() -> list[FoundCard]:
    """Return what PortAudio found when it last looked.

    Raises:
        MissingExtra: sounddevice is not installed. DeviceError: PortAudio does not load.
    """
    with LOCK:
        library = portaudio()
        hosts = library.query_hostapis()
        every = list(library.query_devices())
    found = []
    for number, one in enumerate(every):
        host = hosts[one["hostapi"]]
        roles = [role for role in ("input", "output") if host[f"default_{role}_device"] == number]
        found.append(FoundCard(number, one["name"], host["name"], one["max_input_channels"], one["max_output_channels"],
                               round(one["default_samplerate"]), "both" if len(roles) == 2 else "".join(roles)))  # fmt: skip
    return found


def none_is_there() -> str:
    """Return what is to be said where no card was found."""
    asked = ", ".join(api["name"] for api in portaudio().query_hostapis())
    return f"no sound card is there ({asked or 'nothing'} asked); plug one in, or play without one: --device clock"


def chosen(
    input: str | int | None,
    output: str | int | None,
    host: str | None = None,
    hears: bool = True,
    every: Sequence[FoundCard] | None = None,
) -> tuple[FoundCard | None, FoundCard]:
    """Return the cards that are meant for input and output: both of one system, at best one card, as one clock drives it.

    Args:
        input, output: a number as listed, or words of its name and system, in any case; None: the same card as the other, or
            the default one.
        host: words of the system's name; None: the one of the least delay that has both.
        hears: False: no input is wanted.
        every: the cards there are; None: what PortAudio found.

    Raises:
        DeviceError: there is none, or several; names those there are.
    """
    every = found_cards() if every is None else every
    hosts = sorted({card.host for card in every}, key=_rank)
    wanted = [name for name in hosts if host is None or host.lower() in name.lower()]
    if not every:
        raise DeviceError(none_is_there())
    if not wanted:
        raise DeviceError(f"no sound system named {host!r}; {near_misses(host or '', hosts)}")
    for name in wanted:
        cards = [card for card in every if card.host == name]
        heard = _meant(input, cards, "input") if hears else []
        played = _meant(output, cards, "output")
        if input is None and output is not None:
            heard = [card for card in played if card.inputs] or heard
        elif output is None and input is not None:
            played = [card for card in heard if card.outputs] or played
        if (heard or not hears) and played:
            return _the_one(input, heard, "input") if hears else None, _the_one(output, played, "output")
    cards = [card for card in every if card.host in wanted]
    for what, role in ((input, "input"), (output, "output")):
        if (hears or role == "output") and not _meant(what, cards, role):
            raise DeviceError(_unknown(what, cards, role))
    raise DeviceError(f"input {_shown(input)} and output {_shown(output)} are reached through different systems; "
                      "wetdry devices lists which card is reached through which")  # fmt: skip


def _rank(host: str) -> int:
    return next((i for i, name in enumerate(BEST_FIRST) if name in host), len(BEST_FIRST))


def _channels(card: FoundCard, role: str) -> int:
    return card.inputs if role == "input" else card.outputs


def _meant(what: str | int | None, cards: Sequence[FoundCard], role: str) -> list[FoundCard]:
    """Return the cards of one system that are meant; several where the words do not say which."""
    able = [card for card in cards if _channels(card, role)]
    if what is None:
        return [card for card in able if card.default in (role, "both")]
    if isinstance(what, int) or what.isdecimal():
        return [card for card in able if card.number == int(what)]
    words = what.lower().split()
    named = [card for card in able if card.name.lower() == what.lower() or str(card).lower() == what.lower()]
    return named or [card for card in able if all(word in str(card).lower() for word in words)]


def _the_one(what: str | int | None, cards: Sequence[FoundCard], role: str) -> FoundCard:
    if len(cards) > 1:
        raise DeviceError(f"several {role}s are named like {what!r}; say which, by its number: {_listed(cards)}")
    return cards[0]


def _unknown(what: str | int | None, cards: Sequence[FoundCard], role: str) -> str:
    able = [card for card in cards if _channels(card, role)]
    if not able:
        return f"no sound card here has an {role}; " + ("inputs=0 plays without one" if role == "input" else "plug one in")
    if what is None:
        return f"none of the {role}s is the default; say which, by its number or a part of its name: {_listed(able)}"
    if isinstance(what, int) or what.isdecimal():
        return f"{role} {what} is not there; there are {_listed(able)}"
    return f"no {role} named {what!r}; {near_misses(what, [card.name for card in able])}"


def _listed(cards: Sequence[FoundCard]) -> str:
    return ", ".join(f"{card.number}: {card.name}" for card in cards)


def _shown(what: str | int | None) -> str:
    return "(the default)" if what is None else repr(what)
