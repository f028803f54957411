"""How the simulated model speaks other languages: where a prompt asks for one of them, its sentences are in it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_WANTED = re.compile(r"\b(?:answer|write|reply) in (german|french|spanish|chinese|japanese)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_][\w'-]{2,}")
_RUN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]+")


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language: sentences to be filled, in the order of the English ways of `simulated_words`."""

    ways: tuple[tuple[str, ...], ...]
    about: str
    """What a field holds, and what it is about."""
    joint: str
    common: str = ""
    """Small words, which say nothing about a text."""
    unspaced: str = ""
    """Where words end, as a regular expression, in a language that is written without blanks."""

    def words(self, text: str) -> list[str]:
        """The words of a text that say something."""
        if self.unspaced:
            runs = _RUN.findall(text)
            return [word for run in runs for word in re.split(self.unspaced, run) if len(word) > 1] or runs
        small = self.common.split()
        return [word for word in map(str.lower, _WORD.findall(text)) if word not in small]


_TONGUES = {
    "german": Tongue(
        (
            ("Kurz gesagt geht es um {a} und {b}. {quote}", "{quote} Das ist der Kern: {a}, {b} und {c}."),
            ("\n- {A}: womit es beginnt\n- {B}: was es braucht\n- {C}: was schiefgehen kann",),
            (
                "Danke für die Nachricht zu {a}. Wir haben {b} angesehen und melden uns bald zu {c}.",
                "Die Mühe mit {a} tut uns leid. Um {b} kümmern wir uns heute, um {c} danach.",
            ),
            ("Der Teil über {a} ist klar. Mehr zu {b}, weniger zu {c}.",),
            (
                "{A} ist näher, als man denkt. Es beginnt mit {b} und kommt bald zu {c}. {quote}",
                "Denk erst an {a}, dann an {b}. Dazwischen liegt {c}. {quote}",
            ),
            (
                "Es läuft auf {a} hinaus, zusammen mit {b}. Ein echtes Modell würde mehr über {c} sagen.",
                "Der wichtigste Punkt ist {a}; {b} folgt daraus, und {c} ist einen zweiten Blick wert.",
            ),
        ),
        "{title}: {words}",
        " und ",
        common=(
            "aber als auch auf aus bei bin bis das dass dem den der des die dies diese dieser ein eine einem einen "
            "einer eines für hat ich ihr ihre ist kein keine mein mit nach nicht noch oder sein sich sie sind über "
            "und uns von vor war warum was wenn wie wir wird zum zur "
            "näher denkt beginnt kommt bald denk erst dann dazwischen liegt"
        ),
    ),
    "french": Tongue(
        (
            ("En bref, il s'agit de {a} et de {b}. {quote}", "{quote} L'essentiel : {a}, {b} et {c}."),
            ("\n- {A} : par où cela commence\n- {B} : ce qu'il faut\n- {C} : ce qui peut échouer",),
            (
                "Merci pour votre message sur {a}. Nous avons examiné {b} et reviendrons bientôt sur {c}.",
                "Nous regrettons les soucis avec {a}. Nous réglons {b} aujourd'hui, puis {c}.",
            ),
            ("La partie sur {a} est claire. Dites-en plus sur {b}, et moins sur {c}.",),
            (
                "{A} est plus proche qu'il n'y paraît. Cela commence par {b} et arrive vite à {c}. {quote}",
                "Pensez d'abord à {a}, puis à {b}. Entre les deux se trouve {c}. {quote}",
            ),
            (
                "Tout revient à {a}, avec {b}. Un vrai modèle en dirait plus sur {c}.",
                "Le point principal est {a} ; {b} en découle, et {c} mérite un second regard.",
            ),
        ),
        "{title} : {words}",
        " et ",
        common=(
            "aux avec ces cette comme dans des donc elle elles est être ils leur leurs les mais mes mon notre nous "
            "par pas pour pourquoi que quel quelle qui sans ses son sont sur une votre vous "
            "plus proche qu'il n'y paraît cela commence arrive vite pensez d'abord puis entre deux trouve"
        ),
    ),
    "spanish": Tongue(
        (
            ("En resumen, trata de {a} y {b}. {quote}", "{quote} Eso es lo esencial: {a}, {b} y {c}."),
            ("\n- {A}: por dónde empieza\n- {B}: lo que necesita\n- {C}: lo que podría fallar",),
            (
                "Gracias por escribir sobre {a}. Hemos revisado {b} y pronto diremos más sobre {c}.",
                "Lamentamos las molestias con {a}. Hoy nos ocupamos de {b} y después de {c}.",
            ),
            ("La parte sobre {a} está clara. Di más sobre {b} y menos sobre {c}.",),
            (
                "{A} está más cerca de lo que parece. Empieza con {b} y pronto llega a {c}. {quote}",
                "Piensa primero en {a} y luego en {b}. Entre ambos está {c}. {quote}",
            ),
            (
                "Todo se reduce a {a}, junto con {b}. Un modelo real diría más sobre {c}.",
                "Lo principal es {a}; {b} se sigue de ello, y {c} merece una segunda mirada.",
            ),
        ),
        "{title}: {words}",
        " y ",
        common=(
            "ante como con cuando del desde donde ella ellos entre era esa ese esta este esto hay las los más nos "
            "para pero por porque que qué quien ser sin sobre son sus una uno unos "
            "cerca parece empieza pronto llega piensa primero luego ambos está"
        ),
    ),
    "chinese": Tongue(
        (
            ("简单说，这是关于{a}和{b}的。{quote}", "{quote}要点是：{a}、{b}和{c}。"),
            ("\n- {a}：从哪里开始\n- {b}：需要什么\n- {c}：哪里可能出错",),
            (
                "感谢你来信询问{a}。我们已经看过{b}，很快会告诉你更多关于{c}的情况。",
                "{a}给你添了麻烦，很抱歉。我们今天处理{b}，然后处理{c}。",
            ),
            ("关于{a}的部分很清楚。{b}可以多写一些，{c}可以少写一些。",),
            (
                "{a}比看上去更近。它从{b}开始，不久就谈到{c}。{quote}",
                "先想想{a}，再想想{b}。两者之间是{c}。{quote}",
            ),
            (
                "归根到底是{a}，还有{b}。真正的模型会多谈{c}。",
                "要点是{a}；{b}由此而来，{c}值得再看一遍。",
            ),
        ),
        "{title}：{words}",
        "和",
        unspaced=(
            "[的和是了在与及或就也都很把被给对]|为什么|应该|怎么|什么|一个|我们|他们|这个|那个"
            "|比看上去更近|开始|不久|谈到|它从?|先想|再想|两者之间|真正|模型|关于"
        ),
    ),
    "japanese": Tongue(
        (
            ("要するに、{a}と{b}についてです。{quote}", "{quote}要点は{a}、{b}、{c}です。"),
            ("\n- {a}：どこから始めるか\n- {b}：何が必要か\n- {c}：何がうまくいかないか",),
            (
                "{a}についてのご連絡ありがとうございます。{b}を確認しました。{c}は追ってお知らせします。",
                "{a}の件でご迷惑をおかけしました。{b}は本日、{c}はその後に対応します。",
            ),
            ("{a}の部分は明快です。{b}をもっと、{c}は控えめに書いてください。",),
            (
                "{a}は思うより近くにあります。{b}から始まり、やがて{c}に至ります。{quote}",
                "まず{a}、次に{b}を考えてください。その間に{c}があります。{quote}",
            ),
            (
                "結局は{a}、そして{b}です。本物のモデルなら{c}についてもっと語るでしょう。",
                "要点は{a}です。{b}はそこから導かれ、{c}は見直す価値があります。",
            ),
        ),
        "{title}：{words}",
        "と",
        unspaced=(
            "[はがをにでとものへやか、]|から|まで|です|ます|した|して|する|こと"
            "|思うより近く|あり|始まり|やがて|至り|考え|ください|その間|つい"
        ),
    ),
}


def wanted(prompt: str) -> tuple[Tongue | None, str]:
    """The language that a prompt asks its answer in, and what the task is about; None for English and others.

    That is what stands below the line that asks, or before it in a prompt of one line.
    """
    found = _WANTED.search(prompt)
    if found is None:
        return None, ""
    below = prompt[found.end() :].partition("\n")[2].strip()
    return _TONGUES[found[1].lower()], below or prompt[: found.start()].strip()
