#include "gateway/timed_socket.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <string>

namespace readcount::gateway {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

class TimedSocketTest : public ::testing::Test {
 protected:
  TimedSocketTest() {
    tcp::acceptor acceptor(io_, {asio::ip::address_v4::loopback(), 0});
    client_.connect(acceptor.local_endpoint());
    socket_ = std::make_shared<TimedSocket>(acceptor.accept());
  }

  error_code Run(asio::awaitable<error_code> operation) {
    error_code result;
    asio::co_spawn(io_, std::move(operation),
                   [&result](const std::exception_ptr& /*none*/, error_code error) { result = error; });
    io_.restart();
    io_.run();
    return result;
  }

  asio::io_context io_;
  tcp::socket client_{io_};
  std::shared_ptr<TimedSocket> socket_;
  boost::beast::flat_buffer buffer_;
};

TEST_F(TimedSocketTest, ReadsAndWritesBeforeTheDeadline) {
  asio::write(client_, asio::buffer("abc", 3));
  socket_->ExpireAfter(absl::Hours(1));
  EXPECT_FALSE(Run([&]() -> asio::awaitable<error_code> {
    error_code error = co_await socket_->Read(buffer_);
    if (!error) error = co_await socket_->Write("defg");
    socket_->Close();
    co_return error;
  }()));
  EXPECT_EQ(buffer_.size(), 3u);
  std::string got(4, '\0');
  asio::read(client_, asio::buffer(got));
  EXPECT_EQ(got, "defg");
}

TEST_F(TimedSocketTest, PastTheDeadlineNothingIsReadThoughBytesAreThere) {
  asio::write(client_, asio::buffer("abc", 3));
  socket_->ExpireAfter(absl::ZeroDuration());
  EXPECT_EQ(Run(socket_->Read(buffer_)), asio::error::timed_out);
  EXPECT_EQ(buffer_.size(), 0u);
}

TEST_F(TimedSocketTest, PastTheDeadlineNothingIsWrittenThoughThereIsRoom) {
  socket_->ExpireAfter(absl::ZeroDuration());
  EXPECT_EQ(Run(socket_->Write("abc")), asio::error::timed_out);
}

TEST_F(TimedSocketTest, TheDeadlineEndsAReadThatWaits) {
  socket_->ExpireAfter(absl::Milliseconds(1));
  EXPECT_EQ(Run(socket_->Read(buffer_)), asio::error::operation_aborted);
  EXPECT_TRUE(socket_->Expired());
}

TEST_F(TimedSocketTest, ADeadlineThatIsSetAnewReplacesTheOld) {
  asio::write(client_, asio::buffer("abc", 3));
  socket_->ExpireAfter(absl::ZeroDuration());
  socket_->ExpireAfter(absl::Hours(1));
  EXPECT_FALSE(Run([&]() -> asio::awaitable<error_code> {
    const error_code error = co_await socket_->Read(buffer_);
    socket_->Close();
    co_return error;
  }()));
}

TEST_F(TimedSocketTest, AnEarlierDeadlineEndsAReadThatWaitsForALaterOne) {
  socket_->ExpireAfter(absl::Hours(1));
  socket_->ExpireAfter(absl::Milliseconds(1));
  EXPECT_EQ(Run(socket_->Read(buffer_)), asio::error::operation_aborted);
}

TEST_F(TimedSocketTest, ALaterDeadlineEndsAReadToo) {
  socket_->ExpireAfter(absl::Milliseconds(1));
  socket_->ExpireAfter(absl::Milliseconds(20));
  EXPECT_EQ(Run(socket_->Read(buffer_)), asio::error::operation_aborted);
  EXPECT_TRUE(socket_->Expired());
}

TEST_F(TimedSocketTest, ADeadlineAfterARestHolds) {
  socket_->ExpireAfter(absl::Milliseconds(1));
  socket_->Rest();
  io_.run();  // the timer fires and finds nothing to do
  EXPECT_FALSE(socket_->Expired());
  socket_->ExpireAfter(absl::Milliseconds(1));
  EXPECT_EQ(Run(socket_->Read(buffer_)), asio::error::operation_aborted);
}

}  // namespace
}  // namespace readcount::gateway
