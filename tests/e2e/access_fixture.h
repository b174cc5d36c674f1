#pragma once

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "readcount/v1/sync_service.grpc.pb.h"
#include "tests/e2e/stack.h"
#include "tests/support/certificates.h"
#include "tests/support/child_process.h"
#include "tests/support/program.h"
#include "tests/support/temp_dir.h"

namespace readcount::testing {

// Programs whose doors are locked, and callers with keys of all kinds.
class AccessTest : public ::testing::Test {
 protected:
  static constexpr char kToken[] = "right-token-0123456789", kOther[] = "other-token-0123456789";

  AccessTest() {
    ReplaceFile(Path("ca.pem"), authority_.certificate());
    authority_.Issue().Write(Path("server"));
    authority_.Issue().Write(Path("client"));
    authority_.IssueExpired().Write(Path("expired"));
    stranger_.Issue().Write(Path("stranger"));
    variables_ = Stack::ServerVariables();
    variables_["READCOUNT_SYNC_INTERVAL"] = "off";
  }

  std::string Path(const std::string& name) const { return dir_.path(name); }

  // The variables that make SyncService speak TLS and know clients' certificates.
  void UseTls(const std::string& section = "SYNC") {
    variables_["READCOUNT_" + section + "_TLS_CERTIFICATE"] = Path("server.pem");
    variables_["READCOUNT_" + section + "_TLS_KEY"] = Path("server.key");
    if (section != "GATEWAY") variables_["READCOUNT_" + section + "_TLS_CLIENT_CA"] = Path("ca.pem");
  }

  void StartSync() { sync_ = std::make_unique<ProgramProcess>("sync-service", variables_); }

  // A client of SyncService over TLS, with the certificate of that name, if it has one, or over plaintext.
  struct Door {
    bool tls = false;
    std::string certificate = "";
  };
  std::shared_ptr<grpc::Channel> Open(const Door& door) const { return Open(door, sync_->address()); }
  std::shared_ptr<grpc::Channel> Open(const Door& door, const std::string& address) const {
    std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
    if (door.tls) {
      grpc::SslCredentialsOptions options;
      options.pem_root_certs = authority_.certificate();
      if (!door.certificate.empty()) {
        options.pem_cert_chain = ReadFile(Path(door.certificate + ".pem"));
        options.pem_private_key = ReadFile(Path(door.certificate + ".key"));
      }
      credentials = grpc::SslCredentials(options);
    }
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own
    return grpc::CreateCustomChannel(address, credentials, arguments);
  }

  // Calls every method of SyncService, those that it will have one day too, with `token` if there is one.
  using Outcomes = std::map<std::string, grpc::Status>;
  static Outcomes CallAll(const std::shared_ptr<grpc::Channel>& channel, const std::string& token = "");

  static grpc::Status RunSync(const std::shared_ptr<grpc::Channel>& channel, const std::string& token = "") {
    grpc::ClientContext context;
    Show(token, context);
    v1::RunSyncResponse response;
    return v1::SyncService::NewStub(channel)->RunSync(&context, {}, &response);
  }
  static void Show(const std::string& token, grpc::ClientContext& context) {
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
  }

  // Runs a program to its end; its exit status and what it printed.
  std::pair<int, std::string> RunToEnd(const std::string& name,
                                       const std::vector<std::string>& arguments) const {
    std::vector<std::string> command = {std::string(READCOUNT_BIN_DIR) + "/" + name};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const TempDir dir;
    ChildProcess process(command, dir.path("log"), variables_);
    const int status = process.Wait();
    return {status, ReadFile(dir.path("log"))};
  }

  const TempDir dir_;
  const CertificateAuthority authority_;
  const CertificateAuthority stranger_{"a stranger"};
  std::map<std::string, std::string> variables_;
  std::unique_ptr<ProgramProcess> sync_;
};

}  // namespace readcount::testing
