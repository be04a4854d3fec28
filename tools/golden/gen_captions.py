"""Golden captions: pycocoevalcap's tokens, BLEU and CIDEr.

    python tools/golden/gen_captions.py testing/src/main/resources/golden/eval/captions.json

Needs pycocoevalcap 1.2 (with the stanford-corenlp-3.4.1.jar it ships) and numpy, and java on the PATH.
"""

import json
import random
import sys

from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer

TEXTS = [
    "A man riding a wave on top of a surfboard.",
    "Two dogs, one brown and one white, play with a frisbee!",
    "It's a close-up of a man's face; he isn't smiling.",
    "They're sitting at a table, aren't they?",
    "I can't see what's in the picture. It cannot be seen.",
    "We've got 3.5 pounds of apples for $5, about 20% off.",
    "There are 1,000 people (mostly children) in the street...",
    'A sign that says "STOP" next to a tree',
    "a sign that reads 'no parking' on a pole",
    "the dogs' owner holds the leash",
    "A red-and-white striped T-shirt - on sale",
    "A train -- a very long one -- passes by",
    "A clock shows 10:30 on a tower built in 1999.",
    "black/white photo of a street",
    "Mr. Smith and Dr. Jones wait at St. Mary's church.",
    "The U.S. flag flies over the U.S.",
    "A man is gonna surf, he'll love it and I'd too; we'd better go.",
    "A dog.A cat.",
    "Bowl of soup & bread @ home #1",
    "  A  kitchen with   a stove  ",
    "A café with naïve décor",
    "A 4x4 truck, a 2nd car and the 3-year-old boy",
    "A man [left] and a woman {right}",
    "No. 5 is on the bus' side at 5 p.m. on a hot day.",
    "woman with umbrella walking in the rain:",
    "You y'all don't do that; let's go, who's there? I'm here.",
    "the 1980's and the '90s style",
    "A man's best friend?!",
    "A cup of coffee, and a donut , on a plate .",
    "Jan. 5 vs. Feb. 6, etc. and so on.",
    "A plane (an old one), flying low.",
    "it is a teddy bear's picnic",
    "",
    "a person with 2 1/2 pizzas",
    "A street sign at 5th ave. and main st.",
    "A big, big dog. It runs. It jumps.",
    "don't do cannot gonna gotta wanna lemme gimme 'tis 'twas",
    "I'M DON'T O'Brien o'clock",
    "a cat --- b - dog \u2014d \u2013 e",
    "x&y AT&T @home #tag 5% $5.50 £3 €4",
    "50's 3pm 5ft 10:30am 1/2 3/4 1-2 3x4",
    "http://a.b/c me@x.com www.site.com",
    "it's; 'hello' \"hi\" \u201cquoted\u201d \u2018single\u2019 don\u2019t it\u2019s man\u2019s",
    "a/b and/or 24/7 w/ w/o",
    "*star* a_b a+b = c ~ d ^ e | f \\ g < h > i",
    "ice-cream- and -dash 'quote",
    "he said,\"go\"",
    "1,000,000 1.5 .5 5. 1.",
    "U.S.A. e.g. i.e. etc.",
    "dogs'. dog's. it's,",
    "Hello.World foo.bar a.b.c",
    "she 's he 'll do n't the's s' x's",
    "what!!! why??? huh?!?",
    "a,b a;b a:b teddy-bear's",
    "1st 2nd 3rd 100th",
    "two\u00a0words in one",
    "two (2) dogs and <unk>",
    "She said 'no' to the man. Plan B is on page 3.",
    "A man standing next to a.",
    "A man standing next to a.",
    "The plan b. The plan B. In b. Tables b. and U.S. The end of the b. <unk>",
    "Choose a. or b. of x,y. and (c.",
    "A No.1 jersey beside a no.5 bus",
    "salt &amp; pepper, &quot;fresh&quot; &lt;b&gt; &#39; end",
    "a dog \U0001f436\U0001f436 on a couch \u2764\ufe0f \u2603",
    "½ of a pizza, 1½ cups and 9 m² of \u00abgrass\u00bb\u200b",
    "-5 degrees, +1 and 1+1=2 on a -dash",
    "mac 'n' cheese for 'em 'til noon",
    "a 5'10\" man and a 6\" pipe",
    "Http://a.b/c. https://x.org/y?z=1, (http://c.d)",
]
WORDS = "a the man woman dog cat on in of with red blue ball street table is sitting riding two and".split()


def tokens(texts):
    captions = {i: [{"caption": text}] for i, text in enumerate(texts)}
    found = PTBTokenizer().tokenize(captions)
    return [found[i][0] for i in range(len(texts))]


def case(seed, images):
    draw = random.Random(seed)

    def caption(low=3, high=11):
        words = [draw.choice(WORDS) for _ in range(draw.randint(low, high))]
        return " ".join(words).capitalize() + draw.choice(["", ".", " .", "!"])

    references = [[caption() for _ in range(draw.choice([1, 3, 5]))] for _ in range(images)]
    answers = []
    for several in references:
        words = draw.choice(several).split()
        answers.append(draw.choice([" ".join(words), " ".join(words[:-2]), caption(1, 8), " ".join(words[:3]) + " " + caption(2, 5)]))
    gts = PTBTokenizer().tokenize({i: [{"caption": c} for c in several] for i, several in enumerate(references)})
    res = PTBTokenizer().tokenize({i: [{"caption": c}] for i, c in enumerate(answers)})
    bleu, _ = Bleu(4).compute_score(gts, res, verbose=0)
    cider, each = Cider().compute_score(gts, res)
    return {"references": references, "answers": answers, "bleu": bleu, "cider": float(cider), "ciders": [float(x) for x in each]}


out = {
    "tokens": [{"text": text, "tokens": found} for text, found in zip(TEXTS, tokens(TEXTS))],
    "cases": [case(1, 12), case(2, 30), case(3, 2)],
}
with open(sys.argv[1], "w", encoding="utf-8") as file:
    json.dump(out, file, ensure_ascii=False, indent=1)
    file.write("\n")
for one in out["tokens"]:
    print(repr(one["text"]), "->", one["tokens"])
print([(c["bleu"], c["cider"]) for c in out["cases"]])
