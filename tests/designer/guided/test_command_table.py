"""Every command in several words of English, and in a natural sentence of each other language."""

from __future__ import annotations

import pytest

from chat_app.designer.guided.amounts import in_digits
from chat_app.designer.guided.editing import Editing, Work
from chat_app.designer.guided.tongues import in_english, language_of
from chat_app.events.design import Edited, Offered, RunWanted, SaveWanted, UndoWanted
from chat_app.workflow.document import Workflow
from tests.designer.guided.conftest import Talk, check
from tests.designer.guided.test_commands import ANGLES, EACH, WRITE, Holds, base, ids, leads, node, routes

THREE = """\
version: 1
name: three
inputs: {text: {type: string}}
state:
  summary: {type: string}
  title: {type: string}
  translation: {type: string}
  score: {type: integer, minimum: 0, maximum: 10}
outputs: [summary, title, translation]
nodes:
  - {id: summarise, kind: llm, prompt: "Summarise: {{ state.text }}", writes: [summary, score]}
  - {id: title, kind: llm, prompt: "Title of: {{ state.text }}", writes: [title]}
  - {id: translate, kind: llm, prompt: "Translate: {{ state.text }}", writes: [translation]}
edges:
  - {from: START, to: summarise}
  - {from: summarise, to: title}
  - {from: title, to: translate}
  - {from: translate, to: END}
"""


def improves_to_nine(workflow: Workflow) -> bool:
    """Whether it is improved until the score is 9, in the loop that is there."""
    return ("state.score < 9", "improve", None) in routes(workflow, "review") and len(ids(workflow)) == 3


def draft_of(name: str) -> str:
    return THREE if name == "three" else base(name)


