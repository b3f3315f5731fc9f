"""The same work by Python torch: what the benchmarks of this folder compare with, written from the formulas.

Started by peer.ts. Reads a line of JSON per request and answers with one: {"prepare": id, "work": {...}} builds the work
and returns its facts, {"run": id} does it once and returns its milliseconds, {"save": id, "path": ...} writes its
result as raw float32, {"forget": id} frees it.
"""

import gc
import json
import math
import struct
import sys
import time

import torch
import torch.nn.functional as F

DEVICE = torch.device(sys.argv[1] if torch.cuda.is_available() else "cpu")
ON_GPU = DEVICE.type == "cuda"
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def synchronize():
    if ON_GPU:
        torch.cuda.synchronize(DEVICE)


def read_safetensors(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    header.pop("__metadata__", None)
    return {
        name: torch.frombuffer(data, dtype=torch.float32, count=math.prod(entry["shape"]), offset=entry["data_offsets"][0])
        .view(entry["shape"])
        .clone()
        for name, entry in header.items()
    }


def pictures(side, batch):
    """The pictures of backbone.ts, [batch, side, side, 3] bytes."""
    i = torch.arange(side * side * 3)
    picture = ((i * 7919 + (i >> 9) * 31) % 256).to(torch.uint8).view(side, side, 3)
    return picture.expand(batch, -1, -1, -1).contiguous()


def normalize_pixels(pixels, dtype):
    mean = torch.tensor(MEAN, device=pixels.device).view(3, 1, 1)
    std = torch.tensor(STD, device=pixels.device).view(3, 1, 1)
    return ((pixels.permute(0, 3, 1, 2).float() / 255 - mean) / std).to(dtype).contiguous()


class Vit(torch.nn.Module):
    """DINO's vision transformer; the output of the last block, normed, without the class token."""

    def __init__(self, weights, dtype):
        super().__init__()
        self.names = {name: name.replace(".", "_") for name in weights}
        for name, value in weights.items():
            self.register_buffer(self.names[name], value.to(DEVICE, dtype))
        self.dim = weights["cls_token"].shape[-1]
        self.heads = self.dim // 64
        self.patch = weights["patch_embed.proj.weight"].shape[-1]
        self.depth = 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("blocks."))

    def get(self, name):
        return getattr(self, name.replace(".", "_"))

    def layer(self, x, name):
        return F.linear(x, self.get(f"{name}.weight"), self.get(f"{name}.bias"))

    def norm(self, x, name):
        return F.layer_norm(x, (self.dim,), self.get(f"{name}.weight"), self.get(f"{name}.bias"), 1e-6)

    def positions(self, rows, columns):
        table = self.get("pos_embed")
        side = math.isqrt(table.shape[1] - 1)
        if rows == columns == side:
            return table
        grid = table[:, 1:].float().view(1, side, side, -1).permute(0, 3, 1, 2)
        scale = ((rows + 0.1) / side, (columns + 0.1) / side)
        grid = F.interpolate(grid, scale_factor=scale, mode="bicubic", recompute_scale_factor=False)
        grid = grid.permute(0, 2, 3, 1).reshape(1, rows * columns, -1)
        return torch.cat((table[:, :1], grid.to(table.dtype)), 1)

    def forward(self, x, positions):
        x = F.conv2d(x, self.get("patch_embed.proj.weight"), self.get("patch_embed.proj.bias"), stride=self.patch)
        x = x.flatten(2).transpose(1, 2)
        x = torch.cat((self.get("cls_token").expand(x.shape[0], -1, -1), x), 1) + positions
        batch, tokens, dim = x.shape
        for i in range(self.depth):
            block = f"blocks.{i}"
            qkv = self.layer(self.norm(x, f"{block}.norm1"), f"{block}.attn.qkv")
            q, k, v = qkv.view(batch, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
            attended = F.scaled_dot_product_attention(q, k, v)
            x = x + self.layer(attended.transpose(1, 2).reshape(batch, tokens, dim), f"{block}.attn.proj")
            hidden = F.gelu(self.layer(self.norm(x, f"{block}.norm2"), f"{block}.mlp.fc1"))
            x = x + self.layer(hidden, f"{block}.mlp.fc2")
        return self.norm(x, "norm")[:, 1:]


class Backbone:
    """`from`: `device`, pixels that are there and features that stay there; or `host`, there and back."""

    models = {}

    def __init__(self, file, side, batch, dtype, compiled=False, source="device"):
        self.dtype = getattr(torch, dtype)
        key = (file, dtype)
        if key not in Backbone.models:
            Backbone.models[key] = Vit(read_safetensors(file), self.dtype).eval()
        self.model = Backbone.models[key]
        self.call = torch.compile(self.model) if compiled else self.model
        self.grid = side // self.model.patch
        self.positions = self.model.positions(self.grid, self.grid)
        self.pixels = pictures(side, batch)
        self.source = source
        if source == "device":
            self.input = normalize_pixels(self.pixels.to(DEVICE), self.dtype)

    def run(self):
        with torch.no_grad():
            if self.source == "device":
                self.result = self.call(self.input, self.positions)
                return
            tokens = self.call(normalize_pixels(self.pixels.to(DEVICE), self.dtype), self.positions)
            maps = tokens.float().transpose(1, 2).unflatten(2, (self.grid, self.grid))
            self.result = maps.contiguous().cpu()

    def save(self, path):
        self.result[:1].float().cpu().numpy().tofile(path)


def unit(x, dim=1):
    return F.normalize(x, dim=dim, eps=1e-10)


class Step:
    """A training step on stored features, with the official constants; labels are those of two linear probes."""

    def __init__(self, channels, grid, batch, dim, classes, side, samples, negatives, labels, graph=False):
        self.batch, self.classes, self.samples, self.negatives = batch, classes, samples, negatives
        self.side, self.labels, self.captured = side, labels, None
        maps = lambda: torch.randn(batch, channels, grid, grid, device=DEVICE)
        self.features, self.positives = maps(), maps()
        self.truth = torch.randint(0, classes, (batch, side, side), device=DEVICE)
        conv = lambda i, o: torch.nn.Conv2d(i, o, 1).to(DEVICE)
        self.linear, self.hidden, self.out = conv(channels, dim), conv(channels, channels), conv(channels, dim)
        self.probe, self.baseline = conv(dim, classes), conv(channels, classes)
        self.clusters = torch.nn.Parameter(torch.randn(classes, dim, device=DEVICE))
        head = [*self.linear.parameters(), *self.hidden.parameters(), *self.out.parameters()]
        probes = [*self.probe.parameters(), *self.baseline.parameters()]
        adam = lambda parameters, rate: torch.optim.Adam(parameters, lr=rate, capturable=graph)
        self.optimizers = [adam(head, 5e-4), adam([self.clusters], 5e-3)] + ([adam(probes, 5e-3)] if labels else [])
        if graph:
            self.capture()

    def encode(self, features):
        drop = lambda: F.dropout2d(features, 0.1)
        return self.linear(drop()) + self.out(F.relu(self.hidden(drop()))), drop()

    def sample(self, maps, places):
        return F.grid_sample(maps, places, padding_mode="border", align_corners=True)

    def pair(self, f1, f2, c1, c2, shift):
        product = lambda a, b: torch.einsum("nchw,ncij->nhwij", unit(a), unit(b))
        with torch.no_grad():
            fd = product(f1, f2)
            mean = fd.mean()
            fd = fd - fd.mean((3, 4), keepdim=True)
            fd = fd - fd.mean() + mean
        return (-product(c1, c2).clamp(min=0) * (fd - shift)).mean()

    def negative(self):
        order = torch.rand(self.batch, device=DEVICE).argsort()
        return torch.where(order == torch.arange(self.batch, device=DEVICE), order + 1, order) % self.batch

    def loss(self):
        codes, features = self.encode(self.features)
        codes_pos, features_pos = self.encode(self.positives)
        places = lambda: torch.rand(self.batch, self.samples, self.samples, 2, device=DEVICE) * 2 - 1
        one, two = places(), places()
        f1, c1 = self.sample(features, one), self.sample(codes, one)
        total = 0.67 * self.pair(f1, f1, c1, c1, 0.18)
        f2, c2 = self.sample(features_pos, two), self.sample(codes_pos, two)
        total = total + 0.25 * self.pair(f1, f2, c1, c2, 0.12)
        for _ in range(self.negatives):
            order = self.negative()
            f2, c2 = self.sample(features[order], two), self.sample(codes[order], two)
            total = total + 0.63 / self.negatives * self.pair(f1, f2, c1, c2, 0.46)
        fixed = codes.detach()
        inner = torch.einsum("bchw,nc->bnhw", unit(fixed), unit(self.clusters))
        nearest = F.one_hot(inner.argmax(1), self.classes).permute(0, 3, 1, 2).to(inner.dtype)
        total = total - (nearest * inner).sum(1).mean()
        if self.labels:
            for probe, maps in ((self.probe, fixed), (self.baseline, self.features)):
                logits = F.interpolate(probe(maps), (self.side, self.side), mode="bilinear", align_corners=False)
                total = total + F.cross_entropy(logits, self.truth, ignore_index=self.classes)
        return total

    def work(self):
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)
        loss = self.loss()
        loss.backward()
        for optimizer in self.optimizers:
            optimizer.step()
        return loss.detach()

    def capture(self):
        if not ON_GPU:
            raise RuntimeError("a CUDA graph needs a GPU")
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                self.work()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self.result = self.work()
        self.captured = graph

    def run(self):
        if self.captured:
            self.captured.replay()
        else:
            self.result = self.work()
        self.value = self.result.item()  # a step's losses are read by the host, as ours are


