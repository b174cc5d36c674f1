#pragma once

#include <cstdint>
#include <random>

namespace readcount::cli {

// Draws from 1 to `count`, k with a probability proportional to 1/k^exponent, by rejection-inversion (Hörmann
// and Derflinger, 1996): constant time and memory whatever `count`. An exponent of 0 draws all alike. Not
// thread-safe.
class Zipf {
 public:
  // REQUIRES: count >= 1, exponent >= 0 and finite.
  Zipf(uint64_t count, double exponent);

  uint64_t Draw(std::mt19937_64& random) const;

 private:
  // The integral of the density from 1, and its inverse.
  double Integral(double x) const;
  double Inverse(double area) const;
  double Density(double x) const;

  const uint64_t count_;
  const double exponent_;
  double first_area_ = 0, last_area_ = 0, shortcut_ = 0;
};

}  // namespace readcount::cli