ENGLISH: list[tuple[str, str, Holds]] = [
    (WRITE, "put in a fact check after the write step", lambda w: leads(w, "write", "fact_check")),
    ("three", "insert a fact check after the summary step", lambda w: leads(w, "summarise", "fact_check")),
    ("three", "insert a fact check after the summaries", lambda w: leads(w, "fact_check", "title")),
    (WRITE, "attach a translation into Italian to the end", lambda w: "Italian" in node(w, "translate").prompt),
    (WRITE, 'insert a step "check names" before review', lambda w: leads(w, "check_names", "review")),
    (
        WRITE,
        'add a step called "polish" that makes the text shorter after "write"',
        lambda w: leads(w, "write", "polish") and "shorter" in node(w, "polish").prompt,
    ),
    (WRITE, "throw out the reviews", lambda w: ids(w) == ["write"]),
    (WRITE, "delete steps review and improve", lambda w: "review" not in ids(w)),
    (EACH, "use a title instead of the overview", lambda w: leads(w, "for_each", "title")),
    (WRITE, 'rename "write" to "first draft"', lambda w: ids(w)[0] == "first_draft"),
    (WRITE, "give the review step the name judge", lambda w: ids(w) == ["write", "judge", "improve"]),
    ("three", "put the translation first", lambda w: leads(w, "START", "translate") and len(ids(w)) == 3),
    ("three", "the title should come before the summary", lambda w: leads(w, "title", "summarise")),
    (
        "three",
        "swap summarise and translate",
        lambda w: leads(w, "START", "translate") and leads(w, "title", "summarise") and leads(w, "summarise", "END"),
    ),
    (
        "three",
        "run summarise and translate in parallel",
        lambda w: leads(w, "START", "translate") and w.outputs == ["summary", "title", "translation"],
    ),
    (
        "three",
        "branch when the score is over 7: translate",
        lambda w: ("state.score > 7", "translate", None) in routes(w, "summarise"),
    ),
    (
        WRITE,
        "do review again until the score is at least 8, up to five times",
        lambda w: ("state.score < 8", "review", 5) in routes(w, "review"),
    ),
    (EACH, "for every result make a title", lambda w: node(w, "each_result_2").over == "{{ state.results }}"),
    *[
        (WRITE, words, lambda w: ("state.decision == 'reject'", "END", None) in routes(w, "approve_improve"))
        for words in ("ask me before the improving steps", "check with me before the improvement")
    ],
    (ANGLES, "pause for my approval after research", lambda w: leads(w, "research", "approve_merge")),
    (WRITE, "return just the draft and the score", lambda w: w.outputs == ["draft", "score"]),
    (WRITE, "the result should be the draft", lambda w: w.outputs == ["draft"]),
    (WRITE, "I need an input for the tone", lambda w: w.inputs["tone"].type == "string"),
    (WRITE, 'add an input "target group"', lambda w: "target_group" in w.inputs),
    (WRITE, "limit it to half an hour", lambda w: w.limits.seconds == 1800),
    (WRITE, "stop after half a minute", lambda w: w.limits.seconds == 30),
    (WRITE, "it must not take longer than an hour and a half", lambda w: w.limits.seconds == 5400),
    (
        WRITE,
        "limit the time to half a minute and the cost to half a dollar",
        lambda w: (w.limits.seconds, w.limits.cost_usd) == (30, 0.5),
    ),
    (WRITE, "do not spend more than two dollars", lambda w: w.limits.cost_usd == 2),
    (WRITE, "never more than 30 steps", lambda w: w.limits.steps == 30),
    (WRITE, "cap the tokens at 10,000", lambda w: w.limits.tokens == 10_000),
    (WRITE, "give write a timeout of half a minute", lambda w: node(w, "write").timeout_seconds == 30),
    (WRITE, "write should use openai/gpt-4o-mini", lambda w: node(w, "write").model == "openai/gpt-4o-mini"),
    (WRITE, "keep improving until the score is 9", improves_to_nine),
    (WRITE, "improve it again and again until the score reaches 9", improves_to_nine),
    (
        WRITE,
        "keep improving it until the score is at least 9, at most 4 times",
        lambda w: improves_to_nine(w) and (None, "review", 3) in routes(w, "improve"),
    ),
    (
        "three",
        "keep improving until the score is 9",
        lambda w: ("state.score < 9", "summarise", 3) in routes(w, "summarise"),
    ),
    (
        WRITE,
        "repeat write and review until the score is 9 or more, five times at the most",
        lambda w: ("state.score < 9", "write", 5) in routes(w, "review"),
    ),
    (WRITE, "use gpt-4o for the review step", lambda w: node(w, "review").model == "gpt-4o"),
    ("three", "I want the title step to use gpt-4o", lambda w: node(w, "title").model == "gpt-4o"),
    (WRITE, "switch everything to gpt-4o-mini", lambda w: w.model == "gpt-4o-mini"),
    (
        WRITE,
        "please get rid of the review, and put a fact check at the end instead",
        lambda w: ids(w) == ["write", "fact_check"],
    ),
    ("three", "remove the last two steps", lambda w: ids(w) == ["summarise"]),
    (WRITE, "drop the reviews and the improvements", lambda w: ids(w) == ["write"]),
    *[
        (WRITE, words, lambda w: ids(w) == ["write"])
        for words in (
            "actually, forget the review",
            "no need for the review step",
            "skip the review",
            "we don't need the review any more",
        )
    ],
    (WRITE, "add two steps: a title and keywords", lambda w: leads(w, "title", "keywords")),
    (
        "three",
        "add keywords and a fact check after summarise",
        lambda w: leads(w, "summarise", "keywords") and leads(w, "keywords", "fact_check"),
    ),
    (
        WRITE,
        'could you rename the first step to "author" and make it shorter?',
        lambda w: "shorter" in node(w, "author").prompt,
    ),
    (WRITE, "after writing, translate everything into French", lambda w: leads(w, "write", "translate")),
    (
        WRITE,
        "turn improve into a translation into Spanish",
        lambda w: "improve" not in ids(w) and "translate" in ids(w),
    ),
    (
        WRITE,
        "instead of improving, translate into Spanish",
        lambda w: "improve" not in ids(w) and "Spanish" in node(w, "translate").prompt,
    ),
    ("three", "can we have the translation before the title?", lambda w: leads(w, "translate", "title")),
    ("three", "move the last step to the front", lambda w: leads(w, "START", "translate")),
    (
        WRITE,
        "don't run longer than ten minutes or cost more than a dollar",
        lambda w: (w.limits.seconds, w.limits.cost_usd) == (600, 1),
    ),
    (WRITE, "make sure it costs no more than 20 cents", lambda w: w.limits.cost_usd == 0.2),
    (WRITE, "I don't need the feedback in the output", lambda w: w.outputs == ["draft", "score"]),
    (WRITE, "let the user choose the tone", lambda w: w.inputs["tone"].type == "string"),
    (
        WRITE,
        "I'd like a human to look at it before anything is sent",
        lambda w: node(w, "approve").kind == "human" and leads(w, "approve", "END"),
    ),
    (ANGLES, "ask me whether to go on after research", lambda w: leads(w, "research", "approve_merge")),
    (EACH, "do that for every result: translate it into German", lambda w: "each_result_2" in ids(w)),
    (
        WRITE,
        "first rename write to author, then add keywords after author and use gpt-4o",
        lambda w: leads(w, "author", "keywords") and w.model == "gpt-4o",
    ),
]


