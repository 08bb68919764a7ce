#include "kernels/winograd.h"

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "kernels/xnn_operator.h"

namespace convscope {
namespace {

// Tiles that are transformed before they are multiplied. Fewer would read the weights, 36·I·O
// floats, more often; more would no longer stay in the caches between the steps.
constexpr int64_t kBlockTiles = 64;
// Keeps rows of the transformed tiles, often a power of two apart, from sharing the same cache
// lines.
constexpr int64_t kRowGap = 16;
// Below these the direct form is faster. Measured by tests/bench/winograd_bench.cpp, natively and
// as WebAssembly: with 16 channels and 7×7 pixels Winograd takes 0.8 of the direct form's time,
// with 64 channels and 56×56 pixels 0.32 to 0.36.
constexpr int64_t kLeastChannels = 16;
constexpr int64_t kLeastPixels = 49;

int64_t tiles_along(int64_t pixels) { return (pixels + kWinogradTile - 1) / kWinogradTile; }

// One XNNPACK operator does the 36 products: a 1×1 convolution of 36 groups over the block's tiles.
class Winograd final : public Kernel {
 public:
  Winograd(const Pads& pads, Tensor weight, Tensor bias, OutputClamp clamp, ArrangeWeight arrange)
      : pads_(pads),
        weight_(std::move(weight)),
        bias_(std::move(bias)),
        clamp_(clamp),
        arrange_(std::move(arrange)) {}

  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool& pool) override {
    x_ = inputs[0];
    y_ = outputs[0];
    inputs_ = x_.shape[3];
    outputs_ = y_.shape[3];
    if (product_ == nullptr) TRY_STATUS(pack());
    tile_rows_ = tiles_along(y_.shape[1]);
    tile_columns_ = tiles_along(y_.shape[2]);
    tiles_ = y_.shape[0] * tile_rows_ * tile_columns_;
    // Blocks of nearly equal size. The last begins earlier rather than being shorter.
    blocks_ = (tiles_ + kBlockTiles - 1) / kBlockTiles;
    const int64_t block = (tiles_ + blocks_ - 1) / blocks_;
    if (block == block_ && pool_ == pool.handle()) return {};
    block_ = 0;
    size_t bytes = 0, alignment = 0;
    TRY_STATUS(status_from_xnn(
        xnn_reshape_convolution2d_nhwc_f32(product_.get(), 1, 1, static_cast<size_t>(block), &bytes,
                                           &alignment, nullptr, nullptr, pool.handle()),
        "shaping a Winograd convolution"));
    CHECK(bytes == 0);
    block_ = block;
    pool_ = pool.handle();
    return {};
  }

  Status run(ThreadPool& pool) override {
    TRY(float* const points, pool.scratch(block_ * (input_stride() + output_stride()) +
                                          static_cast<int64_t>(kTailBytes / sizeof(float))));
    float* const products = points + block_ * input_stride();
    TRY_STATUS(
        status_from_xnn(xnn_setup_convolution2d_nhwc_f32(product_.get(), nullptr, points, products),
                        "setting up a Winograd convolution"));
    for (int64_t b = 0; b < blocks_; ++b) {
      const int64_t first = std::min(b * block_, tiles_ - block_);
      pool.for_each_tile(static_cast<size_t>(block_), 4, [&](size_t begin, size_t end) {
        for (auto t = static_cast<int64_t>(begin); t < static_cast<int64_t>(end); ++t)
          read_tile(first + t, points + t * input_stride());
      });
      TRY_STATUS(run_xnn(product_, pool.handle()));
      pool.for_each_tile(static_cast<size_t>(block_), 4, [&](size_t begin, size_t end) {
        for (auto t = static_cast<int64_t>(begin); t < static_cast<int64_t>(end); ++t)
          write_tile(first + t, products + t * output_stride());
      });
    }
    return {};
  }

  bool accepts_row_strides() const override { return true; }
  int64_t held_bytes() const override {
    return product_ == nullptr ? 0 : weight_.shape().elements() / 9 * kWinogradPositions * 4;
  }

 private:
  struct Place {
    int64_t image, row, column;  // of the tile's first output pixel
  };

  int64_t input_stride() const { return kWinogradPositions * inputs_ + kRowGap; }
  int64_t output_stride() const { return kWinogradPositions * outputs_ + kRowGap; }

