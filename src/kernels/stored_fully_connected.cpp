// Matrix times constant matrix, read as it is stored: a large one is held once, whichever way it is
// used. For few rows this is as fast as a packed one, since every weight is fetched from memory
// once in either case.
#include <algorithm>
#include <array>

#include "kernels/kernels.h"
#include "kernels/rows.h"
#include "kernels/vectors.h"

namespace convscope {
namespace {

struct Product {
  const float* x = nullptr;  // rows × K
  float* y = nullptr;        // rows × M
  int64_t rows = 0;
  const float *weight, *bias;  // no bias: null
  int64_t k_count, m_count;
  OutputClamp clamp;
};

// Rows of the weight (M, K) that a thread takes at a time, about 256 KB: they stay in a
// second-level cache while every row of x meets them.
constexpr int64_t kWeightsPerTile = 65536;
// Columns and rows of the weight (K, M) that stay in a cache.
constexpr int64_t kMostColumns = 4096, kFewestColumns = 64;
constexpr size_t kChunkRows = 16;

// Weight (M, K): y[n + i][m + j] for i < Rows, j < Outputs.
template <typename V, int Rows, int Outputs>
CONVSCOPE_INLINE void dot_products(const Product& p, int64_t n, int64_t m) {
  constexpr auto kLanes = static_cast<int64_t>(sizeof(V) / sizeof(float));
  const float *x = p.x + n * p.k_count, *weight = p.weight + m * p.k_count;
  V sums[Rows][Outputs] = {};
  int64_t k = 0;
  for (; k + kLanes <= p.k_count; k += kLanes) {
    V w[Outputs];
    for (int j = 0; j < Outputs; ++j) load(weight + j * p.k_count + k, w[j]);
    for (int i = 0; i < Rows; ++i) {
      V value;
      load(x + i * p.k_count + k, value);
      for (int j = 0; j < Outputs; ++j) multiply_add_lanes(w[j], value, sums[i][j], sums[i][j]);
    }
  }
  for (int i = 0; i < Rows; ++i) {
    for (int j = 0; j < Outputs; ++j) {
      std::array<float, kLanes> lanes;
      store(sums[i][j], lanes.data());
      float sum = p.bias == nullptr ? 0.0f : p.bias[m + j];
      for (const float lane : lanes) sum += lane;
      for (int64_t rest = k; rest < p.k_count; ++rest)
        sum += x[i * p.k_count + rest] * weight[j * p.k_count + rest];
      p.y[(n + i) * p.m_count + m + j] = std::min(std::max(sum, p.clamp.minimum), p.clamp.maximum);
    }
  }
}

// As many sums at once as fit into registers.
template <typename V, int Rows, int Outputs>
CONVSCOPE_INLINE void outputs_of_rows(const Product& p, int64_t n, int64_t begin, int64_t end) {
  int64_t m = begin;
  for (; m + Outputs <= end; m += Outputs) dot_products<V, Rows, Outputs>(p, n, m);
  for (; m < end; ++m) dot_products<V, Rows, 1>(p, n, m);
}
template <typename V>
CONVSCOPE_INLINE void outputs(const Product& p, int64_t begin, int64_t end) {
  int64_t n = 0;
  for (; n + 4 <= p.rows; n += 4) outputs_of_rows<V, 4, 2>(p, n, begin, end);
  for (; n < p.rows; ++n) outputs_of_rows<V, 1, 4>(p, n, begin, end);
}

// Weight (K, M): adds to y[n + i], i < Rows, what the weight's rows `ks` bring to the columns
// [begin, end).
template <typename V, int Rows, int Count>
CONVSCOPE_INLINE void add_rows(const Product& p, int64_t n, const int64_t* ks, int64_t begin,
                               int64_t end) {
  constexpr auto kLanes = static_cast<int64_t>(sizeof(V) / sizeof(float));
  float factors[Rows][Count], *y[Rows];
  const float* weight[Count];
  for (int j = 0; j < Count; ++j) weight[j] = p.weight + ks[j] * p.m_count;
  for (int i = 0; i < Rows; ++i) {
    y[i] = p.y + (n + i) * p.m_count;
    for (int j = 0; j < Count; ++j) factors[i][j] = p.x[(n + i) * p.k_count + ks[j]];
  }
  int64_t m = begin;
  for (; m + kLanes <= end; m += kLanes) {
    V w[Count];
    for (int j = 0; j < Count; ++j) load(weight[j] + m, w[j]);
    for (int i = 0; i < Rows; ++i) {
      V sum;
      load(y[i] + m, sum);
      for (int j = 0; j < Count; ++j) multiply_add(w[j], factors[i][j], sum, sum);
      store(sum, y[i] + m);
    }
  }
  for (; m < end; ++m) {
    for (int i = 0; i < Rows; ++i) {
      for (int j = 0; j < Count; ++j) y[i][m] += factors[i][j] * weight[j][m];
    }
  }
}
template <typename V, int Rows>
CONVSCOPE_INLINE void add_chunk(const Product& p, int64_t n, std::span<const int64_t> ks,
                                int64_t begin, int64_t end) {
  size_t k = 0;
  for (; k + 4 <= ks.size(); k += 4) add_rows<V, Rows, 4>(p, n, &ks[k], begin, end);
  for (; k < ks.size(); ++k) add_rows<V, Rows, 1>(p, n, &ks[k], begin, end);
}

template <typename V>
CONVSCOPE_INLINE void columns(const Product& p, std::span<const int64_t> ks, int64_t begin,
                              int64_t end) {
  for (int64_t n = 0; n < p.rows; ++n) {
    float* y = p.y + n * p.m_count;
    if (p.bias == nullptr) {
      std::fill(y + begin, y + end, 0.0f);
    } else {
      std::copy(p.bias + begin, p.bias + end, y + begin);
    }
  }
  for (size_t first = 0; first < ks.size(); first += kChunkRows) {
    const auto chunk = ks.subspan(first, std::min(kChunkRows, ks.size() - first));
    int64_t n = 0;
    for (; n + 2 <= p.rows; n += 2) add_chunk<V, 2>(p, n, chunk, begin, end);
    for (; n < p.rows; ++n) add_chunk<V, 1>(p, n, chunk, begin, end);
  }
  for (int64_t n = 0; n < p.rows; ++n) {
    float* y = p.y + n * p.m_count;
    for (int64_t m = begin; m < end; ++m)
      y[m] = std::min(std::max(y[m], p.clamp.minimum), p.clamp.maximum);
  }
}

#ifdef __x86_64__
[[gnu::target("avx2,fma")]] void outputs_avx2(const Product& p, int64_t begin, int64_t end) {
  outputs<Eight>(p, begin, end);
}
[[gnu::target("avx2,fma")]] void columns_avx2(const Product& p, std::span<const int64_t> ks,
                                              int64_t begin, int64_t end) {
  columns<Eight>(p, ks, begin, end);
}
#endif

void run_outputs(const Product& p, int64_t begin, int64_t end) {
#ifdef __x86_64__
  if (has_avx2()) return outputs_avx2(p, begin, end);
#endif
  outputs<Four>(p, begin, end);
}
void run_columns(const Product& p, std::span<const int64_t> ks, int64_t begin, int64_t end) {
#ifdef __x86_64__
  if (has_avx2()) return columns_avx2(p, ks, begin, end);
#endif
  columns<Four>(p, ks, begin, end);
}

class StoredFullyConnected final : public Kernel {
 public:
  StoredFullyConnected(bool weight_is_output_input, Tensor weight, Tensor bias, OutputClamp clamp)
      : weight_is_output_input_(weight_is_output_input),
        weight_(std::move(weight)),
        bias_(std::move(bias)),
        product_{.weight = weight_.data(),
                 .bias = bias_.data(),
                 .k_count = weight_.shape()[weight_is_output_input ? 1 : 0],
                 .m_count = weight_.shape()[weight_is_output_input ? 0 : 1],
                 .clamp = clamp} {}

  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool&) override {
    product_.x = inputs[0].data;
    product_.y = outputs[0].data;
    product_.rows = inputs[0].shape.elements() / product_.k_count;
    return {};
  }