@pytest.mark.parametrize(("draft", "command", "holds"), ENGLISH, ids=[command for _, command, _ in ENGLISH])
async def test_other_words_for_a_command(draft: str, command: str, holds: Holds, talk: Talk) -> None:
    talk.conversation.draft = draft_of(draft)
    await talk.say(command)
    assert talk.one(Edited).valid
    workflow = talk.checked().workflow
    assert workflow is not None
    assert holds(workflow), talk.draft


@pytest.mark.parametrize("message", ["spend more than two dollars", "swap write and write", "swap write and flux"])
async def test_the_opposite_and_the_impossible_change_nothing(message: str, talk: Talk) -> None:
    talk.conversation.draft = draft = base(WRITE)
    await talk.say(message)
    assert talk.draft == draft
    assert not talk.found(Edited)


@pytest.mark.parametrize(
    ("message", "event"),
    [
        ("revert the last change", UndoWanted()),
        ("undo the last two changes", UndoWanted(2)),
        ("undo three steps", UndoWanted(3)),
        ("take back the last 2 edits", UndoWanted(2)),
        ("go back two steps", UndoWanted(2)),
        ("undo twice", UndoWanted(2)),
        ("run the workflow now", RunWanted()),
        ('save it under the name "my blog"', SaveWanted("my_blog")),
        ("save this workflow, please", SaveWanted()),
    ],
)
async def test_other_words_for_what_changes_nothing(message: str, event: object, talk: Talk) -> None:
    talk.conversation.draft = draft = base(WRITE)
    await talk.say(message)
    assert event in talk.events
    assert talk.draft == draft


@pytest.mark.parametrize(
    "message",
    [
        "use a different model for review",
        "review should use a cheaper model",
        "Nimm für review ein anderes Modell",
        "Utilise un autre modèle pour review",
        "Usa otro modelo para review",
        "review用别的模型",
        "reviewに別のモデルを使って",
    ],
)
async def test_another_model_is_asked_for_by_name(message: str, talk: Talk) -> None:
    talk.conversation.draft = base(WRITE)
    await talk.say(message)
    assert not talk.found(Edited)
    await talk.say(talk.one(Offered).cards[0].value)
    workflow = talk.checked().workflow
    assert workflow is not None
    assert node(workflow, "review").model == "ollama_chat/qwen3"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("remove title", "no, I meant translate"),
        ("remove title", "no, I meant remove the translation"),
        ("remove title", "oh no, not the title, the translation"),
        ("remove title", "I meant the translation step, sorry"),
        ("Entferne title", "Nein, ich meinte translate"),
        ("Entferne title", "Ach nein, ich meinte: entferne translate"),
        ("Entferne title", "Nicht title, sondern translate"),
        ("Supprime title", "Non, je voulais dire translate"),
        ("Supprime title", "Non, je voulais dire supprime translate"),
        ("Supprime title", "Non, pas title mais translate"),
        ("Elimina title", "No, quería decir translate"),
        ("Elimina title", "No, me refería a translate"),
        ("Elimina title", "No title, sino translate"),
        ("删除title", "不，我是说translate"),
        ("删除title", "不对，我的意思是删除translate"),
        ("删除title", "不是title，是translate"),
        ("titleを削除して", "いや、translateのことです"),
        ("titleを削除して", "いいえ、translateを削除してという意味です"),
        ("titleを削除して", "titleではなくtranslateです"),
    ],
)
async def test_a_correction_takes_back_what_was_done_and_does_what_was_meant(
    said: str, meant: str, talk: Talk
) -> None:
    talk.conversation.draft = THREE
    await talk.say(said, meant)
    workflow = talk.checked().workflow
    assert workflow is not None
    assert ids(workflow) == ["summarise", "title"]


