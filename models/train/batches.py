"""Packs documents into rows of tokens and marks each token: its subject mention, whether that ends there, its loss weight."""
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer

from documents import Document, Writer
from vocabulary import END

OTHER_WEIGHT = 0.25  # loss weight of a token that is not part of an object; names and fillers cannot be foreseen


@dataclass
class Batch:
    ids: torch.Tensor  # [rows, n] int64
    targets: torch.Tensor  # [rows, n] int64
    weights: torch.Tensor  # [rows, n] loss weight of each target
    positions: torch.Tensor  # [rows, n] int64
    mention: torch.Tensor  # [rows, n] int64: 0 outside subjects, else the number of the mention in its row
    last: torch.Tensor  # [rows, n] bool: the mention's last token


def marked_tokens(document: Document, tokenizer: Tokenizer) -> list[tuple[int, int, bool, float]]:
    """(token id, mention number from 1 or 0, is last, loss weight) for each token of a document."""
    encoding = tokenizer.encode(document.text)
    rows = []
    for token, (start, end) in zip(encoding.ids, encoding.offsets):
        number = next((i for i, (a, b) in enumerate(document.subjects, 1) if start < b and end > a), 0)
        weight = 1.0 if any(start < b and end > a for a, b in document.objects) else OTHER_WEIGHT
        rows.append([token, number, False, weight])
    for i, row in enumerate(rows):
        row[2] = row[1] > 0 and (i + 1 == len(rows) or rows[i + 1][1] != row[1])
    return [tuple(row) for row in rows]


class Packer:
    """Makes batches: rows of documents parted by END. Half the rows start with END; half are moved to a random start position."""

    def __init__(self, writer: Writer, tokenizer: Tokenizer, rows: int, length: int, positions: int):
        self.writer, self.tokenizer, self.rows, self.length, self.positions = writer, tokenizer, rows, length, positions
        self.end = (tokenizer.token_to_id(END), 0, False, OTHER_WEIGHT)

    def row(self) -> list[tuple[int, int, bool, float]]:
        tokens = [self.end] if self.writer.rng.random() < 0.5 else []
        mentions = 0
        while len(tokens) < self.length + 1:
            document = self.writer.document()
            tokens += [
                (t, number and number + mentions, last, weight) for t, number, last, weight in marked_tokens(document, self.tokenizer)
            ]
            tokens.append(self.end)
            mentions += len(document.subjects)
        return tokens[: self.length + 1]

    def batch(self) -> Batch:
        rng, rows = self.writer.rng, [self.row() for _ in range(self.rows)]
        ids, mention, last, weights = (torch.tensor([[token[i] for token in row] for row in rows]) for i in range(4))
        starts = torch.tensor([rng.randint(0, self.positions - self.length) if rng.random() < 0.5 else 0 for _ in rows])
        positions = starts[:, None] + torch.arange(self.length)
        return Batch(ids[:, :-1], ids[:, 1:], weights[:, 1:], positions, mention[:, :-1], last[:, :-1])