  Status run(ThreadPool& pool) override {
    const auto outputs = static_cast<size_t>(product_.m_count);
    if (weight_is_output_input_) {
      const int64_t tile = std::max<int64_t>(4, kWeightsPerTile / product_.k_count / 4 * 4);
      pool.for_each_tile(outputs, static_cast<size_t>(tile), [&](size_t begin, size_t end) {
        run_outputs(product_, static_cast<int64_t>(begin), static_cast<int64_t>(end));
      });
      return {};
    }
    find_used();
    const int64_t share = product_.m_count / (2 * int64_t{pool.threads()});
    const int64_t tile = std::clamp(share / 16 * 16, kFewestColumns, kMostColumns);
    pool.for_each_tile(outputs, static_cast<size_t>(tile), [&](size_t begin, size_t end) {
      run_columns(product_, used_, static_cast<int64_t>(begin), static_cast<int64_t>(end));
    });
    return {};
  }

 private:
  // The rows of the weight that add anything. A gradient that starts at one answer or has passed a
  // rectifier leaves most of them unread.
  void find_used() {
    used_.clear();
    for (int64_t k = 0; k < product_.k_count; ++k) {
      for (int64_t n = 0; n < product_.rows; ++n) {
        if (product_.x[n * product_.k_count + k] == 0) continue;
        used_.push_back(k);
        break;
      }
    }
  }

  const bool weight_is_output_input_;
  const Tensor weight_, bias_;
  Product product_;
  std::vector<int64_t> used_;
};

}  // namespace

bool large_product(const WindowGeometry& window, int64_t group, const Shape& weight, int64_t height,
                   int64_t width) {
  return weight.elements() >= kLargeMatrix && group == 1 && !window.pads.any() &&
         window.kernel[0] == height && window.kernel[1] == width;
}

KernelPtr make_stored_fully_connected_kernel(bool weight_is_output_input, Tensor weight,
                                             Tensor bias, OutputClamp clamp) {
  return std::make_unique<StoredFullyConnected>(weight_is_output_input, std::move(weight),
                                                std::move(bias), clamp);
}

}  // namespace convscope