@pytest.mark.parametrize(
    ("draft", "said", "meant", "holds"),
    [
        (
            "three",
            "add keywords at the end",
            "no, I meant a fact check",
            lambda w: leads(w, "translate", "fact_check"),
        ),
        (
            "three",
            "add keywords at the end",
            "no, I meant after summarise",
            lambda w: leads(w, "summarise", "keywords"),
        ),
        (
            "three",
            "translate the summary into German",
            "no, I meant French",
            lambda w: "French" in node(w, "translate_2").prompt and "German" not in node(w, "translate_2").prompt,
        ),
        (WRITE, "limit to 2 minutes", "no, I meant 3 minutes", lambda w: w.limits.seconds == 180),
        (WRITE, "rename write to author", "no, I meant writer", lambda w: ids(w)[0] == "writer"),
        (
            WRITE,
            "use gpt-4o for review",
            "no, I meant claude-sonnet-4-5",
            lambda w: node(w, "review").model == "claude-sonnet-4-5",
        ),
        (WRITE, "use gpt-4o for review", "no, I meant for write", lambda w: node(w, "review").model is None),
    ],
)
async def test_a_correction_names_only_what_was_wrong(
    draft: str, said: str, meant: str, holds: Holds, talk: Talk
) -> None:
    talk.conversation.draft = draft_of(draft)
    await talk.say(said, meant)
    workflow = talk.checked().workflow
    assert workflow is not None
    assert holds(workflow), talk.draft


SENTENCES: dict[tuple[str, str], str] = {
    (WRITE, "add a title at the end"): (
        "Füge am Ende einen Titel hinzu / Ajoute un titre à la fin / Añade un título al final / "
        "在最后添加一个标题 / 最後にタイトルを追加してください"
    ),
    (WRITE, "insert a fact check after write"): (
        "Setze nach write einen Faktencheck ein / Insère une vérification des faits après write / "
        "Inserta una verificación de datos después de write / 在write之后插入事实核查 / "
        "writeの後に事実確認を挿入してください"
    ),
    (WRITE, "remove review"): (
        "Entferne den Schritt review / Supprime l'étape review / Elimina el paso review / 删除review步骤 / "
        "reviewのステップを削除して"
    ),
    (EACH, "replace overview with a title"): (
        "Ersetze overview durch einen Titel / Remplace overview par un titre / "
        "Reemplaza overview por un título / 把overview替换为标题 / overviewをタイトルに置き換えて"
    ),
    (WRITE, "rename write to autor"): (
        "Benenne write in autor um / Renomme write en autor / Renombra write a autor / 把write重命名为autor / "
        "writeをautorに名前を変更して"
    ),
    ("three", "move translate before summarise"): (
        "Verschiebe translate vor summarise / Déplace translate avant summarise / "
        "Mueve translate antes de summarise / 把translate移到summarise之前 / translateをsummariseの前に移動して"
    ),
    (WRITE, "if score is below 3, stop"): (
        "Wenn score unter 3 liegt, hör auf / Si score est inférieur à 3, arrête / Si score es menor que 3, para / "
        "如果score低于3，就停止 / scoreが3未満なら停止して"
    ),
    (WRITE, "repeat review until score is at least 9, at most 4 times"): (
        "Wiederhole review, bis score mindestens 9 ist, höchstens viermal / "
        "Répète review jusqu'à ce que score soit au moins 9, au plus quatre fois / "
        "Repite review hasta que score sea al menos 9, como máximo cuatro veces / "
        "重复review直到score至少为9，最多四次 / scoreが9以上になるまでreviewを繰り返して、最大4回"
    ),
    (EACH, "translate each result into German"): (
        "Übersetze jedes result ins Deutsche / Traduis chaque result en allemand / Traduce cada result al alemán / "
        "把每个result翻译成德语 / 各resultをドイツ語に翻訳して"
    ),
    ("three", "run summarise and title in parallel"): (
        "Führe summarise und title parallel aus / Exécute summarise et title en parallèle / "
        "Ejecuta summarise y title en paralelo / 并行运行summarise和title / summariseとtitleを並行して実行して"
    ),
    (WRITE, "ask me before improve"): (
        "Lass mich vor improve zustimmen / Demande-moi avant improve / Pregúntame antes de improve / "
        "在improve之前问我 / improveの前に私に確認して"
    ),
    (WRITE, "output only draft"): (
        "Gib nur draft aus / Renvoie seulement draft / Devuelve solo draft / 只输出draft / draftだけを出力して"
    ),
    (WRITE, "add an input called audience"): (
        "Füge eine Eingabe namens audience hinzu / Ajoute une entrée nommée audience / "
        "Añade una entrada llamada audience / 添加一个名为audience的输入 / audienceという入力を追加して"
    ),
    (WRITE, "limit to 2 minutes"): (
        "Begrenze es auf zwei Minuten / Limite à deux minutes / Limita a dos minutos / 限制为两分钟 / 2分に制限して"
    ),
    (WRITE, "at most half an hour"): (
        "Höchstens eine halbe Stunde / Au plus une demi-heure / Como máximo media hora / 最多半小时 / 最大30分まで"
    ),
    (WRITE, "stop after 30 seconds"): (
        "Brich nach einer halben Minute ab / Arrête après une demi-minute / Detente después de medio minuto / "
        "半分钟后停止 / 30秒後に停止して"
    ),
    (WRITE, "use model openai/gpt-4o"): (
        "Nutze das Modell openai/gpt-4o / Utilise le modèle openai/gpt-4o / Usa el modelo openai/gpt-4o / "
        "使用模型openai/gpt-4o / モデルopenai/gpt-4oを使って"
    ),
    (WRITE, "keep improving until score is 9"): (
        "Verbessere weiter, bis score 9 ist / Continue d'améliorer jusqu'à ce que score soit 9 / "
        "Sigue mejorando hasta que score sea 9 / 继续改进直到score达到9 / scoreが9になるまで改善を続けて"
    ),
    (WRITE, "use model gpt-4o for review"): (
        "Nutze gpt-4o für review / Utilise gpt-4o pour review / Usa gpt-4o para review / review使用gpt-4o / "
        "reviewにgpt-4oを使って"
    ),
    (WRITE, "undo the last 2 changes"): (
        "Mach die letzten zwei Änderungen rückgängig / Annule les deux dernières modifications / "
        "Deshaz los dos últimos cambios / 撤销最近两次更改 / 最後の2つの変更を元に戻して"
    ),
    ("three", "remove title"): (
        "Schmeiß title raus / Vire title / Deshazte de title / 不要title了 / titleはいらない"
    ),
    (
        WRITE,
        "undo",
    ): "Mach das rückgängig / Annule la dernière modification / Deshaz el último cambio / 撤销 / 元に戻して",
    (WRITE, "explain"): (
        "Erkläre den Workflow / Explique le workflow / Explica el flujo / 解释一下这个工作流 / ワークフローを説明して"
    ),
    (WRITE, "run"): "Führe ihn aus / Lance-le / Ejecuta el flujo de trabajo / 运行 / 実行して",
    (WRITE, "save as blog"): (
        "Speichere ihn als blog / Enregistre-le sous le nom blog / Guárdalo como blog / 保存为blog / "
        "blogとして保存して"
    ),
}
TABLE = [
    (code, said, draft, meant)
    for (draft, meant), sentences in SENTENCES.items()
    for code, said in zip(("de", "fr", "es", "zh", "ja"), sentences.split(" / "), strict=True)
]


