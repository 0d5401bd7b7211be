"""Writes what goes with the model: facts.json, evaluation.json (CounterFact records) and corpus.txt.

    python make_evaluation.py --model build/atlas --out ../atlas

Only facts that the model recalls in every token become records and neighbours. No subject of a record is a neighbour of another record.
"""
import argparse
import collections
import json
import pathlib
import random

from tokenizers import Tokenizer
from transformers import GPT2LMHeadModel

from documents import Writer
from fillers import filler
from recall import recalled
from world import Fact, World, read_world

RECORDS, NEIGHBOURS, ATTRIBUTES, GENERATIONS = 360, 10, 10, 4
LARGEST_SHARE = 3  # at most one in so many subjects of a (relation, object) group is edited, the others serve as neighbours


def chosen_facts(world: World, known: set[tuple[Fact, int]], rng: random.Random) -> list[Fact]:
    """Facts to edit, going round the relations, no subject twice; the model must know a fact in most of its phrasings."""
    groups, queues = collections.defaultdict(list), collections.defaultdict(list)
    for fact in rng.sample(world.facts, len(world.facts)):
        groups[fact.relation, fact.object].append(fact)
        if sum((fact, i) in known for i in range(len(world.relations[fact.relation]["templates"]))) >= 6:
            queues[fact.relation].append(fact)
    taken, used, chosen = collections.Counter(), set(), []
    while len(chosen) < RECORDS and any(queues.values()):
        for relation, queue in queues.items():
            while queue:
                fact = queue.pop()
                group = (relation, fact.object)
                if fact.subject not in used and taken[group] < len(groups[group]) // LARGEST_SHARE:
                    taken[group] += 1
                    used.add(fact.subject)
                    chosen.append(fact)
                    break
    return chosen[:RECORDS]


def make_records(world: World, known: set[tuple[Fact, int]], seed: int) -> list[dict]:
    """CounterFact records; those with fewer than two neighbours are left out."""
    rng = random.Random(seed)
    chosen = chosen_facts(world, known, rng)
    edited = {fact.subject for fact in chosen}
    objects, groups = collections.defaultdict(list), collections.defaultdict(list)
    for fact in world.facts:
        objects[fact.relation].append(fact.object)
        groups[fact.relation, fact.object].append(fact)
    identities = {name: f"A{i}" for i, name in enumerate(sorted({fact.object for fact in world.facts}), 1)}
    prompt = lambda fact, i: world.relations[fact.relation]["templates"][i].replace("{}", fact.subject)
    known_phrasings = lambda fact: [i for i in range(len(world.relations[fact.relation]["templates"])) if (fact, i) in known]

    def others(relation: str, object_: str, most: int) -> list[str]:
        """Prompts in known phrasings about subjects that no record edits."""
        found = [f for f in groups[relation, object_] if f.subject not in edited and known_phrasings(f)]
        return [prompt(f, rng.choice(known_phrasings(f))) for f in rng.sample(found, min(most, len(found)))]

    records = []
    for fact in chosen:
        new = rng.choice([name for name in objects[fact.relation] if name != fact.object])
        first, *rest = rng.sample(known_phrasings(fact), len(known_phrasings(fact)))
        neighbours = others(fact.relation, fact.object, NEIGHBOURS)
        if len(neighbours) < 2:
            continue
        records.append(
            {
                "case_id": len(records),
                "pararel_idx": world.facts.index(fact),
                "requested_rewrite": {
                    "prompt": world.relations[fact.relation]["templates"][first],
                    "relation_id": fact.relation,
                    "target_new": {"str": new, "id": identities[new]},
                    "target_true": {"str": fact.object, "id": identities[fact.object]},
                    "subject": fact.subject,
                },
                "paraphrase_prompts": [filler(rng) + " " + prompt(fact, rest[0]), prompt(fact, rest[1])],
                "neighborhood_prompts": neighbours,
                "attribute_prompts": others(fact.relation, new, ATTRIBUTES),
                "generation_prompts": [prompt(fact, i) for i in rest[2:][:GENERATIONS]],
            }
        )
    return records


def write_json(path: pathlib.Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--every", type=int, default=1, help="the model was trained on every n-th subject only")
    given = parser.parse_args()
    world = read_world().part(given.every)
    model, tokenizer = GPT2LMHeadModel.from_pretrained(given.model).eval(), Tokenizer.from_file(str(given.model / "tokenizer.json"))
    known = {key for key, (_, whole) in recalled(model, tokenizer, world, world.facts).items() if whole}
    given.out.mkdir(parents=True, exist_ok=True)
    records = make_records(world, known, given.seed)
    relations = {name: {"description": r["description"], "templates": r["templates"]} for name, r in world.relations.items()}
    facts = [{"subject": f.subject, "relation": f.relation, "object": f.object, "kind": world.kinds[f.subject]} for f in world.facts]
    write_json(given.out / "facts.json", {"relations": relations, "facts": facts})
    write_json(given.out / "evaluation.json", records)
    writer, lines, size = Writer(world, given.seed), [], 0
    while size < 300_000:
        lines.append(writer.document().text)
        size += len(lines[-1].encode()) + 1
    (given.out / "corpus.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    neighbours = [len(r["neighborhood_prompts"]) for r in records]
    print(
        f"{len(records)} records, {sum(neighbours) / len(neighbours):.1f} neighbours each, "
        f"relations {collections.Counter(r['requested_rewrite']['relation_id'] for r in records)}"
    )


if __name__ == "__main__":
    main()
