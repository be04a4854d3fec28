"""Shares a cache between ./jlava and huggingface_hub, in both directions, over a local server with the hub's interface.

    ./jlava test -pl testing            # builds the server
    python tools/check_hub.py           # needs huggingface_hub

1. What ./jlava has pulled, snapshot_download finds offline; what it would fetch itself has the same names and blobs.
2. What snapshot_download has fetched, ./jlava finds offline.
3. What either has left of a broken download, the other goes on with.
4. While Python holds the lock of a file, ./jlava waits.
"""

import glob
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "testing/src/main/resources/golden/train/hf"
PORT = "18737"
MODEL = "tiny/llava"
FILES = ["*.json", "*.jinja", "tokenizer.model", "model.safetensors"]


def environment(home, offline=False):
    return {**os.environ, "HF_HOME": str(home), "HF_ENDPOINT": f"http://127.0.0.1:{PORT}", "HF_HUB_OFFLINE": str(int(offline))}


def jlava(home, *arguments, offline=False):
    done = subprocess.run([ROOT / "jlava", *arguments], env=environment(home, offline), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def python(home, offline=False):
    code = f"import huggingface_hub as h; print(h.snapshot_download('{MODEL}', allow_patterns={FILES}, local_files_only={offline}))"
    done = subprocess.run([sys.executable, "-c", code], env=environment(home), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def layout(home):
    """Every file and link of a model's folder: what a link points to, a file's content."""
    folder = pathlib.Path(home) / "hub/models--tiny--llava"
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = "-> " + os.readlink(path)
        elif path.is_file():
            found[name] = path.read_bytes()
    return found


def java():
    for home in [os.environ.get("JAVA_HOME", ""), *glob.glob("/usr/lib/jvm/*"), *glob.glob("/opt/java/*"), *glob.glob("/opt/*jdk*")]:
        binary = pathlib.Path(home) / "bin/java"
        if home and binary.exists() and " 25" in subprocess.run([binary, "--version"], capture_output=True, text=True).stdout:
            return binary
    sys.exit("no JDK 25 found; set JAVA_HOME")


def main():
    work = pathlib.Path(tempfile.mkdtemp())
    shutil.copytree(GOLDEN, work / "models" / MODEL)
    jars = [jar for name in ("databind", "core", "annotations") for jar in glob.glob(str(ROOT / f"launch/target/app/lib/jackson-{name}-*.jar"))]
    server = subprocess.Popen(
        [java(), "-cp", ":".join([str(ROOT / "testing/target/classes"), *jars]), "dev.jlava.testing.HubServer", work / "models", PORT]
    )
    try:
        time.sleep(2)
        ours, theirs = work / "ours", work / "theirs"
        found = jlava(ours, "model", "pull", MODEL)
        assert python(ours, offline=True) == found
        fetched = python(theirs)
        assert jlava(theirs, "model", "pull", MODEL, offline=True) == fetched
        assert layout(ours) == layout(theirs), set(layout(ours)) ^ set(layout(theirs))
        print(f"the same {len(layout(ours))} files and links, found offline by the other")

        question = ["--prompt", "Hello", "--raw", "--max-new-tokens", "4", "--ignore-eos", "--json"]
        answer = json.loads(jlava(theirs, "generate", "--model", MODEL, *question, offline=True))
        local = json.loads(jlava(theirs, "generate", "--model", str(GOLDEN), *question))
        assert answer["new_ids"] == local["new_ids"]
        print("generate --model", MODEL, "on Python's cache:", answer["new_ids"])

        for first, second in ((python, lambda home: jlava(home, "model", "pull", MODEL)), (lambda home: jlava(home, "model", "pull", MODEL), python)):
            home = work / f"broken{first is python}"
            first(home)
            snapshot = next((home / "hub/models--tiny--llava/snapshots").iterdir())
            blob = (snapshot / "model.safetensors").resolve()
            content = blob.read_bytes()
            (snapshot / "model.safetensors").unlink()
            blob.unlink()
            pathlib.Path(str(blob) + ".incomplete").write_bytes(content[: len(content) // 2])
            second(home)
            assert layout(home) == layout(ours)
        print("a broken download is gone on with by the other")

        home = work / "locked"
        lock = home / "hub/.locks/tiny--llava"
        python(home)
        lock = next(path for path in (home / "hub/.locks").rglob("*.lock") if len(path.name) > 60)
        shutil.rmtree(home / "hub/models--tiny--llava")
        import filelock

        with filelock.FileLock(lock):
            waiting = subprocess.Popen([ROOT / "jlava", "model", "pull", MODEL], env=environment(home), stderr=subprocess.PIPE, text=True)
            line = next(line for line in waiting.stderr if "waits for another process" in line)
            assert waiting.poll() is None
        assert waiting.wait(60) == 0
        print(line.strip())
    finally:
        server.kill()
        shutil.rmtree(work)


main()
