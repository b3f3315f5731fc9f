"""Records what the self-test of `stego doctor` compares with, from the official implementation.

    python test/doctor/record.py <clone of mhamilton723/STEGO at eb4d6b5> > lib/doctor/recorded.ts
    npm run check -- --fix

Needs torch, numpy, scipy, safetensors and pydensecrf (recorded with pydensecrf2 1.1, which gives the numbers of
test/golden/crf bit for bit); what else the official files import is not used by what runs here and replaced by nothing. The inputs are made from integers, the same way as in lib/doctor/recorded.ts, so that
only results have to be kept: of each tensor some values, evenly spread.
"""

import json
import sys
from pathlib import Path
from unittest.mock import MagicMock

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file

official, root = Path(sys.argv[1]), Path(__file__).parents[2]
sys.path.insert(0, str(official / "src"))
for name in [
    "matplotlib", "matplotlib.pyplot", "wget", "torch._six", "torchmetrics", "torchvision", "torchvision.transforms",
    "torchvision.transforms.functional", "torch.utils.tensorboard", "torch.utils.tensorboard.summary",
]:  # fmt: skip
    sys.modules[name] = MagicMock()


class Metric:
    """What of torchmetrics the official metric uses."""

    def __init__(self, **_):
        pass

    def add_state(self, name, default, **_):
        setattr(self, name, default)


sys.modules["torchmetrics"].Metric = Metric
sys.modules["torch._six"].string_classes = (str,)
torch.utils.data._utils.collate.np_str_obj_array_pattern = None

import crf  # noqa: E402
import dino.vision_transformer as vits  # noqa: E402
import modules  # noqa: E402
from utils import UnsupervisedMetrics  # noqa: E402

torch.set_num_threads(1)


# The inputs, as in lib/doctor/recorded.ts.


def scattered(seed, count):
    """32-bit integers in no order."""
    x = (np.arange(count, dtype=np.uint64) + seed * 65537) & 0xFFFFFFFF
    for _ in range(2):
        x = ((x ^ (x >> 16)) * 0x45D9F3B) & 0xFFFFFFFF
    return x ^ (x >> 16)


def numbers(seed, *shape):
    """Multiples of 2^-19 in [-1, 1)."""
    values = (scattered(seed, int(np.prod(shape))) >> 12).astype(np.float64) / 2**19 - 1
    return torch.tensor(values.reshape(shape), dtype=torch.float32)


