// Numerical integration over 0…1.
#pragma once

#include <vector>

namespace convscope {

struct Quadrature {
  std::vector<double> points, weights;  // points rise; the weights' sum is 1
};

// Gauss-Legendre: exact for polynomials of degree 2·count − 1 (Press et al., "Numerical Recipes",
// gauleg: roots of the Legendre polynomial by Newton's method).
Quadrature gauss_legendre(int count);

}  // namespace convscope
