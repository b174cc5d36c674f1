#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <utility>

#include "absl/synchronization/notification.h"
#include "services/article/reader.h"
#include "tests/fakes/clock.h"
#include "tests/fakes/life_registry.h"
#include "tests/fakes/repository.h"
#include "tests/fakes/view_ledger.h"

namespace readcount {

// A reader of articles 1 and 2, which MySQL has with 100 and 200 views, over fakes of both servers.
class ReaderTest : public ::testing::Test {
 protected:
  ReaderTest() {
    repository_.Set(1, 100);
    repository_.Set(2, 200);
  }

  ArticleReader::Results Read(ViewRecorder::Ids ids, bool record) {
    return Read(reader_, std::move(ids), record);
  }
  static ArticleReader::Results Read(ArticleReader& reader, ViewRecorder::Ids ids, bool record) {
    absl::Notification answered;
    ArticleReader::Results results;
    reader.Read(std::move(ids), {.record = record}, [&](ArticleReader::Results outcome) {
      results = std::move(outcome);
      answered.Notify();
    });
    answered.WaitForNotification();
    return results;
  }
  uint64_t View(uint64_t id) {
    const ArticleReader::Results results = Read({id}, true);
    EXPECT_TRUE(results[0].ok()) << results[0].status();
    return results[0].ok() ? results[0]->read_count : 0;
  }
  // A sync of all pending views, as MySQL and Redis show it when it is over.
  void Sync() {
    const uint64_t epoch = ledger_.state().epoch;
    for (uint64_t id : {1, 2}) {
      synced_[id] += static_cast<uint64_t>(ledger_.live(id));
      repository_.Set(id, id * 100 + synced_[id]);
    }
    ledger_.Seal();
    repository_.SetPosition(7, {.epoch = epoch + 1});
    ledger_.Release();
  }

  FakeClock clock_;
  JumpingSleeper sleeper_{clock_};
  FakeRepository repository_;
  FakeViewLedger ledger_;
  ArticleCache cache_{{.bytes = 1 << 20,
                       .counts = 1000,
                       .absent_capacity = 100,
                       .ttl = absl::Seconds(60),
                       .count_ttl = absl::Seconds(600),
                       .absent_ttl = absl::Seconds(1)},
                      clock_};
  ArticleLoader loader_{{.threads = 2}, repository_, cache_, SystemClock()};
  FakeLifeRegistry registry_;
  ViewRecorder recorder_{{.writer = 42, .retry_for = absl::Seconds(5)},
                         ledger_,
                         registry_,
                         /*spool=*/nullptr,
                         {},
                         clock_,
                         sleeper_};
  ArticleReader reader_{cache_, loader_, recorder_, {absl::Minutes(1), absl::Minutes(1)}};
  ArticleReader impatient_{cache_, loader_, recorder_, {absl::Milliseconds(1), absl::Milliseconds(1)}};
  std::map<uint64_t, uint64_t> synced_;
};

}  // namespace readcount
