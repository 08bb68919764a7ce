// Convolution on XNNPACK: implicit GEMM, depthwise and 1×1 paths are chosen by XNNPACK itself.
#include <algorithm>
#include <cstring>
#include <list>

#include "kernels/depthwise_convolution.h"
#include "kernels/kernels.h"
#include "kernels/unrolled_rows.h"
#include "kernels/xnn_operator.h"

namespace convscope {
namespace {

// XNNPACK fixes row strides when an operator is made, so there is one operator per pair of strides;
// a plan uses one, and plans that differ only in what they inspect rarely make a second.
class Convolution final : public Kernel {
 public:
  Convolution(const WindowGeometry& window, int64_t group, Tensor weight, Tensor bias,
              OutputClamp clamp, ArrangeWeight arrange)
      : window_(window),
        group_(group),
        weight_(std::move(weight)),
        bias_(std::move(bias)),
        clamp_(clamp),
        arrange_(std::move(arrange)) {}

  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool& pool) override {
    const TensorView &x = inputs[0], &y = outputs[0];
    TRY(current_, variant(x.row_stride, y.row_stride));
    const Arguments wanted{x.shape[0], x.shape[1], x.shape[2], pool.handle(), pool.threads()};
    if (current_->arguments != wanted) TRY_STATUS(reshape(wanted));
    return status_from_xnn(
        xnn_setup_convolution2d_nhwc_f32(
            current_->op.get(), current_->workspace ? current_->workspace->data() : nullptr, x.data,
            y.data),
        "setting up a convolution");
  }

  Status run(ThreadPool& pool) override { return run_xnn(current_->op, pool.handle()); }
  bool accepts_row_strides() const override { return true; }
  int64_t held_bytes() const override {
    return static_cast<int64_t>(variants_.size()) * weight_.shape().elements() * 4;
  }

 private:
  struct Arguments {
    int64_t batch = 0, height = 0, width = 0;
    pthreadpool* pool = nullptr;
    int threads = 0;
    friend bool operator==(const Arguments&, const Arguments&) = default;
  };
  struct Variant {
    int64_t input_stride, output_stride;
    XnnOperator op;
    Arguments arguments;
    std::shared_ptr<Buffer> workspace;
  };

  Result<Variant*> variant(int64_t input_stride, int64_t output_stride) {
    for (Variant& v : variants_) {
      if (v.input_stride == input_stride && v.output_stride == output_stride) return &v;
    }
    const auto u32 = [](int64_t value) { return static_cast<uint32_t>(value); };
    Tensor weight = weight_;
    if (arrange_ != nullptr) {
      TRY(weight, arrange_(weight_));
    }
    const int64_t outputs = weight.shape()[0];
    xnn_operator_t raw = nullptr;
    TRY_STATUS(status_from_xnn(
        xnn_create_convolution2d_nhwc_f32(
            u32(window_.pads.top), u32(window_.pads.right), u32(window_.pads.bottom),
            u32(window_.pads.left), u32(window_.kernel[0]), u32(window_.kernel[1]),
            u32(window_.strides[0]), u32(window_.strides[1]), u32(window_.dilations[0]),
            u32(window_.dilations[1]), u32(group_), static_cast<size_t>(weight.shape()[3]),
            static_cast<size_t>(outputs / group_), static_cast<size_t>(input_stride),
            static_cast<size_t>(output_stride), weight.data(), bias_.data(), clamp_.minimum,
            clamp_.maximum, /*flags=*/0, nullptr, nullptr, &raw),
        "packing a convolution's weights"));
    variants_.push_back({input_stride, output_stride, XnnOperator(raw), {}, nullptr});
    return &variants_.back();
  }

  Status reshape(const Arguments& to) {
    size_t bytes = 0, alignment = 0;
    current_->arguments = {};
    TRY_STATUS(status_from_xnn(
        xnn_reshape_convolution2d_nhwc_f32(
            current_->op.get(), static_cast<size_t>(to.batch), static_cast<size_t>(to.height),
            static_cast<size_t>(to.width), &bytes, &alignment, nullptr, nullptr, to.pool),
        "shaping a convolution"));
    CHECK(alignment <= kAlignment);
    current_->workspace = nullptr;
    if (bytes > 0) {
      TRY(current_->workspace, Buffer::allocate(static_cast<int64_t>(bytes)));
    }
    current_->arguments = to;
    return {};
  }

