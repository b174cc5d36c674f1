// gateway/web/openapi.json is written by hand: these tests fail when it and the gateway no longer say the
// same.

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gateway/handlers.h"
#include "gateway/json.h"
#include "services/common/base/clock.h"
#include "tests/gateway/fake_backends.h"
#include "tests/gateway/openapi_fixture.h"

namespace readcount::gateway {
namespace {

using ::testing::ContainerEq;
using ::testing::Contains;

// The route table as (path, methods), parameters in braces and methods separated by commas, without HEAD,
// which goes where GET goes. Nothing else here knows how routes are made.
std::vector<std::pair<std::string, std::string>> RouteTable() {
  FakeArticles articles;
  FakeSync sync;
  FakeHealth health;
  TextCache texts(/*max_bytes=*/1, SystemClock());
  ArticleViews views(articles, texts);
  StreamLimit limit(/*most=*/1, /*most_per_client=*/1);
  ArticleEvents article_events(articles, limit);
  StatusEvents status_events(sync, limit, SystemClock());
  const HandlerParts parts{.articles = articles,
                           .views = views,
                           .article_events = article_events,
                           .sync = sync,
                           .status_events = status_events,
                           .health = health,
                           .clock = SystemClock()};
  std::vector<std::pair<std::string, std::string>> table;
  for (const Route& route : MakeRoutes(parts, AdminToken(""))) {
    std::vector<std::string> methods;
    if (route.get) methods.emplace_back("GET");
    if (route.post) methods.emplace_back("POST");
    table.emplace_back(route.path, absl::StrJoin(methods, ","));
  }
  return table;
}

// "/api/article/{id}/events" -> "/api/article/{}/events": how a parameter is called is nobody's business.
std::string Shape(absl::string_view path) {
  std::vector<std::string> segments = absl::StrSplit(path, '/');
  for (std::string& segment : segments) {
    if (absl::StartsWith(segment, "{")) segment = "{}";
  }
  return absl::StrJoin(segments, "/");
}

// Sets every field, those among them that will be added one day.
void Populate(google::protobuf::Message& message) {
  using Field = google::protobuf::FieldDescriptor;
  const google::protobuf::Reflection& set = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const Field* field = message.GetDescriptor()->field(i);
    if (field->is_repeated()) {
      ASSERT_EQ(field->cpp_type(), Field::CPPTYPE_MESSAGE) << field->full_name();
      Populate(*set.AddMessage(&message, field));
      continue;
    }
    const Field::CppType type = field->cpp_type();
    if (type == Field::CPPTYPE_MESSAGE) Populate(*set.MutableMessage(&message, field));
    if (type == Field::CPPTYPE_ENUM) set.SetEnumValue(&message, field, 1);
    if (type == Field::CPPTYPE_STRING) set.SetString(&message, field, "text");
    if (type == Field::CPPTYPE_BOOL) set.SetBool(&message, field, true);
    if (type == Field::CPPTYPE_DOUBLE) set.SetDouble(&message, field, 0.5);
    if (type == Field::CPPTYPE_FLOAT) set.SetFloat(&message, field, 0.5);
    if (type == Field::CPPTYPE_INT32) set.SetInt32(&message, field, 1);
    if (type == Field::CPPTYPE_INT64) set.SetInt64(&message, field, 1);
    if (type == Field::CPPTYPE_UINT32) set.SetUInt32(&message, field, 1);
    if (type == Field::CPPTYPE_UINT64) set.SetUInt64(&message, field, 1);
  }
}

template <typename Message>
Message Populated() {
  Message message;
  Populate(message);
  return message;
}

TEST_F(OpenApiTest, HasEveryRouteAndNoOther) {
  std::set<std::string> routed, documented;
  for (const auto& [path, methods] : RouteTable()) {
    for (absl::string_view method : absl::StrSplit(methods, ',', absl::SkipEmpty())) {
      routed.insert(absl::StrCat(method, " ", Shape(path)));
    }
  }
  ForEachOperation([&](const std::string& path, const std::string& method, const Value&) {
    if (method != "head") documented.insert(absl::StrCat(absl::AsciiStrToUpper(method), " ", Shape(path)));
  });
  EXPECT_THAT(documented, ContainerEq(routed));
}

TEST_F(OpenApiTest, HasHeadOnlyWhereThereIsGet) {
  for (const auto& path : At("/paths").GetObject()) {
    EXPECT_LE(path.value.HasMember("head"), path.value.HasMember("get")) << Text(path.name);
  }
}

TEST_F(OpenApiTest, SaysTheVersionOfTheProgram) {
  EXPECT_EQ(Text(At("/info/version")), READCOUNT_VERSION);
}

TEST_F(OpenApiTest, EveryOperationHasTheAnswersThatAnyRequestCanGet) {
  ForEachOperation([](const std::string& path, const std::string& method, const Value& operation) {
    const std::set<std::string> answers = Names(operation["responses"]);
    for (const char* status : {"200", "400", "405", "408", "413", "431", "503", "504"}) {
      EXPECT_THAT(answers, Contains(status)) << method << " " << path;
    }
  });
}

TEST_F(OpenApiTest, EveryOperationThatMayBeLimitedSaysSo) {
  ForEachOperation([](const std::string& path, const std::string& method, const Value& operation) {
    EXPECT_EQ(Names(operation["responses"]).contains("429"), path != "/healthz") << method << " " << path;
  });
}

TEST_F(OpenApiTest, EveryErrorComesAsEnvelopeAndAsProblemDetails) {
  for (const auto& response : At("/components/responses").GetObject()) {
    if (!response.value.HasMember("content")) continue;
    EXPECT_THAT(Names(response.value["content"]),
                ContainerEq(std::set<std::string>{"application/json", "application/problem+json"}))
        << Text(response.name);
  }
}

TEST_F(OpenApiTest, OnlyMarksOfStalenessMayBeAbsent) {
  for (const auto& schema : At("/components/schemas").GetObject()) {
    if (!schema.value.HasMember("properties")) continue;
    const std::set<std::string> required = Strings(schema.value["required"]);
    for (const std::string& name : Names(schema.value["properties"])) {
      EXPECT_NE(required.contains(name), absl::EndsWith(name, "_stale")) << Text(schema.name) << "." << name;
    }
  }
}

TEST_F(OpenApiTest, OnlyRunningASyncNeedsAToken) {
  ForEachOperation([](const std::string& path, const std::string& method, const Value& operation) {
    const bool closed = path == "/api/sync" && method == "post";
    EXPECT_EQ(!operation["security"].Empty(), closed) << method << " " << path;
  });
}

TEST_F(OpenApiTest, AnArticleIsAsItIsRendered) {
  ExpectAnswer("/api/article/{id}", "get", "200", ArticleJson(Populated<v1::Article>()));
}

TEST_F(OpenApiTest, AnArticleWithoutMarksAndTimesIsAsItIsRendered) {
  ExpectAnswer("/api/article/{id}", "get", "200", ArticleJson(v1::Article()), Fill::kRequired);
}

TEST_F(OpenApiTest, APageOfArticlesIsAsItIsRendered) {
  ExpectAnswer("/api/articles", "get", "200", ArticlesJson(Populated<v1::ListArticlesResponse>()));
}

TEST_F(OpenApiTest, ASyncStatusIsAsItIsRendered) {
  ExpectAnswer("/api/sync", "get", "200", SyncStatusJson(Populated<v1::SyncStatus>()));
}

TEST_F(OpenApiTest, ASyncStatusBeforeTheFirstRunIsAsItIsRendered) {
  v1::SyncStatus status = Populated<v1::SyncStatus>();
  status.clear_last_run();
  status.clear_next_run_at();
  ExpectAnswer("/api/sync", "get", "200", SyncStatusJson(status));
}

TEST_F(OpenApiTest, ASyncRunIsAsItIsRendered) {
  ExpectAnswer("/api/sync", "post", "200", SyncRunJson(Populated<v1::SyncRun>()));
}

TEST_F(OpenApiTest, APageOfRunsIsAsItIsRendered) {
  ExpectAnswer("/api/sync/runs", "get", "200", SyncRunsJson(Populated<v1::ListSyncRunsResponse>()));
}

TEST_F(OpenApiTest, TheBooksAreAsTheyAreRendered) {
  ExpectAnswer("/api/sync/audit", "get", "200", AuditJson(Populated<v1::AuditResponse>()));
}

TEST_F(OpenApiTest, TheArticleServicesStatusIsAsItIsRendered) {
  ExpectAnswer("/api/status", "get", "200", ArticleStatusJson(Populated<v1::ArticleServiceStatus>()));
}

TEST_F(OpenApiTest, HealthIsAsItIsRendered) {
  ExpectAnswer("/healthz", "get", "200", AliveJson());
  ExpectAnswer("/readyz", "get", "200", ReadinessJson(true, "serving", "serving"));
  ExpectAnswer("/readyz", "get", "503", ReadinessJson(false, "away", "serving"));
}

TEST_F(OpenApiTest, AnErrorIsAsItIsRendered) {
  const std::string envelope = ErrorJson(5, "there is no article 7");
  const std::string problem = ProblemJson({.http_status = 404,
                                           .title = "Not Found",
                                           .code = 5,
                                           .detail = "there is no article 7",
                                           .request_id = "1"});
  for (const auto& response : At("/components/responses").GetObject()) {
    if (!response.value.HasMember("content")) continue;
    const Value& content = response.value["content"];
    ExpectLike(problem, content["application/problem+json"]["schema"]);
    const Value& schema = content["application/json"]["schema"];
    if (!schema.HasMember("anyOf")) ExpectLike(envelope, schema);
  }
}

TEST_F(OpenApiTest, EventsAreAsTheyAreRendered) {
  const auto data = [](const char* event) -> const Value& { return Schema(event)["properties"]["data"]; };
  ExpectLike(StatusEventJson(Populated<v1::SyncStatus>()), data("StatusEvent"));
  ExpectLike(CountJson(1, 5, /*stale=*/true), data("CountEvent"));
  ExpectLike(CountJson(1, 5, /*stale=*/false), data("CountEvent"), Fill::kRequired);
  ExpectLike(IdJson(1), data("GoneEvent"));
  ExpectLike(UnavailableJson(14, "away"), data("UnavailableEvent"));
}

// A message and the schema that documents it.
struct Rendering {
  const google::protobuf::Descriptor* message;
  std::string schema;
  std::map<std::string, std::string> renamed = {};
  std::set<std::string> hidden = {};
};

std::set<std::string> ShownFields(const Rendering& rendering) {
  std::set<std::string> names;
  for (int i = 0; i < rendering.message->field_count(); ++i) {
    const std::string& name = rendering.message->field(i)->name();
    if (rendering.hidden.contains(name)) continue;
    const auto renamed = rendering.renamed.find(name);
    names.insert(renamed == rendering.renamed.end() ? name : renamed->second);
  }
  return names;
}

TEST_F(OpenApiTest, EveryFieldOfAMessageIsDocumentedOrHiddenOnPurpose) {
  const std::vector<Rendering> renderings = {
      // How long the gateway may keep a text is between it and the service.
      {.message = v1::Article::descriptor(), .schema = "Article", .hidden = {"text_fresh_ms"}},
      {.message = v1::ListArticlesResponse::descriptor(), .schema = "ArticlePage"},
      {.message = v1::SyncStatus::descriptor(), .schema = "SyncStatus"},
      {.message = v1::SyncRun::descriptor(),
       .schema = "SyncRun",
       .renamed = {{"duration", "duration_seconds"}}},
      {.message = v1::ListSyncRunsResponse::descriptor(), .schema = "SyncRunPage"},
      {.message = v1::AuditResponse::descriptor(), .schema = "Audit"},
      // These may name servers and addresses, which are not for strangers.
      {.message = v1::ArticleServiceStatus::descriptor(),
       .schema = "ArticleServiceStatus",
       .hidden = {"redis_error", "mysql_error", "spool_error"}},
      {.message = v1::Durability::descriptor(), .schema = "Durability"},
      {.message = v1::DurabilityFinding::descriptor(), .schema = "DurabilityFinding"},
  };
  for (const Rendering& rendering : renderings) {
    EXPECT_THAT(Names(Schema(rendering.schema)["properties"]), ContainerEq(ShownFields(rendering)))
        << rendering.schema;
  }
}

// The values that are sent, SYNC_PHASE_BACKING_OFF as backing_off.
std::set<std::string> Sent(const google::protobuf::EnumDescriptor* descriptor, absl::string_view prefix) {
  std::set<std::string> values;
  for (int i = 0; i < descriptor->value_count(); ++i) {
    if (descriptor->value(i)->number() == 0) continue;
    values.insert(absl::AsciiStrToLower(absl::StripPrefix(descriptor->value(i)->name(), prefix)));
  }
  return values;
}

TEST_F(OpenApiTest, EnumsHaveTheValuesThatAreSent) {
  EXPECT_THAT(Strings(Schema("SyncPhase")["enum"]),
              ContainerEq(Sent(v1::SyncPhase_descriptor(), "SYNC_PHASE_")));
  EXPECT_THAT(Strings(Schema("SyncOutcome")["enum"]),
              ContainerEq(Sent(v1::SyncOutcome_descriptor(), "SYNC_OUTCOME_")));
  EXPECT_THAT(Strings(Schema("ArticleMode")["enum"]),
              ContainerEq(Sent(v1::ArticleMode_descriptor(), "ARTICLE_MODE_")));
  EXPECT_THAT(Strings(Schema("DurabilitySeverity")["enum"]),
              ContainerEq(Sent(v1::DurabilitySeverity_descriptor(), "DURABILITY_SEVERITY_")));
}

}  // namespace
}  // namespace readcount::gateway
