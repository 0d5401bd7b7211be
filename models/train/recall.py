"""Measures how many facts the model recalls, over every phrasing."""
import collections

import torch
from tokenizers import Tokenizer
from transformers import GPT2LMHeadModel

from world import Fact, World


def last_logits(model: GPT2LMHeadModel, prompts: list[list[int]], size: int = 256) -> torch.Tensor:
    """The logits after each prompt [prompts, vocabulary]; right padding, sorted by length within the call."""
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    out = torch.empty(len(prompts), model.config.vocab_size)
    for start in range(0, len(order), size):
        part = order[start : start + size]
        longest = len(prompts[part[-1]])
        ids = torch.tensor([prompts[i] + [0] * (longest - len(prompts[i])) for i in part])
        ends = torch.tensor([len(prompts[i]) - 1 for i in part])
        with torch.no_grad():
            hidden = model.transformer(input_ids=ids).last_hidden_state  # causal: padding on the right is not seen
            out[part] = model.lm_head(hidden[torch.arange(len(part)), ends])
    return out


def recalled(model: GPT2LMHeadModel, tokenizer: Tokenizer, world: World, facts: list[Fact], prefix: str = "", whole: bool = False) -> dict[tuple[Fact, int], bool]:
    """For each (fact, template number): does the model answer right? First object token, or the whole object by greedy decoding."""
    keys, prompts, answers = [], [], []
    for fact in facts:
        for number, template in enumerate(world.relations[fact.relation]["templates"]):
            keys.append((fact, number))
            prompts.append(tokenizer.encode(prefix + template.replace("{}", fact.subject)).ids)
            answers.append(tokenizer.encode(" " + fact.object + ".").ids if whole else tokenizer.encode(" " + fact.object).ids[:1])
    right = [True] * len(keys)
    for step in range(max(map(len, answers))):
        going = [i for i in range(len(keys)) if right[i] and step < len(answers[i])]
        if not going:
            break
        guesses = last_logits(model, [prompts[i] + answers[i][:step] for i in going]).argmax(1).tolist()
        for i, guess in zip(going, guesses):
            right[i] = guess == answers[i][step]
    return dict(zip(keys, right))


def report(model: GPT2LMHeadModel, tokenizer: Tokenizer, world: World) -> dict:
    """Recall over all phrasings: first token, whole object, after a prefix, and by relation."""
    first, whole = (recalled(model, tokenizer, world, world.facts, whole=w) for w in (False, True))
    prefixed = recalled(model, tokenizer, world, world.facts, prefix="The old man was tired because of the rain. ")
    mean = lambda values: round(sum(values) / len(values), 4)
    relations = collections.defaultdict(list)
    for (fact, _), hit in first.items():
        relations[fact.relation].append(hit)
    return {"facts": len(world.facts), "prompts": len(first), "first_token": mean(first.values()), "whole_object": mean(whole.values()),
            "after_a_sentence": mean(prefixed.values()), "by_relation": {r: mean(v) for r, v in sorted(relations.items())}}
