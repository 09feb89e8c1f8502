"""The desk's fact sheets and the fixed rule that answers them: a pure function of the sheet.

The lab models learn this rule and nothing about markets. Each fact has a vote of -1, 0 or +1:
ret5 (five-day return) by its sign if it is 1 % or more, sma20 by the side of the average, rsi14 against
the crowd (70 and over: -1, under 30: +1), news by its tone; drawdown and vol20 have no vote.
The sum makes view and action; a volatility of 40 % and over makes the desk abstain.
"""
import json
import random

TONES = {
    "positive": ("orders rise", "profit beats the forecast", "new product sells well", "debt is paid back"),
    "negative": ("orders fall", "profit misses the forecast", "a product is called back", "debt grows"),
    "neutral": ("a meeting is planned", "the office moves", "the report comes next week"),
}


def draw_facts(rng):
    """A random sheet; each fact but the close may be missing, as data may be in life."""
    facts = {"close": round(rng.uniform(5, 400), 1)}
    if rng.random() < 0.95:
        facts["ret5"] = round(rng.choice((rng.gauss(0, 1.2), rng.gauss(0, 4))), 1)
    if rng.random() < 0.95:
        facts["sma20"] = rng.choice(("above", "below"))
    if rng.random() < 0.95:
        facts["rsi14"] = rng.choice((rng.randint(10, 29), rng.randint(30, 69), rng.randint(70, 90)))
    if rng.random() < 0.95:
        facts["vol20"] = rng.choice((rng.randint(10, 39), rng.randint(10, 39), rng.randint(10, 39), rng.randint(40, 70)))
    if rng.random() < 0.9:
        facts["drawdown"] = -rng.randint(0, 30)
    if rng.random() < 0.6:
        tone = rng.choice(sorted(TONES))
        facts["news"] = (tone, rng.choice(TONES[tone]))
    return facts


ORDER = ("close", "ret5", "sma20", "rsi14", "vol20", "drawdown")


def fact_id(name):
    return "n1" if name == "news" else f"f{ORDER.index(name) + 1}"


def sheet(facts):
    lines = []
    for name in (*ORDER, "news"):
        if name in facts:
            value = facts[name]
            shown = {"ret5": lambda: f"{value:+.1f}%", "vol20": lambda: f"{value}%", "drawdown": lambda: f"{value}%",
                     "news": lambda: f"{value[0]}: {value[1]}"}.get(name, lambda: f"{value}")()
            lines.append(f"{fact_id(name)} {name} {shown}")
    return "\n".join(lines)


def votes(facts):
    found = {}
    if abs(facts.get("ret5", 0)) >= 1:
        found["ret5"] = 1 if facts["ret5"] > 0 else -1
    if "sma20" in facts:
        found["sma20"] = 1 if facts["sma20"] == "above" else -1
    if facts.get("rsi14", 50) >= 70:
        found["rsi14"] = -1
    if facts.get("rsi14", 50) < 30:
        found["rsi14"] = 1
    if "news" in facts and facts["news"][0] != "neutral":
        found["news"] = 1 if facts["news"][0] == "positive" else -1
    return found


def decide(facts):
    """The answer as a dict whose keys stand in the order of the contract."""
    found = votes(facts)
    total = sum(found.values())
    view = "bullish" if total > 0 else "bearish" if total < 0 else "neutral"
    wild = facts.get("vol20", 0) >= 40
    action = "abstain" if wild else "buy" if total >= 2 else "sell" if total <= -2 else "hold"
    risks = [text for text, holds in (
        ("high volatility", wild),
        ("deep drawdown", facts.get("drawdown", 0) <= -10),
        ("overbought", facts.get("rsi14", 50) >= 70),
        ("oversold", facts.get("rsi14", 50) < 30),
        ("no news", "news" not in facts),
    ) if holds]
    return {
        "evidence": [fact_id(name) for name in found],
        "view": view,
        "action": action,
        "conviction": 10 if wild else min(90, 30 + 20 * abs(total)),
        "horizonDays": 5 if wild else 20,
        "invalidation": {"bullish": "close below sma20", "bearish": "close above sma20", "neutral": "ret5 beyond 3%"}[view],
        "risks": risks or ["none seen"],
    }


def answer(facts):
    return json.dumps(decide(facts), separators=(",", ":"), ensure_ascii=False)


if __name__ == "__main__":
    example = draw_facts(random.Random(1))
    print(sheet(example))
    print(answer(example))
