"""How far an estimate is from its target: the field's metrics, in numpy, each with its source."""

from .aliasing import ALIASING_FREQUENCIES_HZ, ALIASING_LENGTH, ALIASING_LEVELS_DBFS, aliasing_ratio_db, aliasing_table
from .error import QUIET_DBFS, dc_error, esr, level_dbfs, preemphasis, preemphasised_esr, segment_esr
from .gain import gain_error_db, gain_trace_db
from .loudness import loudness, loudness_difference
from .perception import MfccDistance, mfcc, mfcc_distance, predicted_mushra
from .spectrum import RESOLUTIONS, mr_stft, mr_stft_many
from .zipper import high_share_db, ramps, still

__all__ = [
    "ALIASING_FREQUENCIES_HZ",
    "ALIASING_LENGTH",
    "ALIASING_LEVELS_DBFS",
    "QUIET_DBFS",
    "RESOLUTIONS",
    "MfccDistance",
    "aliasing_ratio_db",
    "aliasing_table",
    "dc_error",
    "esr",
    "gain_error_db",
    "gain_trace_db",
    "high_share_db",
    "level_dbfs",
    "loudness",
    "loudness_difference",
    "mfcc",
    "mfcc_distance",
    "mr_stft",
    "mr_stft_many",
    "predicted_mushra",
    "preemphasis",
    "preemphasised_esr",
    "ramps",
    "segment_esr",
    "still",
]