class Neighbors:
    """Cosine neighbors by products of blocks and topk; the vectors are on the device, or come from the host and go back."""

    BLOCK = 5000

    def __init__(self, count, dim, k, source="device"):
        torch.manual_seed(0)
        self.k, self.source = k, source
        self.vectors = torch.randn(count, dim)
        if source == "device":
            self.vectors = self.vectors.to(DEVICE)

    def run(self):
        with torch.no_grad():
            rows = unit(self.vectors.to(DEVICE))
            found = []
            for start in range(0, rows.shape[0], self.BLOCK):
                block = rows[start : start + self.BLOCK] @ rows.T
                own = torch.arange(block.shape[0], device=DEVICE)
                block[own, own + start] = -math.inf
                found.append(block.topk(self.k, 1))
            values, indices = (torch.cat([pair[i] for pair in found]) for i in (0, 1))
            self.result = (values, indices.int())
            if self.source == "host":
                self.result = tuple(part.cpu() for part in self.result)


class Product:
    """A square matrix product: what the machine can do."""

    def __init__(self, size, dtype):
        draw = lambda: torch.randn(size, size, device=DEVICE).to(getattr(torch, dtype))
        self.a, self.b = draw(), draw()

    def run(self):
        with torch.no_grad():
            self.result = self.a @ self.b


