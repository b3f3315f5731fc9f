"""Writes the files of this folder with PyTorch: weights as torch.save leaves them, and the values they hold.

Needs torch, safetensors and omegaconf. Run it in this folder: python make.py
"""

import argparse
import collections
import os
import sys
import types

import torch
import torch.nn.functional as F
from omegaconf import OmegaConf
from safetensors.torch import save

torch.set_num_threads(1)
torch.manual_seed(0)

HEADS = 6


def stand_in(module, name):
    """A class that no other program knows."""
    made = type(name, (), {"__module__": module})
    parts = module.split(".")
    for end in range(1, len(parts) + 1):
        sys.modules.setdefault(".".join(parts[:end]), types.ModuleType(".".join(parts[:end])))
    setattr(sys.modules[module], name, made)
    return made


def save_file(tensors, path):
    with open(path, "wb") as file:
        file.write(save(tensors))


class Harmful:
    """Runs a command where a pickle is executed."""

    def __reduce__(self):
        return os.system, ("touch executed",)


# --- a vision transformer under DINO's names -----------------------------------------------------------------


def make_vit(dim, depth, hidden, grid=7, patch=8, scale=0.2):
    def draw(*shape):
        return torch.randn(*shape) * scale

    weights = collections.OrderedDict()
    weights["cls_token"] = draw(1, 1, dim)
    weights["pos_embed"] = draw(1, grid * grid + 1, dim)
    weights["patch_embed.proj.weight"] = draw(dim, 3, patch, patch)
    weights["patch_embed.proj.bias"] = draw(dim)
    for i in range(depth):
        shapes = {
            "attn.qkv": (3 * dim, dim),
            "attn.proj": (dim, dim),
            "mlp.fc1": (hidden, dim),
            "mlp.fc2": (dim, hidden),
        }
        for norm in ("norm1", "norm2"):
            weights[f"blocks.{i}.{norm}.weight"] = 1 + draw(dim)
            weights[f"blocks.{i}.{norm}.bias"] = draw(dim)
        for name, shape in shapes.items():
            weights[f"blocks.{i}.{name}.weight"] = draw(*shape)
            weights[f"blocks.{i}.{name}.bias"] = draw(shape[0])
    weights["norm.weight"] = 1 + draw(dim)
    weights["norm.bias"] = draw(dim)
    return weights


