// The limit of a unary call: ViewArticle on gRPC's callback API with no work behind it. Answers every call
// with the article that the real service has, asked for once at the start.

#include <grpcpp/grpcpp.h>
#include <sched.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>
#include <memory>
#include <string>

#include "absl/synchronization/mutex.h"
#include "readcount/v1/article_service.grpc.pb.h"

namespace readcount::bench {
namespace {

class BareService final : public v1::ArticleService::CallbackService {
 public:
  explicit BareService(v1::Article article) : article_(std::move(article)) {}

  grpc::ServerUnaryReactor* ViewArticle(grpc::CallbackServerContext* context,
                                        const v1::ViewArticleRequest* /*request*/,
                                        v1::ViewArticleResponse* response) override {
    *response->mutable_article() = article_;
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

 private:
  const v1::Article article_;
};

int Serve(const std::string& original, uint64_t id) {
  const auto stub =
      v1::ArticleService::NewStub(grpc::CreateChannel(original, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  v1::GetArticleRequest request;
  v1::GetArticleResponse response;
  request.set_id(id);
  if (const grpc::Status status = stub->GetArticle(&context, request, &response); !status.ok()) {
    std::cerr << "bench_bare_server: GetArticle at " << original << ": " << status.error_message() << "\n";
    return 1;
  }
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);  // before gRPC's threads begin, which inherit it

  BareService service(response.article());
  int port = 0;
  const std::unique_ptr<grpc::Server> server =
      grpc::ServerBuilder()
          .AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port)
          .RegisterService(&service)
          .BuildAndStart();
  if (server == nullptr) return 1;
  std::cout << "127.0.0.1:" << port << std::endl;
  int signal = 0;
  sigwait(&ending, &signal);
  server->Shutdown();
  return 0;
}

}  // namespace
}  // namespace readcount::bench

int main(int argc, char** argv) {
  CLI::App app("ArticleService that answers ViewArticle with one fixed article; prints its address");
  std::string original;
  uint64_t id = 1;
  app.add_option("--copy-from", original, "address of the ArticleService whose article is answered")
      ->required();
  app.add_option("--id", id, "the article");
  CLI11_PARSE(app, argc, argv);
  // As the programs do.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const sched_param no_priority = {};
  sched_setscheduler(0, SCHED_BATCH, &no_priority);
  return readcount::bench::Serve(original, id);
}
