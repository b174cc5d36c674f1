#pragma once

#include "gateway/backends.h"
#include "gateway/response.h"
#include "gateway/router.h"

namespace readcount::gateway {

// GET /api/article/{id} and GET /api/articles. Thread-safe.
class ArticleHandlers {
 public:
  // `backend` must outlive the last answer.
  explicit ArticleHandlers(ArticleBackend& backend) : backend_(backend) {}

  // The article {id}, counted as one view unless the method is HEAD, the request is a prefetch, or the query
  // says view=false. 400 if {id} is not spelt as ParseArticleId has it, or `view` is neither true nor false.
  void Get(const Request& request, Respond respond) const;

  // A page of articles, newest first, by page_size, page_token and author; other parameters are ignored.
  // Nothing is counted. 400 if page_size is not a number; its range is the service's to judge.
  void List(const Request& request, Respond respond) const;

 private:
  ArticleBackend& backend_;
};

}  // namespace readcount::gateway
