#!/usr/bin/env python3
"""Shows that the fault tests can fail: takes one protection at a time out of a copy of the tree, builds it, and runs
the test that must notice. Exits 0 if every mutant is caught.

  tests/faults/mutants.py            all of them, in build/mutants (minutes each)
  tests/faults/mutants.py Fault03 …  only those of these faults
  tests/faults/mutants.py --check    only that each mutation still fits the tree
"""

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
COPY = ROOT / "build" / "mutants"
PROGRAMS = ["article-service", "sync-service", "gateway"]
LONGEST = 240  # seconds; a test that does not end has noticed as well


class Mutant(NamedTuple):
    tests: str  # of this filter at least one must fail
    binary: str
    what: str  # protection is taken out
    file: str
    old: str
    new: str


MUTANTS = [
    Mutant("Fault16.*:*Fault16*", "fault_clock_lease_test", "the guard on the position",
           "services/syncer/mysql_chunk_lane.cc", "moved->affected_rows == 1", "moved->affected_rows <= 1"),
    Mutant("*Fault02*", "fault_network_loss_test", "the doubt about a COMMIT without a reply",
           "services/syncer/mysql_chunk_lane.cc", "session_->Commit(); !status.ok())",
           "session_->Commit(); !status.ok() && !absl::IsUnknown(status))"),
    Mutant("*Fault03*", "fault_network_loss_test", "the check of a writer's seq",
           "services/common/ledger/lua/record.lua", "seq > 0 and tonumber(last) < seq", "seq > 0"),
    Mutant("*Fault04InAnOutage*", "fault_protocol_step_test", "what a killed process left in the spool",
           "services/article/article_server.cc", "left = *std::move(loaded);", "left.clear();"),
    Mutant("*Fault05*", "fault_redis_loss_test", "holding views while Redis is away",
           "services/article/view_recorder.cc", "if (adds && spool_ != nullptr) return Hold(entries);", ""),
    Mutant("*Fault06*", "fault_redis_loss_test", "recording again what Redis has forgotten",
           "services/article/ledger_writer.cc", "if (batch.seq <= asked.previous_seq || batch.seq == in_hand) continue;",
           "if (batch.seq > asked.previous_seq || batch.seq == in_hand) continue;"),
    Mutant("*Fault09*", "fault_redis_loss_test", "asking MySQL what it has of an ended life",
           "services/article/ledger_writer.cc", "journal_.Trim(ended);", ""),
    Mutant("*Fault10*", "fault_redis_fault_test", "loading a script that Redis forgot",
           "services/common/ledger/redis_session.cc", "{false, true}", "{true}"),
    Mutant("*Fault11*", "fault_mysql_away_test", "the bound on waiting for MySQL",
           "services/article/reader.h", "refresh = absl::Milliseconds(250)", "refresh = absl::Hours(1)"),
    Mutant("*Fault12*", "fault_mysql_fault_test", "the rollback of the whole transaction",
           "services/syncer/mysql_chunk_lane.cc",
           "if (session_.usable()) session_->Rollback().IgnoreError();", ""),
    Mutant("EngineTest.UndoesWhatWasBegun*", "syncer_test", "undoing what was begun behind a chunk that failed",
           "services/syncer/batch_run.cc", "    pipeline_.RollBack();\n", ""),
    Mutant("*Fault13*", "fault_mysql_fault_test", "the second try on a connection that was closed while idle",
           "services/article/mysql_repository.cc", "{false, true}", "{true}"),
    Mutant("*Fault14*", "fault_counter_range_test", "the bound on counts",
           "services/syncer/mysql_chunk_lane.cc",
           "\"WHERE article.read_count >= chunk.minus AND article.read_count <= 18446744073709551615 - chunk.plus\";",
           "\"WHERE article.read_count >= chunk.minus\";"),
    Mutant("*Fault17*", "fault_legacy_test", "negative increments of others",
           "services/common/ledger/field.cc", "absl::StartsWith(text, \"-\") ? 1 : 0", "0"),
    Mutant("*Fault20*", "fault_rpc_descriptors_test", "NOT_SERVING before the end",
           "services/common/rpc/server.cc", "server_->GetHealthCheckService()->Shutdown();", ""),
    Mutant("*Fault21*", "fault_rpc_descriptors_test", "accepting again after descriptors ran out",
           "services/common/rpc/acceptor.cc", "return backoff_.Next();", "return absl::Hours(1);"),
    Mutant("*Fault23*", "fault_rpc_flood_test", "the limit on streams",
           "services/common/rpc/server.cc", "builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, settings.max_streams);",
           ""),
    Mutant("*Fault24*", "fault_slow_client_test", "the time in which a request must arrive",
           "gateway/request_reader.cc", "socket_.ExpireAfter(limits_.header_timeout);", "socket_.ExpireAfter(absl::Hours(1));"),
    Mutant("Fault25*", "gateway_test", "the check of Transfer-Encoding",
           "gateway/request_check.cc", "!absl::EqualsIgnoreCase(head.transfer_encodings[0], \"chunked\")", "false"),
    Mutant("DeadLetterBoxTest.TwoBoxes*", "syncer_dead_letter_box_test", "the lock on dead letters",
           "services/syncer/mysql_dead_letter_box.cc", "kChosenLetters, \"FOR UPDATE\")", "kChosenLetters)"),
    Mutant("Lost/LostCommitTest.ARetry*", "syncer_dead_letter_box_test", "the doubt about letters whose COMMIT was lost",
           "services/syncer/mysql_dead_letter_box.cc",
           "if (absl::IsUnknown(status)) in_doubt.insert(leaving->begin(), leaving->end());", ""),
    Mutant("DeadLetterBoxTest.LeavesTheStrays*", "syncer_dead_letter_box_test",
           "keeping strays that may be buried again", "services/syncer/mysql_dead_letter_box.cc",
           "(standing.epoch = letter.epoch AND standing.through_id > 0), 0)", "1, 0)"),
    Mutant("CacheTest.OfRowsOfOneEpoch*", "article_test", "the order of rows that dead letters were added to",
           "services/article/cache.cc", "known.count = std::max(known.count, row.count);", "known.count = row.count;"),
]


