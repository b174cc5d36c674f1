#include "gateway/json.h"

#if defined(__SSE2__)
#define RAPIDJSON_SSE2  // looks for characters to escape sixteen at a time
#endif
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cmath>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "gateway/target.h"

namespace readcount::gateway {
namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

// JSON is UTF-8: each byte that is part of no character becomes U+FFFD. NUL, which IsUtf8 refuses, is one.
std::string Mended(absl::string_view text) {
  constexpr size_t kLongest = 4;
  std::string mended;
  while (!text.empty()) {
    size_t length = 1;
    while (length <= kLongest && text[0] != '\0' && !IsUtf8(text.substr(0, length))) ++length;
    const bool sound = length <= kLongest;
    if (!sound) length = 1;
    absl::StrAppend(&mended, sound ? text.substr(0, length) : "\uFFFD");
    text.remove_prefix(length);
  }
  return mended;
}

void Text(Writer& writer, absl::string_view text) {
  const std::string mended = IsUtf8(text) ? "" : Mended(text);
  if (!mended.empty()) text = mended;
  writer.String(text.data(), static_cast<unsigned>(text.size()));
}

void Field(Writer& writer, const char* name, absl::string_view text) {
  writer.Key(name);
  Text(writer, text);
}
void Field(Writer& writer, const char* name, uint64_t number) {
  writer.Key(name);
  writer.Uint64(number);
}
void Field(Writer& writer, const char* name, int64_t number) {
  writer.Key(name);
  writer.Int64(number);
}
// Null for what is no finite number, which JSON cannot say.
void Seconds(Writer& writer, const char* name, double number) {
  writer.Key(name);
  if (std::isfinite(number)) {
    writer.Double(number);
  } else {
    writer.Null();
  }
}
void Flag(Writer& writer, const char* name, bool value) {
  writer.Key(name);
  writer.Bool(value);
}

// Null where `present` is false.
void Time(Writer& writer, const char* name, bool present, const google::protobuf::Timestamp& time) {
  writer.Key(name);
  if (!present) {
    writer.Null();
    return;
  }
  const absl::Time moment = absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
  Text(writer, absl::FormatTime("%Y-%m-%d%ET%H:%M:%E*SZ", moment, absl::UTCTimeZone()));
}

// SYNC_PHASE_BACKING_OFF -> backing_off
std::string Lower(absl::string_view name, absl::string_view prefix) {
  return absl::AsciiStrToLower(absl::StripPrefix(name, prefix));
}

void FieldsBeforeCount(Writer& writer, const v1::Article& article) {
  Field(writer, "id", article.id());
  Field(writer, "title", article.title());
}

constexpr char kCount[] = "read_count";

void FieldsAfterCount(Writer& writer, const v1::Article& article) {
  Field(writer, "content", article.content());
  Field(writer, "author", article.author());
  Time(writer, "created_at", article.has_created_at(), article.created_at());
  Time(writer, "updated_at", article.has_updated_at(), article.updated_at());
}

void Object(Writer& writer, const v1::Article& article) {
  writer.StartObject();
  FieldsBeforeCount(writer, article);
  Field(writer, kCount, article.read_count());
  FieldsAfterCount(writer, article);
  if (article.read_count_stale()) Flag(writer, "read_count_stale", true);
  if (article.content_stale()) Flag(writer, "content_stale", true);
  writer.EndObject();
}

void Object(Writer& writer, const v1::SyncRun& run) {
  writer.StartObject();
  Field(writer, "id", run.id());
  Time(writer, "started_at", run.has_started_at(), run.started_at());
  Time(writer, "finished_at", run.has_finished_at(), run.finished_at());
  Seconds(writer, "duration_seconds",
          static_cast<double>(run.duration().seconds()) + run.duration().nanos() / 1e9);
  Field(writer, "outcome", Lower(v1::SyncOutcome_Name(run.outcome()), "SYNC_OUTCOME_"));
  Field(writer, "articles", run.articles());
  Field(writer, "views", run.views());
  Field(writer, "dead_letters", run.dead_letters());
  Field(writer, "batches", uint64_t{run.batches()});
  Flag(writer, "resumed", run.resumed());
  Field(writer, "error", run.error());
  Field(writer, "requested_by", run.requested_by());
  writer.EndObject();
}

void Object(Writer& writer, const v1::Durability& durability) {
  writer.StartObject();
  Field(writer, "level", durability.level());
  writer.Key("findings");
  writer.StartArray();
  for (const v1::DurabilityFinding& finding : durability.findings()) {
    writer.StartObject();
    Field(writer, "severity", Lower(v1::DurabilitySeverity_Name(finding.severity()), "DURABILITY_SEVERITY_"));
    Field(writer, "text", finding.text());
    writer.EndObject();
  }
  writer.EndArray();
  writer.EndObject();
}

// Without the reasons why servers are away, which may name them.
void Object(Writer& writer, const v1::ArticleServiceStatus& status) {
  writer.StartObject();
  Field(writer, "mode", Lower(v1::ArticleMode_Name(status.mode()), "ARTICLE_MODE_"));
  Field(writer, "held_views", status.held_views());
  Field(writer, "spool_bytes", status.spool_bytes());
  Field(writer, "spool_max_bytes", status.spool_max_bytes());
  Field(writer, "journal_entries", status.journal_entries());
  Field(writer, "journal_max_entries", status.journal_max_entries());
  Field(writer, "life_changes", status.life_changes());
  Field(writer, "replayed_views", status.replayed_views());
  Field(writer, "life", status.life());
  Field(writer, "version", status.version());
  writer.Key("durability");
  Object(writer, status.durability());
  writer.EndObject();
}

void Object(Writer& writer, const v1::AuditResponse& books) {
  writer.StartObject();
  Field(writer, "recorded", books.recorded());
  Field(writer, "added_by_others", books.added_by_others());
  Field(writer, "taken_by_others", books.taken_by_others());
  Field(writer, "applied", books.applied());
  Field(writer, "sealed", books.sealed());
  Field(writer, "live", books.live());
  Field(writer, "dead_lettered", books.dead_lettered());
  Field(writer, "difference", books.difference());
  Field(writer, "dead_letters", books.dead_letters());
  Time(writer, "read_at", books.has_read_at(), books.read_at());
  writer.EndObject();
}

void Object(Writer& writer, const v1::SyncStatus& status) {
  writer.StartObject();
  Field(writer, "phase", Lower(v1::SyncPhase_Name(status.phase()), "SYNC_PHASE_"));
  Field(writer, "articles_done", status.articles_done());
  Field(writer, "articles_total", status.articles_total());
  Field(writer, "views_done", status.views_done());
  Field(writer, "views_total", status.views_total());
  Seconds(writer, "lag_seconds", status.lag_seconds());
  Field(writer, "pending_articles", status.pending_articles());
  Field(writer, "views_recorded", status.views_recorded());
  writer.Key("last_run");
  if (status.has_last_run()) {
    Object(writer, status.last_run());
  } else {
    writer.Null();
  }
  Time(writer, "next_run_at", status.has_next_run_at(), status.next_run_at());
  Field(writer, "last_error", status.last_error());
  Field(writer, "consecutive_failures", uint64_t{status.consecutive_failures()});
  Field(writer, "life", status.life());
  Field(writer, "epoch", status.epoch());
  Field(writer, "version", status.version());
  writer.Key("durability");
  Object(writer, status.durability());
  writer.EndObject();
}

// The envelope of a success as far as its data.
void BeginEnvelope(Writer& writer) {
  writer.StartObject();
  Field(writer, "code", int64_t{0});
  Field(writer, "message", "ok");
  writer.Key("data");
}

// The envelope of a success around what `data` writes.
template <typename Data>
std::string Envelope(Data data) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  BeginEnvelope(writer);
  data(writer);
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

// An object of what `fields` writes.
template <typename Fields>
std::string Plain(Fields fields) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  fields(writer);
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace

std::string ArticleJson(const v1::Article& article) {
  return Envelope([&](Writer& writer) { Object(writer, article); });
}

ArticleText MakeArticleText(const v1::Article& article) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  BeginEnvelope(writer);
  writer.StartObject();
  FieldsBeforeCount(writer, article);
  Field(writer, kCount, uint64_t{0});
  const size_t count_at = buffer.GetSize() - 1;  // of the zero, which is left out
  FieldsAfterCount(writer, article);
  std::string json;
  json.reserve(buffer.GetSize() - 1);
  json.append(buffer.GetString(), count_at)
      .append(buffer.GetString() + count_at + 1, buffer.GetSize() - count_at - 1);
  return {.json = std::move(json), .count_at = count_at};
}

