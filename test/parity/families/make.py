"""Writes small checkpoints with random weights, and what PyTorch computes for them, as test/parity/checkpoints.test.ts reads them.

Usage: python make.py CONFIGURATIONS.json FOLDER    (needs transformers and torch; the product needs neither)
"""

import json
import pathlib
import sys

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForCausalLM

BATCH, LENGTH, PADDED, GREEDY_ROW, GREEDY = 3, 9, 3, 1, 8
DOWN = ("down_proj", "c_proj", "fc_out", "dense_4h_to_h", "fc2")
SMALL = {
    "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48, "vocab_size": 61,
    "max_position_embeddings": 64, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
}


def randomise(model):
    """Weights that matter: matrices that keep the size of what goes through, norms and biases that are not 1 and 0."""
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.ndim > 1:
                p.copy_(torch.randn_like(p) * (0.6 if "embed" in name or "wte" in name else p.shape[-1] ** -0.5))
            else:
                p.add_(0.2 * torch.randn_like(p))


def blocks_of(model, count):
    lists = [m for m in model.modules() if isinstance(m, torch.nn.ModuleList) and len(m) == count]
    return next(m for m in lists if any(n.split(".")[-1] in DOWN for n, _ in m[0].named_modules()))


def first(output):
    return output[0] if isinstance(output, tuple) else output


def save(made, folder, case):
    """The folder as transformers writes it; then what older files say otherwise, and tensors that others hold too or call otherwise."""
    types = {"mixed": ("float32", "float16", "bfloat16")}.get(case.get("dtype"), (case.get("dtype", "float32"),))
    for i, p in enumerate(made.parameters()):
        p.data = p.data.to(getattr(torch, types[i % len(types)]))
    made.save_pretrained(folder)
    if "config" in case:
        file = folder / "config.json"
        said = {**json.loads(file.read_text()), **case["config"]}
        file.write_text(json.dumps({key: one for key, one in said.items() if one != "absent"}, indent=2))
    names, held = case.get("names", "whole"), case.get("head", "as it is")
    if (names, held) == ("whole", "as it is"):
        return
    file = folder / "model.safetensors"
    tensors = load_file(file)
    if held == "beside":
        tensors["lm_head.weight"] = torch.randn_like(made.get_input_embeddings().weight) * 0.3
    if held == "instead":
        table = next(name for name, p in made.named_parameters() if p is made.get_input_embeddings().weight)
        tensors["lm_head.weight"] = tensors.pop(table)
    if names == "bare":
        tensors = {name.removeprefix(f"{made.base_model_prefix}."): one for name, one in tensors.items()}
    save_file(tensors, file, {"format": "pt"})


def write(folder, kind, case):
    torch.manual_seed(sum(map(ord, folder.name)))
    known = AutoConfig.for_model(kind)
    small = {key: one for key, one in SMALL.items() if hasattr(known, key)}
    config = AutoConfig.for_model(kind, **{**small, **case["settings"]})
    made = AutoModelForCausalLM.from_config(config).eval()
    randomise(made)
    save(made, folder, case)
    # Falcon's eager attention in transformers 5.18 adds ALiBi twice, once in the mask; what it runs by default does not.
    attention = case.get("attention", "eager")
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation=attention).eval()
    blocks = blocks_of(model, config.num_hidden_layers)

    seen = {}
    delta = torch.randn(BATCH, LENGTH, config.hidden_size) * 0.3
    delta.requires_grad_(True)
    adds = [False]
    for i, block in enumerate(blocks):
        down = next(m for n, m in block.named_modules() if n.split(".")[-1] in DOWN and "attn" not in n and "attention" not in n)
        down.register_forward_pre_hook(lambda _, args, i=i: seen.__setitem__(f"key.{i}", args[0]))

        def behind(_, args, output, i=i):
            state = first(output)
            seen[f"residual.{i}"] = state
            if i == 0 and adds[0]:
                state = state + delta
                return (state, *output[1:]) if isinstance(output, tuple) else state
            return None

        block.register_forward_hook(behind)

    ids = torch.randint(3, config.vocab_size, (BATCH, LENGTH))
    mask = torch.ones_like(ids)
    ids[0, LENGTH - PADDED:] = 0
    mask[0, LENGTH - PADDED:] = 0
    ask = {"input_ids": ids, "attention_mask": mask, "use_cache": False}
    with torch.no_grad():
        logits = model(**ask).logits
    golden = {
        "input_ids": ids, "attention_mask": mask, "position_ids": torch.arange(LENGTH).expand(BATCH, LENGTH),
        "logits": logits, **{name: one.detach().reshape(BATCH, LENGTH, -1) for name, one in seen.items()},
    }
    cotangent = torch.randn_like(logits) * mask[:, :, None]
    adds[0] = True
    moved = model(**ask).logits
    (moved * cotangent).sum().backward()
    golden |= {"delta": delta.detach(), "logits_with_delta": moved.detach(), "cotangent": cotangent, "delta_gradient": delta.grad}
    adds[0] = False
    row = ids[GREEDY_ROW].tolist()
    with torch.no_grad():
        for _ in range(GREEDY):
            row.append(int(model(input_ids=torch.tensor([row]), use_cache=False).logits[0, -1].argmax()))
    golden["greedy"] = torch.tensor([row[LENGTH:]])
    metadata = {"delta_after_layer": "0", "greedy_of_row": str(GREEDY_ROW)}
    save_file({name: one.contiguous() for name, one in golden.items()}, folder / "golden.safetensors", metadata)


def main(configurations, target):
    for kind, cases in json.loads(pathlib.Path(configurations).read_text()).items():
        for at, case in enumerate(cases):
            folder = pathlib.Path(target) / f"{kind}-{at}"
            folder.mkdir(parents=True)
            write(folder, kind, case)


if __name__ == "__main__":
    main(*sys.argv[1:])