  // Made when it first runs: a backward direction that nobody asks for takes no memory.
  Status pack() {
    Tensor weight = weight_;
    if (arrange_ != nullptr) {
      TRY(weight, arrange_(weight_));
    }
    TRY(weight, winograd_weight(weight));
    xnn_operator_t raw = nullptr;
    TRY_STATUS(status_from_xnn(
        xnn_create_convolution2d_nhwc_f32(
            0, 0, 0, 0, 1, 1, 1, 1, 1, 1, static_cast<uint32_t>(kWinogradPositions),
            static_cast<size_t>(inputs_), static_cast<size_t>(outputs_),
            static_cast<size_t>(input_stride()), static_cast<size_t>(output_stride()),
            weight.data(), nullptr, -std::numeric_limits<float>::infinity(),
            std::numeric_limits<float>::infinity(), /*flags=*/0, nullptr, nullptr, &raw),
        "packing a Winograd convolution's weights"));
    product_.reset(raw);
    zeros_.assign(static_cast<size_t>(inputs_), 0.0f);
    return {};
  }

  Place place_of(int64_t tile) const {
    return {tile / (tile_rows_ * tile_columns_), tile / tile_columns_ % tile_rows_ * kWinogradTile,
            tile % tile_columns_ * kWinogradTile};
  }

  void read_tile(int64_t tile, float* points) const {
    const Place place = place_of(tile);
    const int64_t height = x_.shape[1], width = x_.shape[2];
    std::array<const float*, kWinogradPositions> pixels;
    for (int64_t r = 0; r < 6; ++r) {
      const int64_t row = place.row - pads_.top + r;
      for (int64_t c = 0; c < 6; ++c) {
        const int64_t column = place.column - pads_.left + c;
        const bool inside = row >= 0 && row < height && column >= 0 && column < width;
        pixels[static_cast<size_t>(6 * r + c)] =
            inside ? x_.data + ((place.image * height + row) * width + column) * x_.row_stride
                   : zeros_.data();
      }
    }
    winograd_input_tile(pixels.data(), inputs_, points);
  }

  void write_tile(int64_t tile, const float* products) const {
    const Place place = place_of(tile);
    const int64_t height = y_.shape[1], width = y_.shape[2], line = width * y_.row_stride;
    const int64_t first = (place.image * height + place.row) * width + place.column;
    winograd_output_tile(products, outputs_, bias_.data(), clamp_,
                         {y_.data + first * y_.row_stride, y_.row_stride, line,
                          std::min(kWinogradTile, height - place.row),
                          std::min(kWinogradTile, width - place.column)});
  }

  const Pads pads_;
  const Tensor weight_, bias_;
  const OutputClamp clamp_;
  const ArrangeWeight arrange_;
  XnnOperator product_;
  std::vector<float> zeros_;  // a pixel of the padding
  TensorView x_, y_;
  int64_t inputs_ = 0, outputs_ = 0;
  int64_t tile_rows_ = 0, tile_columns_ = 0, tiles_ = 0, blocks_ = 0, block_ = 0;
  pthreadpool* pool_ = nullptr;
};

// (O, 3, 3, I) -> (I, 3, 3, O), turned by 180°.
Result<Tensor> transposed_and_turned(const Tensor& weight) {
  const int64_t outputs = weight.shape()[0], inputs = weight.shape()[3];
  TRY(Tensor out, Tensor::uninitialised(Shape{inputs, 3, 3, outputs}));
  const float* from = weight.data();
  CHECK(from != nullptr && out.data() != nullptr);
  for (int64_t o = 0; o < outputs; ++o) {
    for (int64_t tap = 8; tap >= 0; --tap) {
      for (int64_t i = 0; i < inputs; ++i) out.data()[(i * 9 + tap) * outputs + o] = *from++;
    }
  }
  return out;
}

}  // namespace

bool winograd_pays(const WindowGeometry& window, int64_t group, const Shape& weight, int64_t height,
                   int64_t width) {
  const Pads& pads = window.pads;
  const int64_t least = std::min({pads.top, pads.left, pads.bottom, pads.right});
  const int64_t most = std::max({pads.top, pads.left, pads.bottom, pads.right});
  return window.kernel[0] == 3 && window.kernel[1] == 3 && window.unit_stride() &&
         window.undilated() && group == 1 && least >= 0 && most <= 2 &&
         std::min(weight[0], weight[3]) >= kLeastChannels && height * width >= kLeastPixels;
}

KernelPtr make_winograd_convolution_kernel(const Pads& pads, Tensor weight, Tensor bias,
                                           OutputClamp clamp) {
  return std::make_unique<Winograd>(pads, std::move(weight), std::move(bias), clamp, nullptr);
}

KernelPtr make_winograd_input_grad_kernel(const Pads& pads, Tensor weight) {
  const Pads mirrored{2 - pads.top, 2 - pads.left, 2 - pads.bottom, 2 - pads.right};
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  return std::make_unique<Winograd>(mirrored, std::move(weight), Tensor(),
                                    OutputClamp{-kInfinity, kInfinity}, transposed_and_turned);
}

}  // namespace convscope
