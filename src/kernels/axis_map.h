// AxisMap: a sparse linear map along one axis, y[…, j, …] = Σ weight · x[…, source, …].
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace convscope {

// Gathering, resizing, sliding sums, and the transposes of all of these.
struct AxisMap {
  struct Term {
    int64_t source;
    double weight;
  };

  // The terms of output j are terms[begins[j]] to terms[begins[j + 1]]; there may be none.
  std::vector<size_t> begins{0};
  std::vector<Term> terms;

  int64_t outputs() const { return static_cast<int64_t>(begins.size()) - 1; }
  std::span<const Term> of(int64_t output) const {
    const auto j = static_cast<size_t>(output);
    return std::span(terms).subspan(begins[j], begins[j + 1] - begins[j]);
  }
  // Ends the terms of one output.
  void close() { begins.push_back(terms.size()); }

  static AxisMap gather(std::span<const int64_t> sources);
  // The map of cotangents: `extent` is that of x.
  AxisMap transposed(int64_t extent) const;
};

}  // namespace convscope