std::string ArticleJson(const ArticleText& text, uint64_t read_count, bool read_count_stale) {
  const absl::string_view json = text.json;
  return absl::StrCat(json.substr(0, text.count_at), read_count, json.substr(text.count_at),
                      read_count_stale ? R"(,"read_count_stale":true}})" : "}}");
}

std::string ArticlesJson(const v1::ListArticlesResponse& page) {
  return Envelope([&](Writer& writer) {
    writer.StartObject();
    writer.Key("articles");
    writer.StartArray();
    for (const v1::Article& article : page.articles()) Object(writer, article);
    writer.EndArray();
    Field(writer, "next_page_token", page.next_page_token());
    writer.EndObject();
  });
}

std::string SyncStatusJson(const v1::SyncStatus& status) {
  return Envelope([&](Writer& writer) { Object(writer, status); });
}

std::string SyncRunJson(const v1::SyncRun& run) {
  return Envelope([&](Writer& writer) { Object(writer, run); });
}

std::string SyncRunsJson(const v1::ListSyncRunsResponse& page) {
  return Envelope([&](Writer& writer) {
    writer.StartObject();
    writer.Key("runs");
    writer.StartArray();
    for (const v1::SyncRun& run : page.runs()) Object(writer, run);
    writer.EndArray();
    Field(writer, "next_page_token", page.next_page_token());
    writer.EndObject();
  });
}