def run(command, **options):
    return subprocess.run(command, cwd=COPY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)


def fits(mutant):
    count = (ROOT / mutant.file).read_text().count(mutant.old)
    if count != 1:
        print(f"{mutant.tests}: {mutant.file} holds the text to change {count} times, not once: {mutant.old}")
    return count == 1


def build(binary):
    built = run(["cmake", "--build", "build/release", "--target", *PROGRAMS, binary])
    if built.returncode != 0:
        sys.exit(f"the build failed:\n{built.stdout[-3000:]}")


def passes(mutant):
    try:
        done = run([f"build/release/bin/{mutant.binary}", f"--gtest_filter={mutant.tests}", "--gtest_fail_fast"],
                   timeout=LONGEST)
    except subprocess.TimeoutExpired:
        return False
    if "Running 0 tests" in done.stdout:
        sys.exit(f"{mutant.binary} has no test {mutant.tests}")
    return done.returncode == 0


def caught(mutant):
    path = COPY / mutant.file
    whole = path.read_text()
    path.write_text(whole.replace(mutant.old, mutant.new))
    try:
        build(mutant.binary)
        return not passes(mutant)
    finally:
        path.write_text(whole)


def main(arguments):
    if not all([fits(mutant) for mutant in MUTANTS]):
        return 1
    if arguments == ["--check"]:
        return 0
    chosen = [m for m in MUTANTS if not arguments or any(name in m.tests for name in arguments)]
    if not chosen:
        sys.exit(f"mutants.py: no mutant is of {' '.join(arguments)}: name faults as in tests/faults/README.md, or --check")
    COPY.mkdir(parents=True, exist_ok=True)
    subprocess.run(f"git ls-files -z | tar -c --null -T - | tar -x -C '{COPY}'", cwd=ROOT, shell=True, check=True)
    run(["cmake", "--preset", "release"], check=True)
    survivors = 0
    for mutant in chosen:
        is_caught = caught(mutant)
        survivors += not is_caught
        print(f"{'caught' if is_caught else 'NOT CAUGHT'}: without {mutant.what} {mutant.tests} of {mutant.binary} "
              f"{'fails' if is_caught else 'passes'}", flush=True)
    print(f"{len(chosen) - survivors} of {len(chosen)} caught")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
