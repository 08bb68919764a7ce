#include "explain/quadrature.h"

#include <cmath>
#include <numbers>

#include "base/check.h"

namespace convscope {

Quadrature gauss_legendre(int count) {
  CHECK(count > 0);
  const auto n = static_cast<size_t>(count);
  Quadrature out{std::vector<double>(n), std::vector<double>(n)};
  for (size_t i = 0; i < n; ++i) {
    double x = std::cos(std::numbers::pi * (static_cast<double>(i) + 0.75) / (count + 0.5));
    double slope = 1;
    for (int iteration = 0; iteration < 100; ++iteration) {
      double p = 1, before = 0;  // P_k(x), P_{k−1}(x)
      for (int k = 1; k <= count; ++k) {
        const double older = before;
        before = p;
        p = ((2 * k - 1) * x * before - (k - 1) * older) / k;
      }
      slope = count * (x * p - before) / (x * x - 1);
      const double change = p / slope;
      x -= change;
      if (std::abs(change) < 1e-15) break;
    }
    // From −1…1 to 0…1, the largest root last.
    out.points[n - 1 - i] = (x + 1) / 2;
    out.weights[n - 1 - i] = 1 / ((1 - x * x) * slope * slope);
  }
  return out;
}

}  // namespace convscope
