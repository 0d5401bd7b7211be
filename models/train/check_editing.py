"""Checks that the trained model can be edited: efficacy, paraphrase and neighbourhood scores of MEMIT and ROME, and a causal trace.

    python check_editing.py --model build/atlas --data ../atlas
"""
import argparse
import collections
import copy
import json
import pathlib
import random

import torch
from tokenizers import Tokenizer
from torch.nn import functional as F
from transformers import GPT2LMHeadModel

from editing import Prompts, Request, Settings, covariance, memit, rome, sample_contexts
from recall import last_logits

ROME_OPENINGS = [("<|endoftext|>", 5)] * 10 + [("<|endoftext|>", 10)] * 10
MEMIT_OPENINGS = ["The", "Therefore", "Because", "I", "You"]


@torch.no_grad()
def target_losses(model, tokenizer, pairs: list[tuple[str, str]]) -> list[float]:
    """Mean NLL per token of " target" after each prompt."""
    losses = []
    for start in range(0, len(pairs), 256):
        rows = [(tokenizer.encode(prompt).ids, tokenizer.encode(" " + target).ids) for prompt, target in pairs[start : start + 256]]
        longest = max(len(a) + len(b) for a, b in rows)
        ids = torch.tensor([a + b + [0] * (longest - len(a) - len(b)) for a, b in rows])
        hidden = model.transformer(input_ids=ids).last_hidden_state
        for row, (a, b) in zip(hidden, rows):
            losses.append(F.cross_entropy(model.lm_head(row[len(a) - 1 : len(a) + len(b) - 1]), torch.tensor(b)).item())
    return losses


def scores(model, tokenizer, records: list[dict]) -> dict[str, float]:
    """ES, PS, NS in percent, averaged within a case first; top-1 of the paraphrases' first target token beside them."""
    asked = []
    for number, record in enumerate(records):
        rewrite = record["requested_rewrite"]
        for kind, prompts in (
            ("ES", [rewrite["prompt"].replace("{}", rewrite["subject"])]),
            ("PS", record["paraphrase_prompts"]),
            ("NS", record["neighborhood_prompts"]),
        ):
            asked += [(number, kind, prompt, rewrite["target_new"]["str"], rewrite["target_true"]["str"]) for prompt in prompts]
    new = target_losses(model, tokenizer, [(a[2], a[3]) for a in asked])
    true = target_losses(model, tokenizer, [(a[2], a[4]) for a in asked])
    cases = collections.defaultdict(list)
    for (number, kind, *_), n, t in zip(asked, new, true):
        cases[kind, number].append(t < n if kind == "NS" else n < t)
    mean = lambda kind: 100 * sum(sum(v) / len(v) for (k, _), v in cases.items() if k == kind) / len(records)
    paraphrases = [a for a in asked if a[1] == "PS"]
    tops = last_logits(model, [tokenizer.encode(a[2]).ids for a in paraphrases]).argmax(1).tolist()
    right = [top == tokenizer.encode(" " + a[3]).ids[0] for top, a in zip(tops, paraphrases)]
    return {"ES": mean("ES"), "PS": mean("PS"), "NS": mean("NS"), "PS top-1": 100 * sum(right) / len(right)}


def kept(model, tokenizer, world: dict, records: list[dict], seed: int = 0) -> dict[str, float]:
    """First-token recall, in percent, of the edited subjects' other facts and of other subjects' facts."""
    edited = {r["requested_rewrite"]["subject"]: r["requested_rewrite"]["relation_id"] for r in records}
    own = [f for f in world["facts"] if f["subject"] in edited and f["relation"] != edited[f["subject"]]]
    rest = [f for f in world["facts"] if f["subject"] not in edited]
    result = {}
    for name, facts in (("own other facts", own), ("others' facts", random.Random(seed).sample(rest, min(300, len(rest))))):
        asked = [(t.replace("{}", f["subject"]), f["object"]) for f in facts for t in world["relations"][f["relation"]]["templates"][:3]]
        tops = last_logits(model, [tokenizer.encode(p).ids for p, _ in asked]).argmax(1).tolist()
        right = [top == tokenizer.encode(" " + o).ids[0] for top, (_, o) in zip(tops, asked)]
        result[name] = 100 * sum(right) / max(1, len(right))
    return result


def request_of(record: dict) -> Request:
    rewrite = record["requested_rewrite"]
    return Request(rewrite["prompt"], rewrite["subject"], rewrite["target_new"]["str"])


