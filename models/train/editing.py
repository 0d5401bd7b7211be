"""Published ROME and MEMIT in plain PyTorch, for GPT-2 only: a check that the trained model can be edited, not a library.

Sources: ROME arXiv 2202.05262 (k, v, C); MEMIT arXiv 2210.07229 (z, spread residuals, lambda C + K K^T).
"""
from dataclasses import dataclass, replace

import torch
from torch.nn import functional as F
from tokenizers import Tokenizer
from transformers import GPT2LMHeadModel


@dataclass(frozen=True)
class Settings:
    layers: tuple[int, ...]
    mom2_weight: float = 300.0  # lambda, MEMIT only
    clamp: float = 0.75
    steps: int = 25
    lr: float = 0.5
    decay: float = 0.5
    kl: float = 0.0625


@dataclass
class Request:
    prompt: str  # with {}
    subject: str
    target: str


class Prompts:
    """Token rows, right padded, with the position of the subject's last token in each."""

    def __init__(self, tokenizer: Tokenizer, rows: list[tuple[str, str, list[int]]]):
        """rows: (template with {}, subject, token ids appended)."""
        ids, self.at, self.ends = [], [], []
        for template, subject, extra in rows:
            before = template[: template.index("{}")]
            encoding = tokenizer.encode(template.replace("{}", subject))
            last = max(i for i, (start, _) in enumerate(encoding.offsets) if start < len(before) + len(subject))
            self.at.append(last)
            ids.append(encoding.ids + extra)
            self.ends.append(len(encoding.ids) - 1)
        longest = max(map(len, ids))
        self.ids = torch.tensor([row + [0] * (longest - len(row)) for row in ids])
        self.at = torch.tensor(self.at)


def sample_contexts(model: GPT2LMHeadModel, tokenizer: Tokenizer, openings: list[str], length: int, seed: int) -> list[str]:
    """Continuations by top-5 sampling, as prefixes "... . {}"."""
    generator, contexts = torch.Generator().manual_seed(seed), []
    for opening in openings:
        ids = tokenizer.encode(opening).ids
        while len(ids) < length:
            with torch.no_grad():
                scores, top = model(torch.tensor([ids])).logits[0, -1].topk(5)
            ids.append(top[torch.multinomial(scores.softmax(0), 1, generator=generator)].item())
        contexts.append(tokenizer.decode(ids).replace("{", " ").replace("}", " ") + ". {}")
    return contexts


@torch.no_grad()
def states(model: GPT2LMHeadModel, prompts: Prompts, layer: int) -> dict[str, torch.Tensor]:
    """At `layer` and the subject's last token: the MLP's inner activation (key), its output (mlp), the block's output (block);
    and the block's output at every token (all)."""
    found, rows = {}, torch.arange(len(prompts.at))
    block = model.transformer.h[layer]

    def mlp_hook(_, inputs, output):
        found["key"], found["mlp"] = inputs[0][rows, prompts.at], output[rows, prompts.at]

    def block_hook(_, inputs, output):
        found["all"] = output[0] if isinstance(output, tuple) else output
        found["block"] = found["all"][rows, prompts.at]

    handles = [block.mlp.c_proj.register_forward_hook(mlp_hook), block.register_forward_hook(block_hook)]
    model.transformer(input_ids=prompts.ids)
    for handle in handles:
        handle.remove()
    return found


@torch.no_grad()
def covariance(model: GPT2LMHeadModel, tokenizer: Tokenizer, texts: list[str], layers: tuple[int, ...]) -> dict[int, torch.Tensor]:
    """The uncentred second moment of the keys at every token of the texts, float64 [d_k, d_k]."""
    totals, count = {}, 0
    for start in range(0, len(texts), 64):
        rows = [tokenizer.encode(text).ids[:128] for text in texts[start : start + 64]]
        longest = max(map(len, rows))
        real = torch.tensor([[i < len(row) for i in range(longest)] for row in rows])
        handles = []
        for layer in layers:

            def hook(_, inputs, output, layer=layer):
                keys = inputs[0][real].double()
                totals[layer] = totals.get(layer, 0) + keys.T @ keys

            handles.append(model.transformer.h[layer].mlp.c_proj.register_forward_hook(hook))
        model.transformer(input_ids=torch.tensor([row + [0] * (longest - len(row)) for row in rows]))
        count += int(real.sum())
        for handle in handles:
            handle.remove()
    return {layer: total / count for layer, total in totals.items()}


