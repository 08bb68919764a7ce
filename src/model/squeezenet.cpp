#include "model/squeezenet.h"

#include <array>
#include <cmath>
#include <cstring>
#include <format>

#include "ops/ops.h"

namespace convscope {
namespace {

constexpr std::string_view kFile = "compressed_SqueezeNet.net";
constexpr int64_t kInputSize = 227, kClasses = 1000, kFirstChannels = 96;
constexpr size_t kConvolutions = 26, kCodebookSize = 256;

struct Fire {
  int index;
  int64_t squeeze, expand;  // output channels of the squeeze, and of each of the two expansions
};
constexpr Fire kFires[] = {{2, 16, 64},  {3, 16, 64},  {4, 32, 128}, {5, 32, 128},
                           {6, 48, 192}, {7, 48, 192}, {8, 64, 256}, {9, 64, 256}};

// Reads the convolutions one after another. A request beyond the end is an error that names what
// was to be read.
class NetFile {
 public:
  explicit NetFile(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  Status read_counts() { return read_values(std::span(nonzero_), "the list of sizes"); }
  bool at_end() const { return at_ == bytes_.size(); }
  size_t left() const { return bytes_.size() - at_; }

  // The weights (OHWI) and bias of the next convolution.
  Result<std::array<Tensor, 2>> next(const std::string& name, const Shape& weight_shape) {
    const int64_t entries = nonzero_[next_++];
    if (entries > weight_shape.elements()) {
      return malformed(std::format("{} entries for the {} weights of {}", entries,
                                   weight_shape.elements(), name));
    }
    std::array<float, kCodebookSize> codebook;
    TRY_STATUS(read_values(std::span(codebook), "the codebook of " + name));
    TRY(Tensor bias, Tensor::zeros({weight_shape[0]}));
    TRY_STATUS(read_values(bias.values(), "the bias of " + name));
    for (float value : codebook) {
      if (!std::isfinite(value)) return malformed("a weight of " + name + " that is not a number");
    }
    for (float value : bias.values()) {
      if (!std::isfinite(value)) return malformed("a bias of " + name + " that is not a number");
    }
    const auto count = static_cast<size_t>(entries);
    TRY(auto codes, take(count, "the codes of " + name));
    TRY(auto gaps, take((count + 1) / 2, "the gaps of " + name));
    TRY(Tensor weight, Tensor::zeros(weight_shape));
    TRY_STATUS(fill(weight, codebook, codes, gaps, name));
    return std::array<Tensor, 2>{std::move(weight), std::move(bias)};
  }

 private:
  static std::unexpected<Error> malformed(const std::string& what) {
    return fail(ErrorCode::kMalformed,
                std::format("{} is damaged: it has {}; download it again", kFile, what));
  }

  Result<std::span<const uint8_t>> take(size_t count, const std::string& what) {
    if (count > left()) {
      return fail(ErrorCode::kMalformed,
                  std::format("{} is cut short: {} needs {} bytes, {} are left; download it again",
                              kFile, what, count, left()));
    }
    const auto taken = bytes_.subspan(at_, count);
    at_ += count;
    return taken;
  }

  template <typename T>
  Status read_values(std::span<T> out, const std::string& what) {
    TRY(auto bytes, take(out.size_bytes(), what));
    std::memcpy(out.data(), bytes.data(), bytes.size());
    return {};
  }
  template <typename T, size_t n>
  Status read_values(std::span<T, n> out, const std::string& what) {
    return read_values(std::span<T>(out), what);
  }

  static Status fill(Tensor& weight, const std::array<float, kCodebookSize>& codebook,
                     std::span<const uint8_t> codes, std::span<const uint8_t> gaps,
                     const std::string& name) {
    const Shape& shape = weight.shape();
    const int64_t rows = shape[1], columns = shape[2], inputs = shape[3],
                  elements = shape.elements();
    int64_t position = -1;  // in Caffe's order: out, in, row, column
    for (size_t i = 0; i < codes.size(); ++i) {
      position += 1 + (gaps[i / 2] >> (i % 2 * 4) & 15);
      if (position >= elements) {
        return malformed(std::format("an entry beyond the {} weights of {}", elements, name));
      }
      const int64_t column = position % columns, row = position / columns % rows;
      const int64_t input = position / (columns * rows) % inputs,
                    output = position / (columns * rows * inputs);
      weight.data()[((output * rows + row) * columns + column) * inputs + input] =
          codebook[codes[i]];
    }
    return {};
  }

  std::span<const uint8_t> bytes_;
  size_t at_ = 0, next_ = 0;
  std::array<uint32_t, kConvolutions> nonzero_{};
};

class SqueezeNetBuilder {
 public:
  explicit SqueezeNetBuilder(std::span<const uint8_t> bytes) : file_(bytes) {}

