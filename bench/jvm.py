"""The command that runs a class of the bench module."""
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent


def command():
    """The JVM with its class path; builds the application and the bench where the sources are newer."""
    environment = subprocess.run([ROOT / "jlava", "env"], check=True, stdout=subprocess.PIPE, text=True).stdout
    jdk = re.search(r"^JDK .*\((.*)\)$", environment, re.MULTILINE).group(1)
    maven = ["mvn", "-q", "-B", "-DskipTests", "-Dspotless.check.skip=true", "-pl", "bench", "-am", "package"]
    subprocess.run(maven, cwd=ROOT, check=True, env={**os.environ, "JAVA_HOME": jdk})
    libraries = [ROOT / "bench/target/classes", ROOT / "launch/target/app/*", ROOT / "launch/target/app/lib/*"]
    return [f"{jdk}/bin/java", "--enable-native-access=ALL-UNNAMED", "-cp", ":".join(map(str, libraries))]


def allocator(threads):
    """The environment that `./jlava` gives its JVM."""
    return os.environ | {
        "GLIBC_TUNABLES": "glibc.malloc.mxfast=0:glibc.malloc.tcache_count=0",
        "MALLOC_MMAP_MAX_": "0",
        "MALLOC_TRIM_THRESHOLD_": "-1",
        "OMP_NUM_THREADS": str(threads),
    }
