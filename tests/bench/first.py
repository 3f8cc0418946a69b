# SPDX-License-Identifier: ISC
"""First contacts: asked for over socketmap, by DNS and HTTPS to the disk;
beside libcurl on the loop alone, against the same nginx."""
import shutil
import statistics
import subprocess

from bench import DOMAINS, QUICK, Bench, figures
from hosts import HTTPS_PORT, ZONE
from servers import SERVER_CPU

AT_ONCE = 16  # below fetch_parallel
TURNS = 2 if QUICK else 5
COUNT = min(DOMAINS, 1000)
NEGATIVES = 10_000
LOOKUPS = 3  # of a first contact: TXT, A, AAAA
LEAST = 0.70
LEAST_DNS = 3.0  # times what is fetched


def fetch(bench: Bench) -> dict[str, float]:
    done = subprocess.run(
        ["taskset", "-c", SERVER_CPU, bench.build / "tests/bench/fetchrate",
         "-C", bench.hosts.ca_file, "-p", str(HTTPS_PORT), "-c", str(AT_ONCE),
         "-k", str(COUNT), "-s", f".{ZONE}"], check=True,
        stdout=subprocess.PIPE, text=True)
    return figures(done.stdout)


def contact(bench: Bench) -> dict[str, float]:
    """The figures of a daemon whose cache is empty; none_per_s: how many
    domains without a policy it looks up in a second."""
    server = bench.daemon("first")
    ask = [bench.at["unix", "first"], "-u", "-c", AT_ONCE, "-t", "60"]
    cpu = server.cpu_s()
    seen = bench.load(*ask, "-k", COUNT, "-s", f".{ZONE}")
    seen["cpu_us"] = (server.cpu_s() - cpu) * 1e6 / COUNT
    seen["turn_us"] = bench.status("first")["loop"]["longest_turn_us"]
    seen["none_per_s"] = bench.load(
        *ask, "-k", NEGATIVES, "-s", ".none.test", "-w", "NOTFOUND ")["per_s"]
    bench.servers.pop("first").stop()
    shutil.rmtree(bench.folder / "cache-first")
    return seen


def measure(bench: Bench) -> None:
    fetched, contacts = [], []
    for _ in range(TURNS):
        fetched.append(fetch(bench))
        contacts.append(contact(bench))
    of = statistics.median(a["per_s"] / b["per_s"]
                           for a, b in zip(contacts, fetched))
    cpu = (min(run["cpu_us"] for run in contacts)
           / min(run["cpu_us"] for run in fetched))
    per_s = statistics.median(run["per_s"] for run in contacts)
    bench.say(f"first contacts, {AT_ONCE} at once: {of:4.2f} of TLS alone, "
              f"cpu {cpu:4.2f} ({per_s:.0f}/s)", of >= LEAST, f"{LEAST:.2f}")
    turn = statistics.median(run["turn_us"] for run in contacts) / 1000
    bench.note(f"longest turn of the loop meanwhile {turn:.1f} ms of CPU")
    most = statistics.median(run["per_s"] for run in fetched)
    lookups = statistics.median(run["none_per_s"] for run in contacts)
    times = lookups / LOOKUPS / most
    bench.say(f"their {LOOKUPS} DNS look-ups alone: {times:.1f} times TLS "
              f"alone ({lookups:.0f} look-ups/s)",
              times >= LEAST_DNS, f"{LEAST_DNS:.1f}")
