"""Makes the goldens of lora.test.ts: loads with PEFT and transformers what Emend wrote, and keeps what they compute.

  EMEND_LORA_WRITE=/tmp/written npx vitest run --project parity test/parity/lora.test.ts
  python make.py /tmp/written <folder of the fixtures>

Needs torch, transformers, peft, safetensors, onnx and onnxruntime. Made with torch 2.13, transformers 5.18, peft 0.21, onnxruntime 1.30.
"""

import hashlib
import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import numpy_helper
from peft import PeftModel
from safetensors.torch import load_file, safe_open, save_file
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.pytorch_utils import Conv1D

written, fixtures = map(pathlib.Path, sys.argv[1:])
here = pathlib.Path(__file__).parent


def checkpoint(folder):
    """The model that an optimum export was made from, its weights read back from the graph."""
    graph = onnx.load(folder / "model.onnx").graph
    kept = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    # a weight that lost its name belongs to the node that is named after its module: /model/layers.0/mlp/down_proj/MatMul
    moved = {
        n.name.strip("/").removesuffix("/MatMul").replace("/", "."): kept[n.input[1]].T
        for n in graph.node
        if n.op_type == "MatMul" and n.input[1] in kept
    }
    model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder), attn_implementation="eager").eval()
    state = model.state_dict()
    for name in state:
        module = name.removesuffix(".weight")
        found = kept.get(name)
        if found is None:
            found = moved.get(module, moved.get(module.removeprefix("model.")))
        if found is not None:
            state[name] = torch.tensor(np.array(found))
        else:
            raise SystemExit(f"{folder}: no weight for {name}")
    model.load_state_dict(state)
    return model


def logits(model, ids):
    with torch.no_grad():
        return model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits.float().contiguous()


def run_onnx(file, ids):
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    given = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "position_ids": torch.arange(ids.shape[1]).expand_as(ids)}
    return torch.tensor(session.run(["logits"], {i.name: given[i.name].numpy() for i in session.get_inputs()})[0])


def sha256(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


def close(what, a, b, limit=1e-4):
    difference = (a - b).abs().max().item()
    print(f"  {what}: {difference:.1e}")
    if difference > limit:
        raise SystemExit(f"{what} differs by {difference}")


for family in ["gpt2", "llama", "opt"]:
    print(family)
    source = fixtures / "exports" / "optimum" / family
    out = written / family
    ids = torch.tensor(np.random.default_rng(3).integers(3, 211, (3, 7)))

    base = logits(checkpoint(source), ids)
    close("weights read back, against the imported graph", base, run_onnx(source / "model.onnx", ids))
    edited = run_onnx(out / "onnx" / "model.onnx", ids)

    adapted = PeftModel.from_pretrained(checkpoint(source), out)
    peft = logits(adapted, ids)
    close("PEFT, against the exported graph", peft, edited)
    merged = logits(adapted.merge_and_unload(), ids)
    close("merged by PEFT, against the exported graph", merged, edited)

    model = checkpoint(source)
    result = model.load_state_dict(load_file(out / "changed.safetensors"), strict=False)
    if result.unexpected_keys:
        raise SystemExit(f"names that the checkpoint does not have: {result.unexpected_keys}")
    changed = logits(model, ids)
    close("changed tensors loaded over, against the exported graph", changed, edited)

    hashes = {
        "adapter_config": sha256(out / "adapter_config.json"),
        "adapter_model": sha256(out / "adapter_model.safetensors"),
        "changed": sha256(out / "changed.safetensors"),
    }
    save_file(
        {"input_ids": ids, "logits.base": base, "logits.peft": peft, "logits.merged": merged, "logits.changed": changed},
        here / f"{family}.safetensors",
        metadata=hashes,
    )


# what a default configuration leaves open and the model needs
UNSET = {"ministral": {"head_dim": 128}, "nemotron": {"num_key_value_heads": 32}}


def down_projections(kind):
    """The modules from a wider inside to the hidden state in the first two blocks, and what they are. Weights are not made."""
    config = AutoConfig.for_model(kind, **UNSET.get(kind, {}))
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    found = []
    for name, module in model.named_modules():
        if isinstance(module, Conv1D):
            width_in, width_out = module.weight.shape
        elif isinstance(module, torch.nn.Linear):
            width_out, width_in = module.weight.shape
        else:
            continue
        inside = {"0", "1"} & set(name.split("."))
        if inside and "att" not in name and width_out == config.hidden_size != width_in:
            found.append({"module": name, "kind": "conv1d" if isinstance(module, Conv1D) else "linear"})
    return found


KINDS = """gpt2 openai-gpt gpt_neo gpt_bigcode gptj codegen bloom falcon gpt_neox opt phi starcoder2 llama mistral ministral
qwen2 qwen3 gemma gemma2
gemma3_text phi3 olmo olmo2 olmo3 granite cohere cohere2 stablelm smollm3 nemotron helium exaone4 glm glm4""".split()
(here / "modules.json").write_text(json.dumps({kind: down_projections(kind) for kind in KINDS}, indent=1) + "\n")
