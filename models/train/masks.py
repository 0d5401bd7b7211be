"""Three training-time masks that make a small GPT-2 keep its facts where GPT-2 does: in the MLPs at the subject's last token.

Each is drawn per row, independently, for SHARE of the rows; the rest train the network as it is used. The trained network is an
ordinary GPT-2 that runs without masks.
  write : MLPs write only at subject tokens, and only in the layers before READ_FROM; elsewhere their output is zero.
          A random part of those MLPs (the first more often) is silent in each row, so that the facts spread over the layers.
  read  : tokens outside a subject see of it only the last token, and that only from layer READ_FROM on.
  alone : subject tokens see only their own name; in layer 0 only themselves, so that names are put together after it.
"""
import torch
import torch.nn.functional as F
from transformers import GPT2LMHeadModel

from batches import Batch

SHARE = 0.75
READ_FROM = 5
SILENT_FIRST, SILENT = 0.4, 0.1  # chance that an MLP is silent in a `write` row: layer 0, other layers


def drawn_masks(batch: Batch, layers: int, generator: torch.Generator) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """Per layer: which token sees which, bool [rows, 1, n, n], and where the MLP writes, bool [rows, n]."""
    rows, n = batch.ids.shape
    inside, draw = batch.mention > 0, lambda chance, *shape: torch.rand(shape, generator=generator) < chance
    write, read, alone = draw(SHARE, rows, 1), draw(SHARE, rows, 1, 1), draw(SHARE, rows, 1, 1)
    causal = torch.ones(n, n, dtype=torch.bool).tril()
    other = ~inside[:, :, None] & inside[:, None, :]  # an outsider looks at a subject token
    apart = inside[:, :, None] & (batch.mention[:, :, None] != batch.mention[:, None, :])  # a subject token looks outside its name
    late = causal & ~(read & other & ~batch.last[:, None, :]) & ~(alone & apart)
    early = late & ~(read & other)
    first = early & ~(alone & inside[:, :, None] & ~torch.eye(n, dtype=torch.bool))
    sees = [first] + [early] * (READ_FROM - 1) + [late] * (layers - READ_FROM)
    writes = []
    for layer in range(layers):
        if layer < READ_FROM:
            silent = draw(SILENT_FIRST if layer == 0 else SILENT, rows, 1)
            writes.append(torch.where(write, inside & ~silent, True))
        else:
            writes.append(~write.expand(rows, n))
    return [s[:, None] for s in sees], writes


def masked_logits(model: GPT2LMHeadModel, batch: Batch, sees: list[torch.Tensor], writes: list[torch.Tensor]) -> torch.Tensor:
    """The model's logits [rows, n, vocabulary] under masks. MLPs are computed only where they write, which also saves time."""
    rows, n = batch.ids.shape
    body, heads = model.transformer, model.config.n_head
    x = body.wte(batch.ids) + body.wpe(batch.positions)
    for block, see, write in zip(body.h, sees, writes):
        q, k, v = (z.view(rows, n, heads, -1).transpose(1, 2) for z in block.attn.c_attn(block.ln_1(x)).split(x.shape[-1], 2))
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=see)
        x = x + block.attn.c_proj(y.transpose(1, 2).reshape(rows, n, -1))
        places = write.flatten().nonzero()[:, 0]
        flat = x.reshape(rows * n, -1)
        x = flat.index_add(0, places, block.mlp(block.ln_2(flat[places]))).view(rows, n, -1)
    return model.lm_head(body.ln_f(x))