def features(weights, images, heads):
    """Last-block features [B, dim, h, w] of normalised images whose grid is that of the position embedding."""
    weights = {name: value.float() for name, value in weights.items()}
    dim = weights["cls_token"].shape[2]
    patch = weights["patch_embed.proj.weight"].shape[2]
    x = F.conv2d(images, weights["patch_embed.proj.weight"], weights["patch_embed.proj.bias"], stride=patch)
    batch, _, height, width = x.shape
    x = torch.cat([weights["cls_token"].expand(batch, -1, -1), x.flatten(2).transpose(1, 2)], 1)
    x = x + weights["pos_embed"]
    depth = sum(name.endswith("norm1.weight") for name in weights)

    def norm(x, name):
        return F.layer_norm(x, (dim,), weights[f"{name}.weight"], weights[f"{name}.bias"], 1e-6)

    def linear(x, name):
        return F.linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"])

    for i in range(depth):
        block = f"blocks.{i}"
        qkv = linear(norm(x, f"{block}.norm1"), f"{block}.attn.qkv")
        q, k, v = qkv.reshape(batch, -1, 3, heads, dim // heads).permute(2, 0, 3, 1, 4)
        attention = ((q @ k.transpose(-2, -1)) * (dim // heads) ** -0.5).softmax(-1)
        x = x + linear((attention @ v).transpose(1, 2).reshape(batch, -1, dim), f"{block}.attn.proj")
        x = x + linear(F.gelu(linear(norm(x, f"{block}.norm2"), f"{block}.mlp.fc1")), f"{block}.mlp.fc2")
    return norm(x, "norm")[:, 1:].transpose(1, 2).reshape(batch, dim, height, width)


def test_image():
    """A normalised input [1, 3, 56, 56] that tests make likewise."""
    return ((torch.arange(3 * 56 * 56) * 37 % 101).float() / 50 - 1).reshape(1, 3, 56, 56)


# --- tensors of every kind -----------------------------------------------------------------------------------


def write_tensors():
    base = torch.arange(24, dtype=torch.float32).reshape(4, 6)
    halves = torch.tensor([1.5, -0.0, float("inf"), float("nan"), 6e-8])
    tensors = {
        "f64": torch.tensor([[1e300, -1.0], [0.1, 5e-324]], dtype=torch.float64),
        "f32": base,
        "f16": halves.half(),
        "bf16": halves.bfloat16(),
        "i64": torch.tensor([-(2**63), 2**63 - 1]),
        "i32": torch.tensor([-(2**31), 2**31 - 1], dtype=torch.int32),
        "i16": torch.tensor([-(2**15), 2**15 - 1], dtype=torch.int16),
        "i8": torch.tensor([-128, 127], dtype=torch.int8),
        "u8": torch.tensor([0, 255], dtype=torch.uint8),
        "bool": torch.tensor([True, False, True]),
        "scalar": torch.tensor(3.25),
        "empty": torch.zeros(0, 4),
        "parameter": torch.nn.Parameter(torch.tensor([1.0, 2.0])),
        # Views of the storage of f32:
        "transposed": base.t(),
        "slice": base[1:3, ::2],
        "column": base[:, 5],
        "expanded": base[0, 3].expand(3, 5),
    }
    u16 = {"u16": torch.tensor([0, 65535], dtype=torch.uint16)}
    refused = {
        "complex": torch.tensor([1 + 2j]),
        "quantised": torch.quantize_per_tensor(torch.tensor([1.0]), 0.1, 0, torch.qint8),
        "float8": torch.tensor([1.0]).to(torch.float8_e4m3fn),
    }
    described = {
        "numbers": [1, -1, 2**40, -(2**70), 0.5, float("nan")],
        "text": 'Zürich "quoted"\n',
        "nothing": None,
        "yes": True,
        "bytes": b"\x00\xff",
        "tuple": (1, (2, ())),
        "set": {7},
        "size": torch.Size([2, 3]),
        "ordered": collections.OrderedDict(a=1),
        "default": collections.defaultdict(list, b=[2]),
        "keys": {1: "integer", (1, 2): "tuple"},
        "namespace": argparse.Namespace(arch="vit_small", lr=0.0005),
        "dtype": torch.float16,
        "harmful": Harmful(),
    }
    unknown = stand_in("nowhere.at_all", "Stranger")()
    unknown.answer = 42
    unknown.itself = unknown
    content = {"tensors": {**tensors, **u16}, "refused": refused, "described": described, "unknown": unknown}
    torch.save(content, "tensors.pth")
    for protocol in (3, 4, 5):
        torch.save({"a": base, "text": "x" * 300}, f"protocol{protocol}.pth", pickle_protocol=protocol)
    del content["refused"]["quantised"], content["refused"]["float8"]
    del content["tensors"]["u16"]
    torch.save(content, "tensors.legacy.pth", _use_new_zipfile_serialization=False)
    expected = {name: value.detach().contiguous().clone() for name, value in {**tensors, **u16}.items()}
    save_file(expected, "tensors.safetensors")


# --- checkpoints of STEGO ------------------------------------------------------------------------------------


def official_config(**changes):
    return OmegaConf.create(
        {
            "output_root": "../",
            "pytorch_data_dir": "/datadrive/pytorch-data/",
            "experiment_name": "exp1",
            "max_steps": 5000,
            "batch_size": 16,
            "num_neighbors": 7,
            "dataset_name": "cocostuff27",
            "res": 224,
            "loader_crop_type": "center",
            "extra_clusters": 0,
            "model_type": "vit_small",
            "arch": "dino",
            "dino_feat_type": "feat",
            "projection_type": "nonlinear",
            "dino_patch_size": 8,
            "continuous": True,
            "dim": 70,
            "dropout": True,
            "zero_clamp": True,
            "lr": 5e-4,
            "pretrained_weights": None,
            "stabalize": False,
            "pointwise": True,
            "feature_samples": 11,
            "neg_samples": 5,
            "neg_inter_weight": 0.63,
            "pos_inter_weight": 0.25,
            "pos_intra_weight": 0.67,
            "neg_inter_shift": 0.46,
            "pos_inter_shift": 0.12,
            "pos_intra_shift": 0.18,
            **changes,
        }
    )


def head(channels, dim, names):
    layers = {names[0]: (dim, channels), names[1]: (channels, channels), names[2]: (dim, channels)}
    weights = {}
    for name, shape in layers.items():
        weights[f"{name}.weight"] = torch.randn(*shape, 1, 1) * 0.2
        weights[f"{name}.bias"] = torch.randn(shape[0]) * 0.2
    return weights


def codes_of(maps, weights, names):
    def conv(x, name):
        return F.conv2d(x, weights[f"{name}.weight"], weights[f"{name}.bias"])

    return conv(maps, names[0]) + conv(F.relu(conv(maps, names[1])), names[2])


def write_official():
    dim, channels, classes, extra = 12, 48, 5, 2
    vit = make_vit(channels, depth=2, hidden=8)
    names = ("net.cluster1.0", "net.cluster2.0", "net.cluster2.2")
    state = collections.OrderedDict((f"net.model.{name}", value) for name, value in vit.items())
    state.update(head(channels, dim, names))
    state["train_cluster_probe.clusters"] = torch.randn(classes, dim)
    state["cluster_probe.clusters"] = torch.randn(classes + extra, dim)
    state["linear_probe.weight"] = torch.randn(classes, dim, 1, 1)
    state["linear_probe.bias"] = torch.randn(classes)
    state["decoder.weight"] = torch.randn(channels, dim, 1, 1)
    state["decoder.bias"] = torch.randn(channels)
    config = official_config(
        dim=dim,
        extra_clusters=extra,
        zero_clamp=False,
        stabalize=True,
        pointwise=False,
        dropout=False,
        loader_crop_type=None,
        res=56,
        feature_samples=7,
        lr=0.001,
    )
    callback = stand_in("pytorch_lightning.callbacks.model_checkpoint", "ModelCheckpoint")
    checkpoint = {
        "epoch": 3,
        "global_step": 4200,
        "pytorch-lightning_version": "1.5.9",
        "state_dict": state,
        "callbacks": {callback: {"monitor": "test/cluster/mIoU", "best": stand_in("nowhere.at_all", "Score")()}},
        "optimizer_states": [
            {"state": {0: {"step": 4200, "exp_avg": torch.zeros(2)}}, "param_groups": [{"lr": 0.001, "params": [0]}]}
        ],
        "lr_schedulers": [],
        "hparams_name": "kwargs",
        "hyper_parameters": {"n_classes": classes, "cfg": config},
    }
    torch.save(checkpoint, "official.ckpt")

    pixels = (torch.arange(56 * 56 * 3) * 37 % 251).to(torch.uint8).reshape(56, 56, 3)
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    image = ((pixels / 255 - mean) / std).permute(2, 0, 1)[None]
    codes = codes_of(features(vit, image, HEADS), state, names)
    mirrored = codes_of(features(vit, image.flip(3), HEADS), state, names).flip(3)
    enlarged = F.interpolate((codes + mirrored) / 2, (56, 56), mode="bilinear", align_corners=False)
    cosines = torch.einsum(
        "bchw,kc->bkhw", F.normalize(enlarged, dim=1), F.normalize(state["cluster_probe.clusters"], dim=1)
    )
    linear = F.conv2d(enlarged, state["linear_probe.weight"], state["linear_probe.bias"])
    expected = {
        "codes": codes,
        "online": cosines.argmax(1)[0].to(torch.uint8),
        "linear": linear.argmax(1)[0].to(torch.uint8),
    }
    save_file(expected, "official.safetensors")


def write_leggedrobotics():
    dim, channels, classes = 6, 12, 4
    names = ("segmentation_head.linear.0", "segmentation_head.nonlinear.0", "segmentation_head.nonlinear.2")
    vit = make_vit(channels, depth=1, hidden=12)
    state = collections.OrderedDict((f"backbone.model.{name}", value) for name, value in vit.items())
    state.update(head(channels, dim, names))
    state["cluster_probe.clusters"] = torch.randn(classes, dim)
    state["linear_probe.weight"] = torch.randn(classes, dim, 1, 1)
    state["linear_probe.bias"] = torch.randn(classes)
    config = OmegaConf.create(
        {
            "backbone": "dino",
            "backbone_type": "vit_small",
            "patch_size": 8,
            "dropout_p": 0.1,
            "pretrained_weights": None,
            "dim": dim,
            "extra_clusters": 0,
            "lr": 5e-4,
            "linear_lr": 5e-3,
            "cluster_lr": 4e-3,
        }
    )
    checkpoint = {
        "epoch": 0,
        "global_step": 10,
        "state_dict": state,
        "hyper_parameters": {"n_classes": classes, "n_image_clusters": 0, "cfg": config},
    }
    torch.save(checkpoint, "leggedrobotics.ckpt", _use_new_zipfile_serialization=False)
    codes = codes_of(features(vit, test_image(), HEADS), state, names)
    save_file({"codes": codes}, "leggedrobotics.safetensors")


# --- one backbone under the names of DINO, timm and Hugging Face ---------------------------------------------


def hugging_face(weights):
    renamed = {
        "cls_token": "embeddings.cls_token",
        "pos_embed": "embeddings.position_embeddings",
        "patch_embed.proj": "embeddings.patch_embeddings.projection",
        "norm1": "layernorm_before",
        "norm2": "layernorm_after",
        "attn.proj": "attention.output.dense",
        "mlp.fc1": "intermediate.dense",
        "mlp.fc2": "output.dense",
        "norm": "layernorm",
    }
    result = collections.OrderedDict()
    for name, value in weights.items():
        layer, part = "", name
        if name.startswith("blocks."):
            _, number, part = name.split(".", 2)
            layer = f"encoder.layer.{number}."
        stem, dot, kind = part.rpartition(".")
        if stem == "attn.qkv":
            for key, third in zip(("query", "key", "value"), value.chunk(3)):
                result[f"{layer}attention.attention.{key}.{kind}"] = third
        else:
            result[layer + (f"{renamed[stem]}.{kind}" if dot else renamed[part])] = value
    return result


def write_backbones():
    vit = {name: value.half() for name, value in make_vit(12, depth=2, hidden=12).items()}
    head = {"head.weight": torch.zeros(2, 12), "head.bias": torch.zeros(2)}
    torch.save({**vit, **head}, "timm.pth", _use_new_zipfile_serialization=False)
    classifier = {"classifier.weight": torch.zeros(2, 12), "classifier.bias": torch.zeros(2)}
    with_prefix = {f"vit.{name}": value for name, value in hugging_face(vit).items()}
    torch.save({**with_prefix, **classifier}, "huggingface.pth")
    student = {f"module.backbone.{name}": torch.zeros(1).expand(value.shape) for name, value in vit.items()}
    teacher = {f"backbone.{name}": value for name, value in vit.items()}
    checkpoint = {
        "student": {**student, "module.head.last_layer.weight_v": torch.zeros(2, 2)},
        "teacher": {**teacher, "head.last_layer.weight_v": torch.zeros(2, 2)},
        "epoch": 100,
        "args": argparse.Namespace(arch="vit_small", patch_size=8),
    }
    torch.save(checkpoint, "dino.pth")
    expected = {"one_head": features(vit, test_image(), 1), "six_heads": features(vit, test_image(), HEADS)}
    save_file({name: value.contiguous() for name, value in expected.items()}, "backbones.safetensors")


if __name__ == "__main__":
    write_tensors()
    write_official()
    write_leggedrobotics()
    write_backbones()