  Result<Model> build() {
    TRY_STATUS(file_.read_counts());
    model_.id = "squeezenet-1.0";
    model_.input = builder_.input("image", {1, kInputSize, kInputSize, 3});
    TRY(Convolved conv1, convolution("conv1", model_.input, kFirstChannels, 7, 2, 0));
    add_layer("conv1", "conv", conv1);
    TRY(ValueId value, pool("pool1", conv1.value));
    for (const Fire& fire : kFires) {
      TRY(value, fire_module(fire, value));
      if (fire.index == 4 || fire.index == 8) {
        TRY(value, pool("pool" + std::to_string(fire.index), value));
      }
    }
    TRY_STATUS(classifier(value));
    if (!file_.at_end()) {
      return fail(ErrorCode::kMalformed,
                  std::format("{} has {} bytes too many; download it again", kFile, file_.left()));
    }
    model_.graph = std::move(builder_).build();
    return std::move(model_);
  }

 private:
  struct Convolved {
    ValueId pre, value;
  };

  Result<Convolved> convolution(const std::string& name, ValueId input, int64_t outputs,
                                int64_t kernel, int64_t stride, int64_t pad) {
    const Shape weight_shape{outputs, kernel, kernel, builder_.shape(input).channels()};
    TRY(auto tensors, file_.next(name, weight_shape));
    const ValueId weight = builder_.parameter(name + ".weight", weight_shape);
    const ValueId bias = builder_.parameter(name + ".bias", {outputs});
    for (Tensor& tensor : tensors) model_.parameters.push_back(std::move(tensor));
    const Window window{
        .kernel = {kernel, kernel}, .strides = {stride, stride}, .pads = {pad, pad, pad, pad}};
    Convolved out;
    TRY(out.pre, builder_.add_one(make_conv(window, 1), {input, weight, bias}, name + ".pre"));
    TRY(out.value, builder_.add_one(make_relu(), {out.pre}, name));
    return out;
  }

  Result<ValueId> pool(const std::string& name, ValueId input) {
    const Window window{.kernel = {3, 3}, .strides = {2, 2}, .pads = {}, .ceil_mode = true};
    TRY(ValueId value, builder_.add_one(make_max_pool(window), {input}, name));
    model_.layers.push_back({.name = name, .kind = "pool", .value = value});
    return value;
  }

  // The ReLUs stand before the concatenation, where convolutions apply them on their way out. The
  // concatenation of what comes before them is read by nobody but those who ask for it, so that
  // ordinarily nothing of it runs.
  Result<ValueId> fire_module(const Fire& fire, ValueId input) {
    const std::string name = "fire" + std::to_string(fire.index);
    TRY(Convolved squeeze, convolution(name + "/squeeze1x1", input, fire.squeeze, 1, 1, 0));
    TRY(Convolved one, convolution(name + "/expand1x1", squeeze.value, fire.expand, 1, 1, 0));
    TRY(Convolved three, convolution(name + "/expand3x3", squeeze.value, fire.expand, 3, 1, 1));
    Convolved whole;
    TRY(whole.value, builder_.add_one(make_concat(3), {one.value, three.value}, name));
    TRY(whole.pre, builder_.add_one(make_concat(3), {one.pre, three.pre}, name + ".pre"));
    add_layer(name + "/squeeze1x1", "squeeze", squeeze, true);
    add_layer(name + "/expand1x1", "expand", one, true);
    add_layer(name + "/expand3x3", "expand", three, true);
    add_layer(name, "fire", whole);
    return whole.value;
  }

  // The published network really pads this 1×1 convolution: 13×13 go in and 15×15 come out.
  Status classifier(ValueId input) {
    TRY(Convolved conv10, convolution("conv10", input, kClasses, 1, 1, 1));
    add_layer("conv10", "head", conv10);
    TRY(ValueId average, builder_.add_one(make_global_average_pool(), {conv10.value}, "pool10"));
    TRY(model_.logits, builder_.add_one(make_flatten(1), {average}, "logits"));
    TRY(model_.probabilities, builder_.add_one(make_softmax(-1), {model_.logits}, "probabilities"));
    model_.layers.push_back({.name = "logits", .kind = "logits", .value = model_.logits});
    return {};
  }

  void add_layer(const std::string& name, std::string kind, const Convolved& convolved,
                 bool minor = false) {
    model_.layers.push_back({.name = name,
                             .kind = std::move(kind),
                             .value = convolved.value,
                             .pre = convolved.pre,
                             .minor = minor});
  }

  NetFile file_;
  GraphBuilder builder_;
  Model model_;
};

}  // namespace

Result<Model> read_squeezenet(std::span<const uint8_t> bytes) {
  return SqueezeNetBuilder(bytes).build();
}

}  // namespace convscope
