"""eval/mme.json, eval/seed_bench.json: MME and SEED-Bench in the form they are released in, scored by their reference scripts.

MME: a made-up release folder (both layouts of a category) and answers; convert_answer_to_mme.py of LLaVA's eval.zip makes
the folder of results, calculation.py of MME's eval_tool scores it. SEED-Bench: a made-up SEED-Bench.json with every field
of the real one and answers as LLaVA writes them, scored by convert_seed_for_submission.py. Needs scikit-learn."""
import argparse, contextlib, io, json, os, random, runpy, sys, tempfile

p = argparse.ArgumentParser()
p.add_argument("--out", required=True, help="the golden folder; its eval/ gets the files")
p.add_argument("--variant", choices=["public", "heldout"], default="public")
p.add_argument("--llava", required=True, help="checkout of haotian-liu/LLaVA")
p.add_argument("--mme", required=True, help="folder with convert_answer_to_mme.py and calculation.py")
a = p.parse_args()
for name in ("out", "llava", "mme"):
    setattr(a, name, os.path.abspath(getattr(a, name)))
rng = random.Random(3002 if a.variant == "heldout" else 32)


def script(path, *argv):
    said, old = io.StringIO(), sys.argv
    sys.argv = [path, *argv]
    try:
        with contextlib.redirect_stdout(said):
            runpy.run_path(path, run_name="__main__")
    finally:
        sys.argv = old
    return said.getvalue()


def write(path, text):
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def keep(name, content):
    write(os.path.join(a.out, "eval", name), json.dumps(content, ensure_ascii=False, indent=1) + "\n")


PERCEPTION = ["existence", "count", "position", "color", "posters", "celebrity", "scene", "landmark", "artwork", "OCR"]
COGNITION = ["commonsense_reasoning", "numerical_calculation", "text_translation", "code_reasoning"]
FOLDERS = {"posters", "celebrity", "scene", "landmark", "artwork"}     # images/ and questions_answers_YN/; the others side by side
SAYS = {"Yes": ["Yes", "yes.", "Yes, there is", "Oh yes"], "No": ["No", "no.", "No, it is not", " not so"]}
OTHERS = ["It may be", "Unknown", "", "The answer is yes", "ok, no"]
SHORT = "\nAnswer the question using a single word or phrase."

work = tempfile.mkdtemp()
os.chdir(work)
release, answers = {}, []
for category in PERCEPTION + COGNITION:
    for image in range(3):
        name = f"{category[:2]}{image}"
        png = f"{category}/images/{name}.jpg" if category in FOLDERS else f"{category}/{name}.png"
        txt = f"{category}/questions_answers_YN/{name}.txt" if category in FOLDERS else f"{category}/{name}.txt"
        lines = []
        for right in ("Yes", "No"):
            question = f'Is "{name}" {"shown" if right == "Yes" else "missing"} in the image, é?'
            gap = "  " if category == "landmark" and image == 1 else " "
            lines.append(f"{question}{gap}Please answer yes or no.\t{right}")
            said = rng.choice(SAYS[right] if rng.random() < 0.7 else SAYS["No" if right == "Yes" else "Yes"] if rng.random() < 0.6 else OTHERS)
            answers.append(dict(question_id=png, prompt=question + SHORT, text=said, category=category))
        release[txt] = "\n".join(lines) + ("\n" if image else "")
        release[png] = ""
for path, text in release.items():
    write(os.path.join("MME_Benchmark_release_version", path), text)
write("answers/model.jsonl", "".join(json.dumps(row) + "\n" for row in answers))
script(os.path.join(a.mme, "convert_answer_to_mme.py"), "--experiment", "model")
results = {c: open(f"eval_tool/answers/model/{c}.txt", encoding="utf-8").read() for c in PERCEPTION + COGNITION}
import warnings
warnings.filterwarnings("ignore")       # precision of categories without a yes
printed = script(os.path.join(a.mme, "calculation.py"), "--results_dir", "eval_tool/answers/model")
printed = printed[printed.index("=========== Perception"):]     # some copies print their arguments first
keep("mme.json", dict(release=release, answers=answers, results=results, stdout=printed))

TYPES = {"Scene Understanding": 1, "Instance Identity": 2, "Text Understanding": 9, "Action Recognition": 10, "Procedure Understanding": 12}
questions, said = [], []
for i in range(20):
    kind = list(TYPES.values())[i % len(TYPES)]
    video = kind >= 10
    identity = f"v{i}" if video else str(1000 + i)
    question = dict(answer=rng.choice("ABCD"), choice_a="One", choice_b="Two, or more", choice_c="Three", choice_d=rng.choice(["Four", "None"]),
                    data_id=f"{i}.mp4" if video else f"{i}454426_2591111986", data_type="video" if video else "image", question=f"How many things are there ({i})?",
                    question_id=identity, question_type_id=kind)
    if video:
        question["segment"] = [2.5 * i, 2.5 * i + 10]
    questions.append(question)
    text = question["answer"] if rng.random() < 0.6 else rng.choice(["A", "B.", "C", "D", "The answer is A"])
    said.append(dict(question_id=identity if video else int(identity), text=text))
seed = dict(question_type=TYPES, questions=questions)
write("seed.json", json.dumps(seed))
write("seed_answers.jsonl", "".join(json.dumps(row) + "\n" for row in said))
printed = script(os.path.join(a.llava, "scripts", "convert_seed_for_submission.py"), "--annotation-file", "seed.json", "--result-file", "seed_answers.jsonl",
                 "--result-upload-file", "upload.jsonl")
keep("seed_bench.json", dict(annotation=seed, answers=said, stdout=printed, upload=open("upload.jsonl", encoding="utf-8").read()))
