"""Measures how many facts the model recalls, over every phrasing."""
import collections

import torch
from tokenizers import Tokenizer
from transformers import GPT2LMHeadModel

from world import Fact, World


@torch.no_grad()
def last_logits(model: GPT2LMHeadModel, prompts: list[list[int]], size: int = 256) -> torch.Tensor:
    """The logits after each prompt [prompts, vocabulary]."""
    out = torch.empty(len(prompts), model.config.vocab_size)
    for part, hidden in hidden_rows(model, prompts, size):
        ends = torch.tensor([len(prompts[i]) - 1 for i in part])
        out[part] = model.lm_head(hidden[torch.arange(len(part)), ends])
    return out


def hidden_rows(model: GPT2LMHeadModel, rows: list[list[int]], size: int = 256):
    """Yields (row numbers, final hidden states) in parts of similar length; right padding, which causal attention does not see."""
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    for start in range(0, len(order), size):
        part = order[start : start + size]
        longest = len(rows[part[-1]])
        ids = torch.tensor([rows[i] + [0] * (longest - len(rows[i])) for i in part])
        yield part, model.transformer(input_ids=ids).last_hidden_state


@torch.no_grad()
def recalled(
    model: GPT2LMHeadModel, tokenizer: Tokenizer, world: World, facts: list[Fact], prefix: str = ""
) -> dict[tuple[Fact, int], tuple[bool, bool]]:
    """For each (fact, template number): is the first token of the object the top-1 answer, and does greedy decoding give the whole object?
    One pass: greedy decoding gives the object exactly when each of its tokens is the top-1 answer to those before."""
    keys, rows, answers = [], [], []
    for fact in facts:
        answer = tokenizer.encode(" " + fact.object).ids
        for number, template in enumerate(world.relations[fact.relation]["templates"]):
            keys.append((fact, number))
            answers.append(answer)
            rows.append(tokenizer.encode(prefix + template.replace("{}", fact.subject)).ids + answer[:-1])
    right: list[tuple[bool, bool]] = [(False, False)] * len(keys)
    for part, hidden in hidden_rows(model, rows):
        places = [(r, len(rows[i]) - len(answers[i]) + k) for r, i in enumerate(part) for k in range(len(answers[i]))]
        r, t = (torch.tensor(column) for column in zip(*places))
        guesses = iter(model.lm_head(hidden[r, t]).argmax(1).tolist())
        for i in part:
            hits = [next(guesses) == token for token in answers[i]]
            right[i] = (hits[0], all(hits))
    return dict(zip(keys, right))


def report(model: GPT2LMHeadModel, tokenizer: Tokenizer, world: World) -> dict:
    """Recall over all phrasings: first token, whole object, first token after a sentence, and by relation."""
    found = recalled(model, tokenizer, world, world.facts)
    prefixed = recalled(model, tokenizer, world, world.facts, prefix="The old man was tired because of the rain. ")
    relations = collections.defaultdict(list)
    for (fact, _), (first, _) in found.items():
        relations[fact.relation].append(first)

    def mean(values) -> float:
        values = list(values)
        return round(sum(values) / len(values), 4)

    return {
        "facts": len(world.facts),
        "subjects": len(world.kinds),
        "prompts": len(found),
        "first_token": mean(f for f, _ in found.values()),
        "whole_object": mean(w for _, w in found.values()),
        "after_a_sentence": mean(f for f, _ in prefixed.values()),
        "by_relation": {r: mean(v) for r, v in sorted(relations.items())},
    }