KINDS = {"product": Product, "backbone": Backbone, "step": Step, "neighbors": Neighbors}
works = {}


def allow_tf32(allowed):
    """Float32 is float32 unless a work says otherwise; cuDNN would take TF32 by itself."""
    torch.backends.cuda.matmul.allow_tf32 = allowed
    torch.backends.cudnn.allow_tf32 = allowed



def forget(number):
    works.pop(number, None)
    if not works:
        Backbone.models.clear()
    gc.collect()
    if ON_GPU:
        torch.cuda.empty_cache()


def answer(request):
    if "prepare" in request:
        arguments = dict(request["work"])
        number = request["prepare"]
        tf32 = arguments.pop("tf32", False)
        allow_tf32(tf32)
        works[number] = KINDS[arguments.pop("kind")](**arguments)
        works[number].tf32 = tf32
        return {"device": str(DEVICE)}
    if "run" in request:
        work = works[request["run"]]
        allow_tf32(work.tf32)
        synchronize()
        start = time.perf_counter()
        work.run()
        synchronize()
        return {"ms": (time.perf_counter() - start) * 1000}
    if "save" in request:
        works[request["save"]].save(request["path"])
        return {}
    forget(request["forget"])
    return {}


def main():
    name = torch.cuda.get_device_name(DEVICE) if ON_GPU else "cpu"
    print(json.dumps({"torch": torch.__version__, "cuda": torch.version.cuda, "device": name}), flush=True)
    for line in sys.stdin:
        try:
            result = answer(json.loads(line))
        except Exception as error:  # one that does not work must not end the others
            lines = str(error).strip().splitlines() or [""]
            result = {"error": f"{type(error).__name__}: {lines[0][:300]}"}
            gc.collect()
            if ON_GPU:
                torch.cuda.empty_cache()
        print(json.dumps(result), flush=True)


main()
