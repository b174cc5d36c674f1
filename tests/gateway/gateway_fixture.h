#pragma once

#include <gmock/gmock.h>
#include <grpcpp/ext/health_check_service_server_builder_option.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "gateway/gateway_server.h"
#include "tests/gateway/fake_services.h"
#include "tests/gateway/raw_client.h"

namespace readcount::gateway {

// The services and the gateway in one process, each on a port of the kernel's choice.
class GatewayServerTest : public ::testing::Test {
 protected:
  GatewayServerTest() {
    settings_.gateway.listen = {.host = "127.0.0.1", .port = 0};
    settings_.gateway.admin_token = "secret";
  }
  ~GatewayServerTest() override {
    if (!articles_.release.HasBeenNotified()) articles_.release.Notify();
    gateway_.reset();
    StopServices();
  }

  void StartServices() {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&articles_);
    builder.RegisterService(&sync_);
    services_ = builder.BuildAndStart();
    ASSERT_NE(services_, nullptr);
    settings_.gateway.article_service = {.host = "127.0.0.1", .port = static_cast<uint16_t>(port)};
    settings_.gateway.sync_service = settings_.gateway.article_service;
    SetServing("readcount.v1.ArticleService", true);
    SetServing("readcount.v1.SyncService", true);
  }
  void StopServices() {
    if (services_ == nullptr) return;
    services_->Shutdown(std::chrono::system_clock::now());
    services_.reset();
  }
  void SetServing(const std::string& service, bool serving) {
    services_->GetHealthCheckService()->SetServingStatus(service, serving);
  }
  void StartGateway() {
    absl::StatusOr<std::unique_ptr<Program>> started = GatewayServer::Start(settings_);
    ASSERT_TRUE(started.ok()) << started.status();
    gateway_ = *std::move(started);
    ASSERT_NE(address().port, 0);
  }
  void StartAll() {
    ASSERT_NO_FATAL_FAILURE(StartServices());
    ASSERT_NO_FATAL_FAILURE(StartGateway());
  }
  Address address() const { return gateway_->address(); }

  // Sends `bytes` over a connection of its own: refused with `status`, and the connection closed.
  void ExpectRefused(absl::string_view bytes, int status) {
    Client client(address());
    const Reply reply = client.Ask(bytes);
    EXPECT_EQ(reply.status, status) << bytes.substr(0, 200);
    EXPECT_THAT(reply.headers, ::testing::Contains(::testing::Pair("connection", "close")))
        << bytes.substr(0, 200);
    EXPECT_THAT(reply.body, ::testing::HasSubstr(R"("data":null)")) << bytes.substr(0, 200);
    EXPECT_TRUE(client.Ended()) << bytes.substr(0, 200);
  }

  Settings settings_;
  FakeArticleService articles_;
  FakeSyncService sync_;
  std::unique_ptr<grpc::Server> services_;
  std::unique_ptr<Program> gateway_;
};

}  // namespace readcount::gateway
