#include "services/article/proto_convert.h"

#include <gtest/gtest.h>

#include <memory>

namespace readcount {
namespace {

CountedArticle MakeFull() {
  auto article = std::make_shared<Article>();
  article->id = 1;
  article->title = "a title that is longer than the other";
  article->content = "content";
  article->author = "ann";
  article->created_at = absl::FromUnixSeconds(1);
  article->updated_at = absl::FromUnixSeconds(2);
  CountedArticle counted;
  counted.article = std::move(article);
  counted.read_count = 3;
  counted.count_stale = true;
  counted.content_stale = true;
  counted.text_fresh_for = absl::Seconds(5);
  return counted;
}

CountedArticle MakeSparse() {
  auto article = std::make_shared<Article>();
  article->id = 2;
  article->title = "short";
  CountedArticle counted;
  counted.article = std::move(article);
  return counted;
}

TEST(ProtoConvertTest, AnArticleInAMessageUsedBeforeIsAsInANewOne) {
  for (const CountedArticle& before : {MakeFull(), MakeSparse()}) {
    for (const CountedArticle& after : {MakeFull(), MakeSparse()}) {
      v1::Article used;
      v1::Article fresh;
      ToProto(before, used);
      ToProto(after, used);
      ToProto(after, fresh);
      EXPECT_EQ(used.SerializeAsString(), fresh.SerializeAsString());
    }
  }
}

}  // namespace
}  // namespace readcount
