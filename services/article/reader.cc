#include "services/article/reader.h"

#include <memory>
#include <utility>

#include "services/article/read_operation.h"

namespace readcount {

bool ArticleReader::Read(Ids ids, Options options, Callback callback) {
  return std::make_shared<ReadOperation>(*this, std::move(ids), options, std::move(callback))->Start();
}

}  // namespace readcount
