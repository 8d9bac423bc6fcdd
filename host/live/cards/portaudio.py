"""PortAudio through sounddevice: begun, made to look again at what is plugged in, and left alone where touching it would abort.

PortAudio finds devices once, as it begins; what is plugged in later is found by ending and beginning it. Its JACK part asserts
that the server answers when a stream or PortAudio itself is closed, and aborts the process where it does not (pa_jack.c,
`CleanUpStream` and `Terminate`). Once a server has gone, what stood on it is left as it is, and a copy of the library begins.
"""

import atexit
import ctypes
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ctypes.util import find_library
from pathlib import Path
from typing import Any
from weakref import WeakSet

from ....models.errors import DeviceError, MissingExtra
from ...midi.systems import jack_runs
from ...quiet import quiet_stderr

CLIENT = ctypes.c_char_p(b"wetdry-live")  # what JACK calls us, and no MIDI port of ours; PortAudio keeps the pointer
JACK = "JACK"
JACK_LIBRARY = "libjack.so.0"
NO_START_SERVER = 1
TRIES, PAUSE_SECONDS = 3, 0.3  # a JACK server that is busy may miss a client's call
INSTALL = (
    "Debian: apt install libportaudio2; Fedora: dnf install portaudio; elsewhere: pip install --force-reinstall sounddevice"
)

LOCK = threading.RLock()  # PortAudio is one for the process, and not made for several threads
_held: list[ctypes.CDLL] = []  # every copy that was loaded, the one in use last: none is ever unloaded
open_streams: WeakSet[Any] = WeakSet()
_jack_client: list[bytes] = []  # what the JACK server on which PortAudio stands calls it


def portaudio() -> Any:
    """Return sounddevice, PortAudio begun.

    Raises:
        MissingExtra: sounddevice is not installed. DeviceError: PortAudio is not, or does not begin.
    """
    with LOCK:
        if "sounddevice" not in sys.modules:
            with suppress(OSError):
                _name_us(ctypes.CDLL(find_library("portaudio")))
        try:
            import sounddevice
        except ModuleNotFoundError:
            raise MissingExtra("a sound card", "live", "sounddevice") from None
        except OSError as error:
            raise DeviceError(f"PortAudio, which plays through the sound card, does not load ({error}). {INSTALL}") from None
        except Exception as error:  # sounddevice's own class is not there to be named
            raise DeviceError(f"PortAudio does not begin: {error}") from None
        if not _held:
            _held.append(ctypes.CDLL(sounddevice.__dict__["_libname"]))
            _note_client(sounddevice)
            atexit.register(_end)  # comes before sounddevice's own
        return sounddevice


def look_again() -> Any:
    """Have PortAudio look at what is plugged in now; while a stream is open it cannot, and does not."""
    with LOCK:
        library = portaudio()
        if jack_has_gone():
            open_streams.clear()  # of a server that has gone: left as they are
            _begin_a_copy(library)
        if any(not stream.closed for stream in open_streams):
            return library
        for left in reversed(range(TRIES if jack_runs() else 1)):
            _begin(library)
            if _jack_client or not left:
                break
            time.sleep(PAUSE_SECONDS)
        return library


def jack_has_gone() -> bool:
    """Tell whether the JACK server has gone on which PortAudio stands."""
    return bool(_jack_client) and not (_jack_client[0] and _is_client(_jack_client[0]))


def leave_jack() -> None:
    """Take note that the JACK server has gone: a stream on it has ended by itself."""
    _jack_client[:] = [b""]


def _begin(library: Any) -> None:
    """Begin PortAudio, ended first where it has begun."""
    while library._initialized:
        library._terminate()
    _name_us(_held[-1])
    try:
        with quiet_stderr():  # ALSA tells of every card that it has not
            library._initialize()
    except library.PortAudioError as error:
        raise DeviceError(f"PortAudio does not begin: {error}") from None
    _note_client(library)


def _name_us(library: ctypes.CDLL) -> None:
    """Tell PortAudio, before it begins, what JACK shall call it."""
    with suppress(AttributeError):  # built without JACK
        library.PaJack_SetClientName(CLIENT)


def _note_client(library: Any) -> None:
    _jack_client.clear()
    if sys.platform == "linux" and any(JACK in api["name"] for api in library.query_hostapis()):
        name = ctypes.c_char_p()
        _held[-1].PaJack_GetClientName(ctypes.byref(name))
        _jack_client.append(name.value or b"")


def _is_client(name: bytes) -> bool:
    """Ask the JACK server whether it knows a client of this name."""
    with _asking_jack() as (jack, asking):
        found = ctypes.c_void_p(jack.jack_get_uuid_for_client_name(asking, name) if asking else None)
        if found:
            jack.jack_free(found)
        return bool(found)


def jack_period() -> int:
    """Return how many samples the JACK server plays at a time; 0 where none answers."""
    with _asking_jack() as (jack, asking):
        return int(jack.jack_get_buffer_size(asking)) if asking else 0


@contextmanager
def _asking_jack() -> Iterator[tuple[Any, ctypes.c_void_p]]:
    """Yield JACK's library and a client of it, null where no server answers."""
    jack, asking = ctypes.CDLL(JACK_LIBRARY), ctypes.c_void_p()
    for function in (jack.jack_client_open, jack.jack_get_uuid_for_client_name):
        function.restype = ctypes.c_void_p
    with quiet_stderr():
        for left in reversed(range(TRIES if jack_runs() else 1)):
            asking.value = jack.jack_client_open(b"wetdry asks", NO_START_SERVER, None)
            if asking or not left:
                break
            time.sleep(PAUSE_SECONDS)
        try:
            yield jack, asking
        finally:
            if asking:
                jack.jack_client_close(asking)


def _begin_a_copy(library: Any) -> None:
    """Leave PortAudio as it is, and load a copy of it in its place."""
    mapped = (line.split(maxsplit=5)[-1] for line in Path("/proc/self/maps").read_text().splitlines())
    original = next(path for path in mapped if "libportaudio" in path and Path(path).exists())
    with tempfile.TemporaryDirectory() as folder:
        copy = str(shutil.copy(original, Path(folder, f"libportaudio-{len(_held)}.so")))
        _held.append(ctypes.CDLL(copy))
        library._lib, library._initialized = library._ffi.dlopen(copy), 0


def _end() -> None:
    library = portaudio()
    if jack_has_gone():
        library._initialized = 0
    library._exit_handler()
