#include "services/article/article_server.h"
#include "services/common/rpc/program.h"

int main(int argc, char** argv) {
  return readcount::RunProgram(argc, argv, "article-service", readcount::ArticleServer::Check,
                               readcount::ArticleServer::Start);
}
