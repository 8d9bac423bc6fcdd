import numpy as np
import pytest
import torch
from auraloss.freq import MultiResolutionSTFTLoss
from scipy.signal import lfilter

from wetdry.models import losses
from wetdry.models.errors import UnknownName


@pytest.fixture
def pair():
    torch.manual_seed(0)
    target = 0.1 * torch.randn(3, 9600)
    return target + 0.01 * torch.randn(3, 9600), target


def test_ratios_equal_their_definitions(pair):
    prediction, target = pair
    p, t = (x.double().numpy() for x in pair)
    np.testing.assert_allclose(losses.esr(prediction, target), ((p - t) ** 2).sum(1) / (t**2).sum(1), rtol=1e-5)
    pe, te = (lfilter([1, -0.85], 1, x)[:, 1:] for x in (p, t))
    np.testing.assert_allclose(losses.emphasised_esr(prediction, target), ((pe - te) ** 2).sum(1) / (te**2).sum(1), rtol=1e-5)


def test_the_classic_and_the_spectral_loss_equal_their_definitions(pair):
    prediction, target = pair
    error = (prediction - target).double().numpy()
    emphasised = lfilter([1, -0.95], 1, error)[:, 1:]
    power = losses.TakePower.of(target)
    want = np.mean(error**2) + 0.5 * np.mean(emphasised**2)
    assert float(losses.named("mse+emphasised")(prediction, target, power, 0)) == pytest.approx(want, rel=1e-5)
    rms = np.sqrt(np.mean(target.double().numpy() ** 2, axis=1, keepdims=True))
    unit = [(x / torch.from_numpy(rms)).float()[:, None] for x in pair]
    want = np.mean(np.abs(error) / rms) + float(MultiResolutionSTFTLoss(eps=1e-4)(*unit))
    assert float(losses.named("l1+stft")(prediction, target, power, 0)) == pytest.approx(want, rel=1e-4)


@pytest.mark.parametrize("name", sorted(set(losses.LOSSES) - {"esr+level", "mse+emphasised"}))  # a floor in dBFS; full scale
def test_a_quiet_take_counts_as_much_as_a_loud_one(pair, name):
    prediction, target = pair
    gain = torch.tensor([[1.0], [1e-2], [10.0]])
    loss = losses.named(name)
    even = loss(prediction, target, losses.TakePower.of(target), 0)
    uneven = loss(prediction * gain, target * gain, losses.TakePower.of(target * gain), 0)
    torch.testing.assert_close(uneven, even, rtol=1e-3, atol=1e-6)


def test_a_silent_moment_inside_a_take_is_weighed_with_the_take():
    target, prediction = torch.zeros(1, 4800), torch.full((1, 4800), 1e-3)
    power = losses.TakePower(torch.tensor([0.01]), torch.tensor([0.001]))
    torch.testing.assert_close(losses.esr(prediction, target, power), torch.tensor([1e-4]))
    assert losses.full(prediction, target, power, 0).isfinite()


@pytest.mark.parametrize("quiet", [0.0, 1e-7, 1e-4])
def test_near_silence_the_slope_stays_bounded(quiet):
    torch.manual_seed(0)
    target = quiet * torch.randn(1, 6144)
    prediction = (target + 1e-3 * torch.randn(1, 6144)).requires_grad_()
    power = losses.TakePower(torch.tensor([1e-2]), torch.tensor([1e-3]))
    (slope,) = torch.autograd.grad(losses.full(prediction, target, power, 0), prediction)
    assert 0 < slope.norm() < 1


@pytest.mark.parametrize("name", losses.LOSSES)
def test_zero_at_the_target_and_its_gradient_points_there(pair, name):
    prediction, target = (x.clone() for x in pair)
    loss, power = losses.named(name), losses.TakePower.of(target)
    assert abs(float(loss(target, target, power, 0))) < 1e-6
    prediction.requires_grad_()
    before = loss(prediction, target, power, 0)
    (slope,) = torch.autograd.grad(before, prediction)
    after = loss(prediction - 1e-3 * slope / slope.norm(), target, power, 0)
    assert after < before


def test_spectral_part_sees_every_item_in_turn(pair):
    prediction, target = pair
    power = losses.TakePower.of(target)
    both = [(losses.full(prediction, target, power, s), losses.balanced(prediction, target, power, s)) for s in range(12)]
    extra = {round(float(full - balanced), 9) for full, balanced in both}
    assert len(extra) == 4  # nothing, and each of three items


def test_unknown_loss_lists_near_misses():
    with pytest.raises(UnknownName, match=r"esr\+stft"):
        losses.named("esr+sft")


def test_the_level_distance_is_the_error_of_a_gain():
    torch.manual_seed(0)
    dry = 0.3 * torch.randn(2, 9600)
    gain = torch.tensor([[0.5], [0.05]])
    found = losses.level_distance(1.1 * gain * dry, gain * dry)
    assert (found < np.log(1.1) ** 2).all() and (found > 0.7 * np.log(1.1) ** 2).all(), "as much where it is turned down"
    assert losses.level_distance(torch.full((1, 100), 1e-5), torch.zeros(1, 100)) < 1e-3, "silence is silence"
    assert losses.level_distance(dry, dry).max() == 0


def test_the_level_loss_is_sure_of_its_slope_at_silence():
    prediction = torch.zeros(1, 100, requires_grad=True)
    power = losses.TakePower(torch.tensor([1e-2]), torch.tensor([1e-3]))
    (slope,) = torch.autograd.grad(losses.level(prediction, torch.full((1, 100), 1e-3), power, 0), prediction)
    assert slope.isfinite().all()