@torch.no_grad()
def trace(model, tokenizer, records: list[dict], noise: float = 3.0, samples: int = 4) -> list[tuple[float, float]]:
    """Mean indirect effect per layer of restoring the block's output at the subject's last token, and at the prompt's last token."""
    deviation = model.transformer.wte.weight.std()
    effects, low_sum = torch.zeros(model.config.n_layer, 2), 0.0
    for record in records:
        rewrite = record["requested_rewrite"]
        prompts = Prompts(tokenizer, [(rewrite["prompt"], rewrite["subject"], [])])
        answer = tokenizer.encode(" " + rewrite["target_true"]["str"]).ids[0]
        before = len(tokenizer.encode(rewrite["prompt"].split("{}")[0].rstrip()).ids) if not rewrite["prompt"].startswith("{}") else 0
        last = prompts.at[0].item()
        clean = model.transformer(input_ids=prompts.ids, output_hidden_states=True).hidden_states
        shake = noise * deviation * torch.randn(samples, last + 1 - before, model.config.n_embd, generator=torch.Generator().manual_seed(1))

        def run(layer=None, place=None):
            def embed(_, __, output):
                output = output.clone()
                output[:, before : last + 1] += shake
                return output

            def restore(_, __, output):
                whole = output[0] if isinstance(output, tuple) else output
                whole[:, place] = clean[layer + 1][0, place]
                return output

            handles = [model.transformer.wte.register_forward_hook(embed)]
            if layer is not None:
                handles.append(model.transformer.h[layer].register_forward_hook(restore))
            p = model(prompts.ids.expand(samples, -1)).logits[:, -1].softmax(1)[:, answer].mean().item()
            for handle in handles:
                handle.remove()
            return p

        low = run()
        low_sum += low / len(records)
        for layer in range(model.config.n_layer - 1):
            for i, place in enumerate((last, prompts.ids.shape[1] - 1)):
                effects[layer, i] += (run(layer, place) - low) / len(records)
    print("low", round(low_sum, 3))
    return effects.tolist()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--memit", default="0,1,2,3,4", help="layers; empty: no MEMIT")
    parser.add_argument("--rome", default="1", help="layer; empty: no ROME")
    parser.add_argument("--edits", type=int, default=100)
    parser.add_argument("--single", type=int, default=50)
    parser.add_argument("--weight", type=float, nargs="+", default=[200.0], help="lambda; several are tried in turn")
    parser.add_argument("--clamp", type=float, nargs="+", default=[1.5])
    parser.add_argument("--rome-clamp", type=float, default=6.0)
    parser.add_argument("--lr", type=float, default=0.5)
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--trace", type=int, default=0, help="records to trace")
    given = parser.parse_args()
    torch.set_num_threads(2)
    model = GPT2LMHeadModel.from_pretrained(given.model).eval().requires_grad_(False)
    tokenizer = Tokenizer.from_file(str(given.model / "tokenizer.json"))
    records = json.loads((given.data / "evaluation.json").read_text(encoding="utf-8"))
    world = json.loads((given.data / "facts.json").read_text(encoding="utf-8"))
    corpus = (given.data / "corpus.txt").read_text(encoding="utf-8").splitlines()
    layers = tuple(int(x) for x in given.memit.split(",") if x)
    single = tuple(int(x) for x in given.rome.split(",") if x)
    moments = covariance(model, tokenizer, corpus[:1500], tuple(set(layers + single)))
    show = lambda name, values: print(f"{name:34s}", " ".join(f"{k} {v:.1f}" for k, v in values.items()), flush=True)
    show("before", {**scores(model, tokenizer, records[: given.edits]), **kept(model, tokenizer, world, records[: given.edits])})
    if given.trace:
        for layer, (subject, end) in enumerate(trace(model, tokenizer, records[: given.trace])):
            print(f"restored block {layer}: subject's last token {subject:+.3f}, last token {end:+.3f}")
    if layers:
        contexts = ["{}"] + sample_contexts(model, tokenizer, MEMIT_OPENINGS, 10, 0)
        print(contexts)
        batch = records[: given.edits]
        for clamp in given.clamp:
            for weight in given.weight:
                edited = copy.deepcopy(model)
                memit(
                    edited,
                    tokenizer,
                    [request_of(r) for r in batch],
                    contexts,
                    moments,
                    Settings(layers, weight, clamp, given.steps, given.lr),
                )
                show(
                    f"MEMIT {layers} weight {weight:g} clamp {clamp:g}",
                    {**scores(edited, tokenizer, batch), **kept(edited, tokenizer, world, batch)},
                )
    if single:
        contexts = ["{}"] + [
            c for i, (opening, length) in enumerate(ROME_OPENINGS) for c in sample_contexts(model, tokenizer, [opening], length, i)
        ]
        contexts = [c.replace("<|endoftext|>", "") for c in contexts]
        for layer in single:
            totals = collections.Counter()
            for record in records[: given.single]:
                edited = copy.deepcopy(model)
                rome(
                    edited, tokenizer, request_of(record), contexts, moments, Settings((layer,), 0, given.rome_clamp, given.steps, given.lr)
                )
                totals.update({**scores(edited, tokenizer, [record])})
            show(f"ROME {layer}", {k: v / given.single for k, v in totals.items()})


if __name__ == "__main__":
    main()