def wanted_change(
    model: GPT2LMHeadModel, tokenizer: Tokenizer, requests: list[Request], contexts: list[str], layer: int, norm_of: str, s: Settings
) -> torch.Tensor:
    """delta [requests, d] at the block's output that makes each request true; norms are relative to `norm_of` ("mlp" or "block").
    All requests are optimised side by side; each stops by itself at a loss under 0.05."""
    rows, labels, owner = [], [], []
    for number, request in enumerate(requests):
        target = tokenizer.encode(" " + request.target).ids
        for context in contexts:
            rows.append((context.replace("{}", request.prompt), request.subject, target[:-1]))
            labels.append(target)
            owner.append(number)
    count = len(rows)
    rows += [("{} is a", request.subject, []) for request in requests]
    owner = torch.tensor(owner + list(range(len(requests))))
    prompts = Prompts(tokenizer, rows)
    start = states(model, prompts, layer)
    base, where = start["all"], (torch.arange(len(rows)), prompts.at)
    size = start[norm_of][: count : len(contexts)].norm(dim=1)
    picks = [(row, prompts.ends[row] + i, token, 1 / len(labels[row])) for row in range(count) for i, token in enumerate(labels[row])]
    row_at, token_at, wanted, share = (torch.tensor(column) for column in zip(*picks))
    kl_rows = torch.arange(count, len(rows))
    delta = torch.zeros(len(requests), base.shape[-1], requires_grad=True)
    optimizer, first, open_ = torch.optim.Adam([delta], lr=s.lr), None, torch.ones(len(requests), dtype=torch.bool)
    for step in range(s.steps):
        x = base.index_put(where, delta[owner], accumulate=True)
        for block in model.transformer.h[layer + 1 :]:
            x = block(x)
            x = x[0] if isinstance(x, tuple) else x
        head = lambda r, t: F.log_softmax(model.lm_head(model.transformer.ln_f(x[r, t])), dim=1)
        nll = -head(row_at, token_at).gather(1, wanted[:, None])[:, 0] * share / len(contexts)
        nll = torch.zeros(len(requests)).index_add(0, owner[row_at], nll)
        now = head(kl_rows, prompts.at[kl_rows])
        first = now.detach() if first is None else first
        kl = s.kl * (now.exp() * (now - first)).sum(1)
        loss = nll + kl + s.decay * delta.norm(dim=1) / size**2
        open_ &= loss.detach() >= 0.05
        if step == s.steps - 1 or not open_.any():
            break
        before = delta.detach().clone()
        optimizer.zero_grad()
        loss.sum().backward()
        optimizer.step()
        with torch.no_grad():
            delta[~open_] = before[~open_]
            delta *= (s.clamp * size / delta.norm(dim=1).clamp_min(1e-9)).clamp_max(1)[:, None]
    return delta.detach()


def memit(
    model: GPT2LMHeadModel,
    tokenizer: Tokenizer,
    requests: list[Request],
    contexts: list[str],
    moments: dict[int, torch.Tensor],
    s: Settings,
) -> None:
    """Edits the model in place. `contexts` begins with "{}"."""
    last = s.layers[-1]
    plain = Prompts(tokenizer, [(r.prompt, r.subject, []) for r in requests])
    z = states(model, plain, last)["block"]
    z = z + torch.cat(
        [wanted_change(model, tokenizer, requests[i : i + 25], contexts, last, "block", s) for i in range(0, len(requests), 25)]
    )
    inside = Prompts(tokenizer, [(c.replace("{}", r.prompt), r.subject, []) for r in requests for c in contexts])
    share = torch.tensor([0.5] + [0.5 / (len(contexts) - 1)] * (len(contexts) - 1))
    for done, layer in enumerate(s.layers):
        keys = (states(model, inside, layer)["key"].view(len(requests), len(contexts), -1) * share[:, None]).sum(1).T.double()
        rest = (z - states(model, plain, last)["block"]).T.double() / (len(s.layers) - done)
        solved = torch.linalg.solve(s.mom2_weight * moments[layer] + keys @ keys.T, keys)
        model.transformer.h[layer].mlp.c_proj.weight.data += (solved @ rest.T).float()


def rome(
    model: GPT2LMHeadModel, tokenizer: Tokenizer, request: Request, contexts: list[str], moments: dict[int, torch.Tensor], s: Settings
) -> None:
    """Edits one fact in one layer, in place."""
    layer = s.layers[0]
    inside = Prompts(tokenizer, [(c.replace("{}", request.prompt), request.subject, []) for c in contexts])
    u = torch.linalg.solve(moments[layer], states(model, inside, layer)["key"].mean(0).double())
    u = (u / u.norm()).float()
    delta = wanted_change(model, tokenizer, [request], contexts, layer, "mlp", replace(s, layers=(layer,)))[0]
    now = states(model, Prompts(tokenizer, [(request.prompt, request.subject, [])]), layer)
    start = states(model, Prompts(tokenizer, [(contexts[0].replace("{}", request.prompt), request.subject, [])]), layer)["mlp"][0]
    right = (start + delta - now["mlp"][0]) / (now["key"][0] @ u)
    model.transformer.h[layer].mlp.c_proj.weight.data += torch.outer(u, right)