def picture(width, height, cell, noise):
    """Squares of several colors under some noise, [height, width, 3]."""
    y, x, c = np.mgrid[:height, :width, :3]
    color = (x // cell) * 53 + (y // cell) * 91 + c * 67
    return ((color + scattered(1, y.size).reshape(y.shape) % noise) % 256).astype(np.uint8)


# What is kept of a result.


def spread(tensor, count):
    flat = tensor.detach().reshape(-1)
    return [value(flat[i * len(flat) // count]) for i in range(count)]


def value(number):
    """The shortest digits that give the same float32."""
    return float(str(np.float32(number.item())))


def backbone():
    model = vits.vit_tiny(patch_size=8)
    state = load_file(root / "weights" / "starter-vit-tiny8.safetensors")
    print(model.load_state_dict(state, strict=False), file=sys.stderr)
    model.eval()
    pixels = torch.tensor(picture(224, 224, 16, 32)).permute(2, 0, 1).to(torch.float32) / 255
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    with torch.no_grad():
        feat = model.get_intermediate_feat(((pixels - mean[:, None, None]) / std[:, None, None])[None])[0][0]
    return spread(feat[0, 1:].T, 48)


def correspondence():
    class Config:
        pointwise, zero_clamp, stabalize, use_salience = True, True, False, False
        pos_intra_shift, pos_inter_shift, neg_inter_shift = 0.18, 0.12, 0.46
        feature_samples, neg_samples = 5, 5

    coordinates = [numbers(15, 4, 5, 5, 2), numbers(16, 4, 5, 5, 2)]
    pairings = [torch.tensor([(i + 1 + j % 3) % 4 for i in range(4)]) for j in range(5)]
    draws, others = iter(coordinates), iter(pairings)
    rand = torch.rand
    torch.rand = lambda *_, **__: (next(draws) + 1) / 2  # the official code multiplies by 2 and subtracts 1
    modules.super_perm = lambda *_: next(others)
    features, positive_features = numbers(11, 4, 24, 8, 8), numbers(12, 4, 24, 8, 8)
    codes, positive_codes = numbers(13, 4, 10, 8, 8), numbers(14, 4, 10, 8, 8)
    codes.requires_grad_(), positive_codes.requires_grad_()
    loss = modules.ContrastiveCorrelationLoss(Config)
    own, _, knn, _, negative, _ = loss(features, positive_features, None, None, codes, positive_codes)
    torch.rand = rand
    total = 0.67 * own + 0.25 * knn + 0.63 * negative.mean()
    total.backward()
    return {
        "losses": [value(x) for x in (total, own, knn, negative.mean())],
        "gradients": spread(codes.grad, 24) + spread(positive_codes.grad, 24),
    }


def cluster_probe():
    probe = modules.ClusterLookup(10, 8)
    probe.clusters.data = numbers(21, 8, 10)
    codes = numbers(22, 2, 10, 6, 6).requires_grad_()
    loss, probabilities = probe(codes, 2.0)
    loss.backward()
    return {
        "loss": value(loss),
        "probabilities": spread(probabilities, 16),
        "gradients": spread(codes.grad, 16) + spread(probe.clusters.grad, 16),
    }


def dense_crf():
    width, height = 48, 40
    scores = (numbers(31, 2, height, width) + 1) / 4
    scores = torch.cat([scores, 1 - scores.sum(0, keepdim=True)])
    # The last class is the likeliest: another one in each third of the picture.
    probabilities = torch.cat([scores[:, :, i * 16 : i * 16 + 16].roll(i, 0) for i in range(3)], 2)
    image = picture(width, height, 8, 4)
    # The official function takes an image tensor and logits: give it those that lead to these bytes and probabilities.
    crf.VF.to_pil_image, crf.unnorm = (lambda _: image), (lambda tensor: tensor)
    crf.F = MagicMock()
    crf.F.interpolate.return_value.squeeze.return_value = None
    crf.F.softmax.return_value = probabilities
    return spread(torch.tensor(crf.dense_crf(None, MagicMock())), 48)


def neighbors():
    """As precompute_knns.py searches."""
    features = F.normalize(numbers(41, 200, 24), dim=1)
    similarities, found = torch.topk(torch.einsum("nf,mf->nm", features, features), 6)
    gap = (similarities[::10, :-1] - similarities[::10, 1:]).min().item()
    print(f"smallest difference of neighbors: {gap}", file=sys.stderr)
    return found[::10, 1:].reshape(-1).tolist()


def metric():
    truth = scattered(51, 3000) % 27
    guess = scattered(52, 3000)
    predicted = np.where(guess % 10 < 6, (truth * 5 + 3) % 27, guess // 16 % 27)
    score = UnsupervisedMetrics("", 27, 0, True)
    score.update(torch.tensor(predicted.astype(np.int64)), torch.tensor(truth.astype(np.int64)))
    figures = score.compute()
    return {"accuracy": figures["Accuracy"], "miou": figures["mIoU"]}


recorded = {
    "backbone": backbone(),
    "correspondence": correspondence(),
    "clusterProbe": cluster_probe(),
    "denseCrf": dense_crf(),
    "neighbors": neighbors(),
    "metric": metric(),
}
print("/**")
print(" * Results of the official implementation (mhamilton723/STEGO eb4d6b5 on torch 2.13.0, pydensecrf2 1.1) for the inputs")
print(" * of inputs.ts, written by test/doctor/record.py; of each tensor some values, evenly spread.")
print(" */")
print(f"export const RECORDED = {json.dumps(recorded)}")
