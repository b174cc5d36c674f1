#include "cli/load/zipf.h"

#include <algorithm>
#include <cmath>

namespace readcount::cli {
namespace {

constexpr double kTiny = 1e-8;

// (e^x - 1) / x and log(1 + x) / x, which are 1 at 0.
double ExpRatio(double x) {
  return std::abs(x) > kTiny ? std::expm1(x) / x : 1 + x / 2;
}
double LogRatio(double x) {
  return std::abs(x) > kTiny ? std::log1p(x) / x : 1 - x / 2;
}

}  // namespace

Zipf::Zipf(uint64_t count, double exponent) : count_(count), exponent_(exponent) {
  first_area_ = Integral(1.5) - 1;
  last_area_ = Integral(static_cast<double>(count) + 0.5);
  shortcut_ = 2 - Inverse(Integral(2.5) - Density(2));
}

double Zipf::Integral(double x) const {
  const double log = std::log(x);
  return ExpRatio((1 - exponent_) * log) * log;
}

double Zipf::Inverse(double area) const {
  // Rounding may take it below the least that there is.
  const double scaled = std::max(-1.0, area * (1 - exponent_));
  return std::exp(LogRatio(scaled) * area);
}

double Zipf::Density(double x) const {
  return std::exp(-exponent_ * std::log(x));
}

uint64_t Zipf::Draw(std::mt19937_64& random) const {
  if (exponent_ == 0) return std::uniform_int_distribution<uint64_t>(1, count_)(random);
  std::uniform_real_distribution<double> areas(first_area_, last_area_);
  while (true) {
    const double area = areas(random);
    const double x = Inverse(area);
    const double k = std::clamp(std::round(x), 1.0, static_cast<double>(count_));
    if (k - x <= shortcut_ || area >= Integral(k + 0.5) - Density(k)) return static_cast<uint64_t>(k);
  }
}

}  // namespace readcount::cli
