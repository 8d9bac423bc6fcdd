"""The low-pass filters between a rate and its double, linear-phase, as `design` found them.

| filter | between | taps | passes, within | stops, at least |
|---|---|---|---|---|
| HALF_BAND_2X | 1x → 2x | 131 | 0 to 0.4535 of the host's rate, 0.0001 dB | from 0.5465, 100 dB |
| DECIMATOR | 2x → 1x | 203 | 0 to 0.4535, 0.007 dB | from 0.5, 101 dB |
| HALF_BAND_4X | 2x ↔ 4x | 23 | 0 to 0.5, 0.0001 dB | from 1.5, 104 dB |
| HALF_BAND_8X | 4x ↔ 8x | 15 | 0 to 0.5, 0.00001 dB | from 3.5, 122 dB |

0.4535 is 20 kHz at 44.1 kHz, 21.8 kHz at 48 kHz. In a half-band filter every second tap is 0 and the middle one 0.5, which
halves the work, but it is only 6 dB down at half the lower rate. That serves on the way up, where what it leaves are
images of the input's top octave edge. On the way down it would fold a band of harmonics above 24 kHz to just below it, so
there an ordinary filter stops from the host's Nyquist frequency on.

The taps are kept here because scipy.signal takes longer to import (0.7 s) than to design them; a test designs them anew.
"""

import numpy as np

PASSED = 20000.0 / 44100.0  # of the host's rate

# Each filter's first half; the other mirrors it. Half-band filters: every second tap, without the middle.
DECIMATOR = (
    3.13459754e-05, 6.11460634e-05, 8.69089496e-06, -0.000138201422, -0.000228447207, -0.000123242868, 5.71254804e-05,
    5.97814994e-05, -9.92671306e-05, -0.000123430744, 6.69284676e-05, 0.000150075132, -5.14938148e-05, -0.000196845022,
    1.17661714e-05, 0.000236724712, 4.05763923e-05, -0.000273456224, -0.000111723228, 0.000298572232, 0.000199419995,
    -0.000307626827, -0.000302688817, 0.000294409769, 0.000418036726, -0.000253435867, -0.000540599113, 0.000179699941,
    0.000663904169, -6.90327368e-05, -0.000779721558, -8.1151908e-05, 0.000878546077, 0.000271727644, -0.000949595409,
    -0.000501144356, 0.000981477781, 0.00076530404, -0.000962562296, -0.00105721498, 0.000881625032, 0.00136690051,
    -0.000728435779, -0.00168130218, 0.000494504004, 0.00198432984, -0.000173986097, -0.00225738181, -0.000235814982,
    0.00247963321, 0.000733690755, -0.00262867297, -0.00131395671, 0.00268123909, 0.00196596015, -0.0026141055,
    -0.00267372719, 0.00240515095, 0.00341600083, -0.00203414183, -0.00416604574, 0.00148391288, 0.00489190652,
    -0.000741409863, -0.00555690723, -0.000201571251, 0.0061200104, 0.00134751498, -0.00653644413, -0.00269263929,
    0.00675819839, 0.00422641963, -0.00673456539, -0.00593152429, 0.00641225761, 0.0077839859, -0.00573486053,
    -0.00975338055, 0.00464172205, 0.0118037474, -0.00306475857, -0.0138943836, 0.000922666275, 0.0159808175, 0.00188957711,
    -0.0180164834, -0.00552136993, 0.0199539185, 0.0102062383, -0.0217462759, -0.016345675, 0.0233491644, 0.0247057909,
    -0.0247218725, -0.0369497738, 0.0258288972, 0.0574477956, -0.0266413193, -0.102323478, 0.0271375777, 0.317041328,
    0.472695544,
)  # fmt: skip

HALF_BAND_2X = (
    1.06007736e-05, -1.8014806e-05, 3.2822607e-05, -5.51493422e-05, 8.74870056e-05, -0.000132845407, 0.000194787343,
    -0.000277486344, 0.000385762042, -0.00052512417, 0.000701821914, -0.000922895621, 0.00119624545, -0.00153073094,
    0.00193631251, -0.00242425896, 0.00300746039, -0.00370089863, 0.00452235365, -0.00549347551, 0.00664143005,
    -0.00800146342, 0.00962099447, -0.0115663592, 0.0139343801, -0.0168732425, 0.0206226766, -0.0255979964, 0.0325861777,
    -0.0432780003, 0.0620771638, -0.105145505, 0.317989465,
)  # fmt: skip

HALF_BAND_4X = (
    -0.000346945703, 0.00251315302, -0.0101587232, 0.0305520691, -0.0819812159, 0.309418752,
)  # fmt: skip

HALF_BAND_8X = (
    -0.00160173377, 0.0137199061, -0.0628171466, 0.300698643,
)  # fmt: skip


def half_band(first_half: tuple[float, ...]) -> np.ndarray:
    """Return all taps of a half-band filter, float64, sum 1."""
    taps = np.zeros(4 * len(first_half) - 1)
    taps[0::2] = [*first_half, *reversed(first_half)]
    taps[len(taps) // 2] = 0.5
    return taps


def up_filter(factor: int) -> np.ndarray:
    """Return the filter that makes `factor` times the host's rate of half of that; 2, 4 or 8."""
    return half_band({2: HALF_BAND_2X, 4: HALF_BAND_4X, 8: HALF_BAND_8X}[factor])


def down_filter(factor: int) -> np.ndarray:
    """Return the filter before every second sample of `factor` times the host's rate is dropped; 2, 4 or 8."""
    return np.array([*DECIMATOR, *DECIMATOR[-2::-1]]) if factor == 2 else up_filter(factor)


def design() -> dict[str, np.ndarray]:
    """Return the first halves by name, designed anew: equiripple, by Parks and McClellan's exchange.

    A half-band filter comes from one with a single band, half as long (P. P. Vaidyanathan and T. Q. Nguyen, "A 'trick'
    for the design of FIR half-band filters", IEEE Trans. Circuits and Systems, 1987).
    """
    from scipy.signal import remez

    def one_band(taps: int, passed: float) -> np.ndarray:
        return remez((taps + 1) // 2, [0.0, 2.0 * passed], [1.0], fs=1.0, grid_density=32)[: (taps + 1) // 4] / 2.0

    ordinary = remez(203, [0.0, PASSED / 2, 0.25, 0.5], [1.0, 0.0], weight=[1.0, 100.0], fs=1.0, maxiter=200, grid_density=32)
    return {
        "DECIMATOR": ordinary[:102],
        "HALF_BAND_2X": one_band(131, PASSED / 2),
        "HALF_BAND_4X": one_band(23, 0.5 / 4),
        "HALF_BAND_8X": one_band(15, 0.5 / 8),
    }