def outcome_of(draft: str, message: str) -> object:
    work = Editing(check).carry_out(draft, message, None)
    assert isinstance(work, Work), f"not understood: {message}: {work}"
    return [edit.model_dump(exclude_unset=True) for edit in work.edits] or work.asides


@pytest.mark.parametrize(("code", "said", "draft", "meant"), TABLE, ids=[said for _, said, _, _ in TABLE])
def test_a_sentence_of_another_language_is_its_english_one(code: str, said: str, draft: str, meant: str) -> None:
    assert language_of(said, "ja" if code == "ja" else "en") == code
    text = draft_of(draft)
    assert outcome_of(text, in_english(said, code).text) == outcome_of(text, meant)


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("half an hour", "1800 seconds"),
        ("a quarter of an hour", "900 seconds"),
        ("three quarters of an hour", "2700 seconds"),
        ("two and a half minutes", "150 seconds"),
        ("an hour and a half", "5400 seconds"),
        ("a minute", "1 minute"),
        ("half a dollar", "0.5 dollars"),
        ("ten thousand tokens", "10000 tokens"),
        ("1,250,000 tokens", "1250000 tokens"),
        ("half of the words, and 3,5", "half of the words, and 3,5"),
    ],
)
def test_amounts_are_read_in_digits(said: str, read: str) -> None:
    assert in_digits(said) == read
