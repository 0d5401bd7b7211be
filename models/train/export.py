"""Exports a trained checkpoint with Hugging Face Optimum, as users export theirs, and checks the result with ONNX Runtime.

    python export.py --model build/atlas --out ../atlas          (needs optimum-onnx)

Writes model.onnx (with KV cache), config.json, generation_config.json and the tokenizer's files.
"""
import argparse
import pathlib
import shutil
import tempfile

import numpy as np
import onnx
import onnxruntime
import torch
from transformers import GPT2LMHeadModel

OPSET = 18
KEPT = ["model.onnx", "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"]


def export(checkpoint: pathlib.Path, out: pathlib.Path) -> None:
    """Runs Optimum's exporter and keeps the files of KEPT; the tokenizer's files are those of training."""
    from optimum.exporters.onnx import main_export

    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        main_export(str(checkpoint), output=folder, task="text-generation-with-past", opset=OPSET, do_validation=False)
        for name in KEPT:
            source = checkpoint / name if name.startswith(("tokenizer", "special")) else pathlib.Path(folder) / name
            shutil.copy(source, out / name)


def check(checkpoint: pathlib.Path, out: pathlib.Path, tolerance: float = 1e-4) -> None:
    """Compares logits with PyTorch: three rows padded on the right, then one further token on top of a past. Raises AssertionError."""
    onnx.checker.check_model(str(out / "model.onnx"))
    torch_model = GPT2LMHeadModel.from_pretrained(checkpoint).eval()
    session = onnxruntime.InferenceSession(str(out / "model.onnx"), providers=["CPUExecutionProvider"])
    config = torch_model.config
    rows, longest, lengths = 3, 9, [9, 5, 2]
    ids = np.random.default_rng(0).integers(1, config.vocab_size, (rows, longest + 1)).astype(np.int64)
    mask = np.array([[int(i < n) for i in range(longest)] for n in lengths], dtype=np.int64)
    empty = np.zeros((rows, config.n_head, 0, config.n_embd // config.n_head), dtype=np.float32)
    past = {f"past_key_values.{i}.{kind}": empty for i in range(config.n_layer) for kind in ("key", "value")}
    names = [o.name for o in session.get_outputs()]

    def run(tokens, attention, positions, cache):
        feeds = {"input_ids": tokens, "attention_mask": attention, "position_ids": positions, **cache}
        return dict(zip(names, session.run(None, feeds)))

    first = run(ids[:, :longest], mask, np.tile(np.arange(longest), (rows, 1)), past)
    worst = 0.0
    for row, length in enumerate(lengths):
        with torch.no_grad():
            expected = torch_model(torch.tensor(ids[row : row + 1, :length])).logits[0].numpy()
        worst = max(worst, np.abs(first["logits"][row, :length] - expected).max())
    cache = {f"past_key_values.{i}.{kind}": first[f"present.{i}.{kind}"][:1] for i in range(config.n_layer) for kind in ("key", "value")}
    second = run(ids[:1, longest:], np.ones((1, longest + 1), dtype=np.int64), np.array([[longest]]), cache)
    with torch.no_grad():
        expected = torch_model(torch.tensor(ids[:1])).logits[0, -1].numpy()
    worst = max(worst, np.abs(second["logits"][0, -1] - expected).max())
    assert worst < tolerance, f"logits differ by {worst}"
    total = sum(path.stat().st_size for path in out.iterdir())
    print(f"largest difference {worst:.1e}; {total / 2**20:.1f} MiB in {out}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    given = parser.parse_args()
    export(given.model, given.out)
    check(given.model, given.out)
