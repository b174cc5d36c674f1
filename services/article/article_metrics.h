#pragma once

#include "services/article/cache.h"
#include "services/article/service_status.h"
#include "services/article/view_recorder.h"
#include "services/common/metrics/metric.h"

namespace readcount {

// ArticleService as Prometheus sees it: its mode, what became of the views, the spool, the journal, the
// cache.
class ArticleMetrics final : public MetricSource {
 public:
  // All must outlive the source.
  ArticleMetrics(const ArticleStatusReader& status, const ViewRecorder& recorder, const ArticleCache& cache)
      : status_(status), recorder_(recorder), cache_(cache) {}

  void Collect(MetricSink& sink) const override;

 private:
  void CollectStatus(MetricSink& sink) const;
  void CollectViews(MetricSink& sink) const;
  void CollectCache(MetricSink& sink) const;

  const ArticleStatusReader& status_;
  const ViewRecorder& recorder_;
  const ArticleCache& cache_;
};

}  // namespace readcount