  const WindowGeometry window_;
  const int64_t group_;
  const Tensor weight_, bias_;
  const OutputClamp clamp_;
  const ArrangeWeight arrange_;
  std::list<Variant> variants_;
  Variant* current_ = nullptr;
};

// A padded 1×1 convolution (SqueezeNet's last): the border sees nothing but zeros, so it is the
// bias. The inside is computed densely at the front of the output and then moved, last row first,
// to where it belongs.
class PaddedPointwise final : public Kernel {
 public:
  PaddedPointwise(const Pads& pads, int64_t group, const Tensor& weight, const Tensor& bias,
                  OutputClamp clamp)
      : pads_(pads), inside_(WindowGeometry{}, group, weight, bias, clamp, nullptr) {
    border_.resize(static_cast<size_t>(weight.shape()[0]));
    if (!bias.empty()) std::ranges::copy(bias.values(), border_.begin());
    for (float& value : border_) value = std::clamp(value, clamp.minimum, clamp.maximum);
  }

  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool& pool) override {
    x_ = inputs[0];
    y_ = outputs[0];
    return configure_image(0, pool);
  }

  Status run(ThreadPool& pool) override {
    for (int64_t n = 0; n < x_.shape[0]; ++n) {
      TRY_STATUS(configure_image(n, pool));
      TRY_STATUS(inside_.run(pool));
      spread(y_.data + n * y_.shape[1] * y_.shape[2] * y_.row_stride);
    }
    return {};
  }

  bool accepts_row_strides() const override { return true; }
  int64_t held_bytes() const override { return inside_.held_bytes(); }

 private:
  Status configure_image(int64_t n, ThreadPool& pool) {
    TensorView in = x_, out = y_;
    in.shape.set(0, 1);
    out.shape = Shape{1, in.shape[1], in.shape[2], y_.shape[3]};
    in.data += n * in.shape[1] * in.shape[2] * in.row_stride;
    out.data += n * y_.shape[1] * y_.shape[2] * y_.row_stride;
    return inside_.configure({&in, 1}, {&out, 1}, pool);
  }

  void spread(float* image) const {
    const int64_t height = x_.shape[1], width = x_.shape[2], stride = y_.row_stride;
    const size_t bytes = border_.size() * sizeof(float);
    for (int64_t oy = y_.shape[1] - 1; oy >= 0; --oy) {
      const int64_t y = oy - pads_.top;
      for (int64_t ox = y_.shape[2] - 1; ox >= 0; --ox) {
        const int64_t x = ox - pads_.left;
        const bool inside = y >= 0 && y < height && x >= 0 && x < width;
        float* to = image + (oy * y_.shape[2] + ox) * stride;
        const float* from = inside ? image + (y * width + x) * stride : border_.data();
        if (to != from) std::memcpy(to, from, bytes);
      }
    }
  }

  const Pads pads_;
  Convolution inside_;
  std::vector<float> border_;
  TensorView x_, y_;
};

}  // namespace

Result<KernelPtr> make_convolution_kernel(const WindowGeometry& window, int64_t group,
                                          Tensor weight, Tensor bias, OutputClamp clamp,
                                          ArrangeWeight arrange) {
  if (group == weight.shape()[0] && own_depthwise_pays(window, weight.shape())) {
    if (arrange != nullptr) {
      TRY(weight, arrange(weight));
    }
    return make_own_depthwise_kernel(window, weight, std::move(bias), clamp);
  }
  if (arrange != nullptr) {
    return std::make_unique<Convolution>(window, group, std::move(weight), std::move(bias), clamp,
                                         std::move(arrange));
  }
  if (window.taps() == 1 && window.unit_stride() && window.pads.any()) {
    return std::make_unique<PaddedPointwise>(window.pads, group, weight, bias, clamp);
  }
  if (unrolling_pays(window, group, weight.shape())) {
    return make_unrolled_convolution_kernel(window, weight, std::move(bias), clamp);
  }
  return std::make_unique<Convolution>(window, group, std::move(weight), std::move(bias), clamp,
                                       nullptr);
}

}  // namespace convscope
