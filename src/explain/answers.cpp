#include "explain/answers.h"

#include <algorithm>
#include <functional>

namespace convscope {
namespace {
constexpr size_t kAnswers = 5;
}  // namespace

std::vector<ClassAnswer> first_answers(const TensorView& logits, const TensorView& probabilities) {
  std::vector<ClassAnswer> all;
  for (int64_t c = 0; c < probabilities.shape.channels(); ++c)
    all.push_back({static_cast<int32_t>(c), probabilities.data[c], logits.data[c]});
  const auto last = all.begin() + static_cast<ptrdiff_t>(std::min(kAnswers, all.size()));
  std::ranges::partial_sort(all, last, std::greater{}, &ClassAnswer::probability);
  all.erase(last, all.end());
  return all;
}

}  // namespace convscope