std::string AuditJson(const v1::AuditResponse& books) {
  return Envelope([&](Writer& writer) { Object(writer, books); });
}

std::string ArticleStatusJson(const v1::ArticleServiceStatus& status) {
  return Envelope([&](Writer& writer) { Object(writer, status); });
}

std::string CountJson(uint64_t id, uint64_t read_count, bool stale) {
  return Plain([&](Writer& writer) {
    Field(writer, "id", id);
    Field(writer, kCount, read_count);
    if (stale) Flag(writer, "read_count_stale", true);
  });
}

std::string IdJson(uint64_t id) {
  return Plain([&](Writer& writer) { Field(writer, "id", id); });
}

std::string UnavailableJson(int code, absl::string_view message) {
  return Plain([&](Writer& writer) {
    Field(writer, "code", int64_t{code});
    Field(writer, "message", message);
  });
}

std::string StatusEventJson(const v1::SyncStatus& status) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  Object(writer, status);
  return {buffer.GetString(), buffer.GetSize()};
}

std::string AliveJson() {
  return Envelope([](Writer& writer) {
    writer.StartObject();
    Field(writer, "status", "alive");
    writer.EndObject();
  });
}

std::string ReadinessJson(bool ready, absl::string_view article_service, absl::string_view sync_service) {
  constexpr int64_t kUnavailable = 14;
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  Field(writer, "code", ready ? int64_t{0} : kUnavailable);
  Field(writer, "message", ready ? "ok" : "not ready: see which service is not serving");
  writer.Key("data");
  writer.StartObject();
  Field(writer, "article_service", article_service);
  Field(writer, "sync_service", sync_service);
  writer.EndObject();
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

std::string ErrorJson(int code, absl::string_view message) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  Field(writer, "code", int64_t{code});
  Field(writer, "message", message);
  writer.Key("data");
  writer.Null();
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

std::string ProblemJson(const Problem& problem) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  Field(writer, "type", "about:blank");
  Field(writer, "title", problem.title);
  Field(writer, "status", int64_t{problem.http_status});
  Field(writer, "detail", problem.detail);
  Field(writer, "code", int64_t{problem.code});
  Field(writer, "request_id", problem.request_id);
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace readcount::gateway
