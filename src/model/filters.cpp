// Filters as people look at them.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "model/model.h"

namespace convscope {

FilterBank filter_bank(const Model& model, const Parameters& parameters, const ConvFilter& filter) {
  const Tensor& weight = parameters[static_cast<size_t>(filter.weight)];  // OHWI
  const Shape& shape = weight.shape();
  FilterBank bank{.outputs = shape[0], .inputs = shape[3], .rows = shape[1], .columns = shape[2]};
  bank.colour = filter.input == model.input && bank.inputs == 3;
  const int64_t cells = bank.rows * bank.columns;
  bank.values.resize(static_cast<size_t>(shape.elements()));
  for (int64_t o = 0; o < bank.outputs; ++o) {
    for (int64_t i = 0; i < bank.inputs; ++i) {
      const int64_t from =
          bank.colour ? model.preprocessing.network_channel(static_cast<int>(i)) : i;
      for (int64_t cell = 0; cell < cells; ++cell) {
        bank.values[static_cast<size_t>((o * bank.inputs + i) * cells + cell)] =
            weight.data()[(o * cells + cell) * bank.inputs + from];
      }
    }
  }
  if (filter.bias >= 0) {
    const auto bias = parameters[static_cast<size_t>(filter.bias)].values();
    bank.bias.assign(bias.begin(), bias.end());
  }
  return bank;
}

std::vector<int32_t> order_by_similarity(const FilterBank& bank) {
  const auto count = static_cast<size_t>(bank.outputs);
  if (count == 0) return {};
  const size_t length = bank.values.size() / count;
  std::vector<float> directions = bank.values;
  std::vector<float> norms(count);
  for (size_t o = 0; o < count; ++o) {
    const std::span<float> row(directions.data() + o * length, length);
    // A filter of one number has nothing but its mean.
    const float mean =
        length > 1 ? std::accumulate(row.begin(), row.end(), 0.0f) / static_cast<float>(length)
                   : 0.0f;
    for (float& value : row) value -= mean;
    norms[o] = std::sqrt(std::inner_product(row.begin(), row.end(), row.begin(), 0.0f));
    const float scale = norms[o] > 0 ? 1.0f / norms[o] : 0.0f;
    for (float& value : row) value *= scale;
  }
  std::vector<int32_t> order;
  std::vector<bool> used(count);
  auto current = static_cast<size_t>(std::ranges::max_element(norms) - norms.begin());
  for (;;) {
    used[current] = true;
    order.push_back(static_cast<int32_t>(current));
    if (order.size() == count) return order;
    const float* here = directions.data() + current * length;
    float best = -2;
    size_t next = 0;
    for (size_t o = 0; o < count; ++o) {
      if (used[o]) continue;
      const float similarity =
          std::inner_product(here, here + length, directions.data() + o * length, 0.0f);
      if (similarity > best) {
        best = similarity;
        next = o;
      }
    }
    current = next;
  }
}

}  // namespace convscope
