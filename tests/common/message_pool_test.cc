#include "services/common/rpc/message_pool.h"

#include <gtest/gtest.h>

#include <string>

#include "readcount/v1/article_service.pb.h"

namespace readcount {
namespace {

using Pool = MessagePool<v1::ViewArticleRequest, v1::ViewArticleResponse>;

constexpr size_t kMostBytes = 1000;

// What gRPC does with an answer that it sends.
void Answer(v1::ViewArticleResponse& response, const std::string& content) {
  response.mutable_article()->set_content(content);
  ASSERT_FALSE(response.SerializeAsString().empty());
}

TEST(MessagePoolTest, UsesTheMemoryOfAnAnswerForTheNext) {
  Pool pool(1, kMostBytes);
  auto* messages = pool.AllocateMessages();
  Answer(*messages->response(), std::string(500, 'a'));
  const char* const text = messages->response()->article().content().data();
  messages->Release();
  messages = pool.AllocateMessages();
  Answer(*messages->response(), std::string(400, 'b'));
  EXPECT_EQ(messages->response()->article().content().data(), text);
  messages->Release();
}

TEST(MessagePoolTest, KeepsNothingOfARequest) {
  Pool pool(1, kMostBytes);
  auto* messages = pool.AllocateMessages();
  ASSERT_TRUE(messages->request()->ParseFromString(std::string("\x08\x07\x7a\x03xyz")));  // a field 15
  ASSERT_EQ(messages->request()->SerializeAsString().size(), 7u);
  messages->Release();
  messages = pool.AllocateMessages();
  EXPECT_EQ(messages->request()->SerializeAsString(), "");
  messages->Release();
}

TEST(MessagePoolTest, DoesNotKeepTheMemoryOfALongAnswer) {
  Pool pool(1, kMostBytes);
  auto* messages = pool.AllocateMessages();
  Answer(*messages->response(), std::string(kMostBytes, 'a'));
  messages->Release();
  messages = pool.AllocateMessages();
  EXPECT_FALSE(messages->response()->has_article()) << "the messages are new";
  messages->Release();
}

TEST(MessagePoolTest, KeepsNoMoreThanItMay) {
  Pool pool(1, kMostBytes);
  auto* first = pool.AllocateMessages();
  auto* second = pool.AllocateMessages();
  Answer(*first->response(), "first");
  Answer(*second->response(), "second");
  first->Release();
  second->Release();
  first = pool.AllocateMessages();
  second = pool.AllocateMessages();
  EXPECT_EQ(first->response()->article().content(), "first");
  EXPECT_FALSE(second->response()->has_article());
  first->Release();
  second->Release();
}

}  // namespace
}  // namespace readcount
