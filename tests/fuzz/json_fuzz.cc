#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <cstring>

#include "gateway/json.h"
#include "gateway/target.h"
#include "tests/fuzz/fuzz.h"

namespace readcount::gateway {
namespace {

using google::protobuf::Struct;

Struct Parsed(const std::string& json) {
  Struct parsed;
  fuzz::Require(IsUtf8(json), "JSON is UTF-8 whatever went in");
  fuzz::Require(google::protobuf::util::JsonStringToMessage(json, &parsed).ok(), "JSON is well-formed");
  fuzz::Require(parsed.fields().contains("code") && parsed.fields().contains("message") &&
                    parsed.fields().contains("data"),
                "the envelope is whole");
  return parsed;
}

// Text that JSON can say comes back as it was.
void CheckText(const Struct& object, const char* name, const std::string& text) {
  fuzz::Require(!IsUtf8(text) || object.fields().at(name).string_value() == text, "text is kept");
}

double Real(int64_t bits) {
  double number = 0;
  std::memcpy(&number, &bits, sizeof number);
  return number;
}

v1::Article ReadArticle(fuzz::Input& input) {
  v1::Article article;
  article.set_id(static_cast<uint64_t>(input.Number()));
  article.set_read_count(input.Number());
  article.mutable_created_at()->set_seconds(input.Number());
  article.mutable_created_at()->set_nanos(static_cast<int32_t>(input.Number()));
  article.set_title(std::string(input.Line()));
  article.set_author(std::string(input.Line()));
  return article;
}

v1::SyncStatus ReadStatus(fuzz::Input& input) {
  v1::SyncStatus status;
  status.set_phase(static_cast<v1::SyncPhase>(input.Number()));
  status.set_lag_seconds(Real(input.Number()));
  v1::SyncRun& run = *status.mutable_last_run();
  run.mutable_duration()->set_seconds(input.Number());
  run.mutable_duration()->set_nanos(static_cast<int32_t>(input.Number()));
  run.set_outcome(static_cast<v1::SyncOutcome>(input.Number()));
  status.set_last_error(std::string(input.Line()));
  return status;
}

}  // namespace

int FuzzJson(fuzz::Input input) {
  v1::Article article = ReadArticle(input);
  const v1::SyncStatus status = ReadStatus(input);
  article.set_content(std::string(input.rest()));

  const Struct one = Parsed(ArticleJson(article));
  const Struct& data = one.fields().at("data").struct_value();
  CheckText(data, "title", article.title());
  CheckText(data, "author", article.author());
  CheckText(data, "content", article.content());

  v1::ListArticlesResponse page;
  *page.add_articles() = article;
  *page.add_articles() = article;
  page.set_next_page_token(article.content());
  CheckText(Parsed(ArticlesJson(page)).fields().at("data").struct_value(), "next_page_token",
            article.content());

  CheckText(Parsed(SyncStatusJson(status)).fields().at("data").struct_value(), "last_error",
            status.last_error());
  Parsed(SyncRunJson(status.last_run()));
  Parsed(ReadinessJson(false, article.title(), article.author()));
  CheckText(Parsed(ErrorJson(3, article.content())), "message", article.content());
  return 0;
}

}  // namespace readcount::gateway

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return readcount::gateway::FuzzJson({data, size});
}
