#include "kernels/row_map.h"

namespace convscope {

void RowGroups::plan(const Shape& small, const Shape& large) {
  const RowMap map(small, large);
  const int64_t count = large.rows();
  // A counting sort.
  begins_.assign(static_cast<size_t>(small.rows()) + 1, 0);
  order_.resize(static_cast<size_t>(count));
  for (int64_t row = 0; row < count; ++row) ++begins_[static_cast<size_t>(map(row)) + 1];
  for (size_t i = 1; i < begins_.size(); ++i) begins_[i] += begins_[i - 1];
  std::vector<int32_t> next(begins_.begin(), begins_.end() - 1);
  for (int64_t row = 0; row < count; ++row) {
    order_[static_cast<size_t>(next[static_cast<size_t>(map(row))]++)] = static_cast<int32_t>(row);
  }
}

}  // namespace convscope
