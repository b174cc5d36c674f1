// The hot path's parts alone, each with what one full message of 256 views brings it, but for the last three,
// which are of one view. tests/bench/instructions.py counts their instructions.

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gateway/json.h"
#include "gateway/target.h"
#include "services/article/cache.h"
#include "services/article/coalesced_views.h"
#include "services/article/exact_count.h"
#include "services/article/journal.h"
#include "services/article/proto_convert.h"
#include "services/common/batch/batcher.h"
#include "services/common/ledger/redis_view_ledger.h"

namespace readcount {
namespace {

constexpr size_t kViews = 256;
constexpr LedgerState kState = {.life = 7, .epoch = 2, .sealed_epoch = 0};

// Scattered over a million articles, some of them more than once.
std::vector<uint64_t> Ids() {
  std::vector<uint64_t> ids;
  for (size_t i = 0; i < kViews; ++i) ids.push_back(1 + (i * i * 2654435761U) % 1'000'000);
  return ids;
}

ViewBatch Batch() {
  CoalescedViews views(kViews);
  views.Add(Ids(), /*record=*/true);
  return {.life = 7, .writer = 11, .seq = 3, .entries = views.entries()};
}

// As the script answers.
redis::Reply Reply(size_t entries) {
  using Type = redis::Reply::Type;
  std::string live;
  for (size_t i = 0; i < entries; ++i) absl::StrAppend(&live, i > 0 ? " " : "", i * 37);
  redis::Reply reply{.type = Type::kArray};
  for (std::string text : {FormatLife(7), std::string("2"), std::string("0"), std::string("2"), live,
                           std::string(), std::string()})
    reply.elements.push_back({.type = Type::kText, .text = std::move(text)});
  return reply;
}

v1::Article SomeArticle() {
  v1::Article article;
  article.set_id(123'456);
  article.set_title("An article of some length");
  article.set_author("Somebody");
  article.set_read_count(9'876'543);
  for (int i = 0; i < 20; ++i) article.mutable_content()->append("Some text, \"quoted\" once in a while.\n");
  article.mutable_created_at()->set_seconds(1'700'000'000);
  article.mutable_updated_at()->set_seconds(1'710'000'000);
  return article;
}

void Batching(benchmark::State& state) {
  uint64_t sent = 0;
  Batcher<uint64_t>::Done pending;
  Batcher<uint64_t> batcher({}, [&](const std::vector<uint64_t>& batch, Batcher<uint64_t>::Done done) {
    sent += batch.size();
    pending = std::move(done);
  });
  for (auto _ : state) {
    for (uint64_t i = 0; i < kViews; ++i) batcher.Add(std::move(i)).IgnoreError();
    while (pending) std::exchange(pending, nullptr)();
  }
  benchmark::DoNotOptimize(sent);
}

void Coalescing(benchmark::State& state) {
  const std::vector<uint64_t> ids = Ids();
  for (auto _ : state) {
    CoalescedViews views(ids.size());
    views.Add(ids, /*record=*/true);
    benchmark::DoNotOptimize(views.entries().data());
  }
}

void CacheLookups(benchmark::State& state) {
  ArticleCache cache({.bytes = 1 << 20,
                      .counts = 1 << 20,
                      .absent_capacity = 1000,
                      .ttl = absl::Hours(1),
                      .count_ttl = absl::Hours(1),
                      .absent_ttl = absl::Seconds(1)},
                     SystemClock());
  const std::vector<uint64_t> ids = Ids();
  std::vector<ArticleCache::Answered> answers;
  for (uint64_t id : ids) {
    cache.Put({.id = id, .count = 5, .history = kState.life, .applied_epoch = 1});
    answers.push_back({.id = id, .count = 6});
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(cache.FindAll(ids, /*text=*/false).data());
    cache.NoteAnswers(kState.life, kState, answers);
  }
}

void LedgerEncoding(benchmark::State& state) {
  const ViewBatch batch = Batch();
  redis::Words words;
  for (auto _ : state) {
    words.clear();
    EncodeViewBatch(batch, words);
    benchmark::DoNotOptimize(words.bytes().data());
  }
}

void LedgerParsing(benchmark::State& state) {
  const ViewBatch batch = Batch();
  const redis::Reply reply = Reply(batch.entries.size());
  for (auto _ : state) benchmark::DoNotOptimize(ParseViewReply(reply, batch)->counts.data());
}

void Journaling(benchmark::State& state) {
  const ViewBatch batch = Batch();
  Journal journal(/*max_entries=*/10 * kViews);
  uint64_t seq = 0;
  for (auto _ : state) journal.Append(++seq, batch.entries);
  benchmark::DoNotOptimize(journal.entries());
}

void ExactCounting(benchmark::State& state) {
  const ArticleRow row{.id = 1, .count = 10, .history = kState.life, .applied_epoch = 1};
  const RecordedView view{.pending = {.live = 5}};
  for (auto _ : state) benchmark::DoNotOptimize(CountExactly(row, kState.life, kState, view));
}

void JsonOfArticle(benchmark::State& state) {
  const v1::Article article = SomeArticle();
  for (auto _ : state) benchmark::DoNotOptimize(gateway::ArticleJson(article).data());
}

void ProtoOfArticle(benchmark::State& state) {
  const v1::Article from = SomeArticle();
  auto text = std::make_shared<Article>();
  *text = {.id = from.id(), .title = from.title(), .content = from.content(), .author = from.author()};
  text->created_at = absl::FromUnixSeconds(from.created_at().seconds());
  const CountedArticle article{.article = text, .read_count = from.read_count()};
  v1::Article to;
  for (auto _ : state) {
    ToProto(article, to);
    benchmark::DoNotOptimize(to.SerializeAsString().data());
  }
}

// The count that instructions.py sets; else the library decides by time.
void Register(const char* name, void (*function)(benchmark::State&)) {
  benchmark::internal::Benchmark* const registered = benchmark::RegisterBenchmark(name, function);
  if (const char* const iterations = std::getenv("MICRO_ITERATIONS"); iterations != nullptr)
    registered->Iterations(std::strtol(iterations, nullptr, 10));
}

}  // namespace
}  // namespace readcount

int main(int argc, char** argv) {
  using namespace readcount;
  Register("batching", Batching);
  Register("coalescing", Coalescing);
  Register("cache_lookups", CacheLookups);
  Register("ledger_encoding", LedgerEncoding);
  Register("ledger_parsing", LedgerParsing);
  Register("journaling", Journaling);
  Register("exact_counting", ExactCounting);
  Register("json_of_article", JsonOfArticle);
  Register("proto_of_article", ProtoOfArticle);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
