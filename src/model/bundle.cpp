#include "model/bundle.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <format>
#include <map>
#include <set>
#include <string>

#include "model/text_lines.h"
#include "ops/ops.h"

namespace convscope {
namespace {

constexpr size_t kDataAlignment = 64, kParameterAlignment = 16;
constexpr int64_t kMaxInputSide = 4096, kMaxExtent = 1 << 20, kMaxValueElements = 1 << 28;
constexpr int64_t kMaxScores = 100'000;

constexpr std::string_view kLayerKinds[] = {"conv",   "pool",      "fire", "block",  "squeeze",
                                            "expand", "depthwise", "head", "logits", "softmax"};

// How many inputs an operator of a bundle takes, and from which one on they must be parameters.
struct Signature {
  std::string_view kind;
  size_t minimum, maximum, first_parameter;
};
constexpr size_t kAny = 1024;
constexpr Signature kSignatures[] = {
    {"Add", 2, 2, kAny},         {"Affine", 1, 1, kAny},     {"AveragePool", 1, 1, kAny},
    {"Clip", 1, 1, kAny},        {"Concat", 1, kAny, kAny},  {"Conv", 3, 3, 1},
    {"Div", 2, 2, kAny},         {"Flatten", 1, 1, kAny},    {"Gather", 1, 1, kAny},
    {"Gelu", 1, 1, kAny},        {"Gemm", 3, 3, 1},          {"GlobalAveragePool", 1, 1, kAny},
    {"HardSigmoid", 1, 1, kAny}, {"HardSwish", 1, 1, kAny},  {"MaxPool", 1, 1, kAny},
    {"Mul", 2, 2, kAny},         {"ReduceMean", 1, 1, kAny}, {"Relu", 1, 1, kAny},
    {"Reshape", 1, 1, kAny},     {"Sigmoid", 1, 1, kAny},    {"Slice", 1, 1, kAny},
    {"Softmax", 1, 1, kAny},     {"Sqrt", 1, 1, kAny},       {"Sub", 2, 2, kAny},
};

// IEEE 754 half to single precision, by bits: 5 bits of exponent become 8, subnormals are
// normalised by the subtraction.
float float_from_half(uint16_t half) {
  const uint32_t sign = uint32_t{half} >> 15 << 31, exponent = half >> 10 & 31,
                 mantissa = half & 1023;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f80'0000u | mantissa << 13);
  if (exponent == 0)
    return std::bit_cast<float>(sign |
                                std::bit_cast<uint32_t>(static_cast<float>(mantissa) * 0x1p-24f));
  return std::bit_cast<float>(sign | (exponent + 112) << 23 | mantissa << 13);
}

void read_floats(std::span<const uint8_t> bytes, bool half, std::span<float> values) {
  const uint8_t* from = bytes.data();
  for (float& value : values) {
    if (half) {
      value = float_from_half(static_cast<uint16_t>(from[0] | from[1] << 8));
    } else {
      std::memcpy(&value, from, sizeof(value));
    }
    from += half ? 2 : 4;
  }
}

// A float32 factor for each index of the first axis, then int8 multiples of it.
void read_eight_bits(std::span<const uint8_t> bytes, int64_t rows, std::span<float> values) {
  const auto count = static_cast<size_t>(rows), width = values.size() / count;
  const std::span<const uint8_t> multiples = bytes.subspan(count * sizeof(float));
  for (size_t i = 0; i < values.size(); ++i) {
    float factor = 0;
    std::memcpy(&factor, &bytes[i / width * sizeof(float)], sizeof(factor));
    values[i] = factor * static_cast<float>(static_cast<int8_t>(multiples[i]));
  }
}

using Tokens = std::vector<std::string_view>;

struct StoredWeights {
  std::string name;
  Shape shape;
  std::span<const uint8_t> bytes;
  bool half, eight_bit;
};

class BundleReader {
 public:
  explicit BundleReader(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  Result<Model> read() {
    TRY(const std::string_view header, read_prelude());
    int64_t lines = 0;
    for (std::string_view line : split(header, '\n')) {
      if (++lines > kMaxBundleLines) {
        return fail(ErrorCode::kTooLarge,
                    std::format("the model bundle has more than {} lines; use a smaller network",
                                kMaxBundleLines));
      }
      const Tokens tokens = split(line, ' ');
      if (tokens.empty() || tokens[0].starts_with('#')) continue;
      TRY_STATUS(read_statement(tokens));
    }
    TRY_STATUS(check_complete());
    TRY_STATUS(read_weights());
    model_.graph = std::move(builder_).build();
    return std::move(model_);
  }

 private:
  // Finds the data section and returns the header's text.
  Result<std::string_view> read_prelude() {
    TRY(const std::string_view header, bundle_header(bytes_));
    const size_t end = kBundlePreludeBytes + header.size();
    const size_t data_start = (end + kDataAlignment - 1) / kDataAlignment * kDataAlignment;
    if (data_start > bytes_.size()) {
      return damaged_bundle(std::format("its header claims {} bytes and the file has {}",
                                        header.size(), bytes_.size()));
    }
    data_ = bytes_.subspan(data_start);
    return header;
  }

  // Unknown statements are left to later versions.
  Status read_statement(const Tokens& tokens) {
    TRY(const bool fact, read_bundle_fact(tokens, facts_));
    if (fact) return {};
    if (tokens[0] == "input") return read_input(tokens);
    if (tokens[0] == "param") return read_parameter(tokens);
    if (tokens[0] == "node") return read_node(tokens);
    if (tokens[0] == "layer") return read_layer(tokens);
    if (tokens[0] == "output") return read_output(tokens);
    return {};
  }

  Status read_input(const Tokens& tokens) {
    if (model_.input.valid()) return damaged_bundle("it has two inputs");
    if (tokens.size() < 3) return damaged_bundle("its input line is too short");
    TRY(const Shape shape, read_shape(std::span(tokens).subspan(2), kMaxInputSide));
    if (shape.rank() != 4 || shape[0] != 1 || shape[3] != 3) {
      return fail(ErrorCode::kUnsupported,
                  "the network's input is " + shape.text() +
                      ", want 1 × height × width × 3; use a network for colour pictures");
    }
    model_.input = builder_.input(std::string(tokens[1]), shape);
    return define(tokens[1], model_.input);
  }

  // param NAME DTYPE OFFSET BYTES DIM…
  Status read_parameter(const Tokens& tokens) {
    if (tokens.size() < 6) return damaged_bundle("a param line is too short");
    const std::string name(tokens[1]);
    const bool half = tokens[2] == "f16", eight_bit = tokens[2] == "q8";
    if (!half && !eight_bit && tokens[2] != "f32") {
      return fail(ErrorCode::kUnsupported,
                  std::format("parameter {} has the number format {}, want f16, f32 or q8; build "
                              "the bundle again with one of these",
                              name, tokens[2]));
    }
    TRY(const int64_t offset, read_integer(tokens[3], 0, INT64_C(1) << 40));
    TRY(const int64_t count, read_integer(tokens[4], 0, INT64_C(1) << 40));
    TRY(const Shape shape, read_shape(std::span(tokens).subspan(5), kMaxExtent));
    const int64_t elements = shape.elements();
    const int64_t want = eight_bit ? elements + 4 * shape[0] : elements * (half ? 2 : 4);
    if (offset % static_cast<int64_t>(kParameterAlignment) != 0)
      return damaged_bundle("parameter " + name + " is not aligned");
    if (count != want) {
      return damaged_bundle(std::format("parameter {} of shape {} has {} bytes, want {}", name,
                                        shape.text(), count, want));
    }
    const auto available = static_cast<int64_t>(data_.size());
    if (offset > available || count > available - offset)
      return damaged_bundle("parameter " + name + " lies beyond the end of the file");
    parameter_bytes_ += elements * 4;
    if (parameter_bytes_ > kMaxBundleParameterBytes) {
      return fail(ErrorCode::kTooLarge,
                  std::format("the network's weights exceed {} MB; use a smaller network",
                              kMaxBundleParameterBytes >> 20));
    }
    const auto bytes = data_.subspan(static_cast<size_t>(offset), static_cast<size_t>(count));
    weights_.push_back({name, shape, bytes, half, eight_bit});
    return define(tokens[1], builder_.parameter(name, shape));
  }

  // Last, when nothing else can be wrong. Weights that do not fit are refused as a whole, before
  // some of them fill the memory there is; what a heap grows by for the question they then take.
  Status read_weights() {
    if (!Buffer::allocate(parameter_bytes_)) {
      return fail(
          ErrorCode::kOutOfMemory,
          std::format("the weights of {} take {} MB, which is more memory than is left; "
                      "close other tabs or use a smaller network",
                      facts_.title.empty() ? facts_.id : facts_.title, parameter_bytes_ >> 20));
    }
    for (const StoredWeights& stored : weights_) {
      TRY(Tensor tensor, Tensor::uninitialised(stored.shape));
      if (stored.eight_bit) {
        read_eight_bits(stored.bytes, stored.shape[0], tensor.values());
      } else {
        read_floats(stored.bytes, stored.half, tensor.values());
      }
      if (!std::ranges::all_of(tensor.values(), [](float v) { return std::isfinite(v); }))
        return damaged_bundle("parameter " + stored.name + " has a value that is not a number");
      model_.parameters.push_back(std::move(tensor));
    }
    return {};
  }

  // node KIND NAME IN,… OUT,… attribute=value …
  Status read_node(const Tokens& tokens) {
    if (tokens.size() < 5) return damaged_bundle("a node line is too short");
    const std::string name(tokens[2]);
    const auto signature = std::ranges::find(kSignatures, tokens[1], &Signature::kind);
    if (signature == std::end(kSignatures)) {
      return fail(
          ErrorCode::kUnsupported,
          std::format("node {} is of the kind {}, which bundles cannot hold; use another network",
                      name, tokens[1]));
    }
    std::vector<ValueId> inputs;
    for (std::string_view input : split(tokens[3], ',')) {
      TRY(const ValueId id, find(input, "node " + name));
      const bool parameter = builder_.graph().value(id).kind == ValueKind::kParameter;
      if (parameter != (inputs.size() >= signature->first_parameter)) {
        return damaged_bundle(std::format("node {} takes {} where it wants {}", name, input,
                                          parameter ? "an activation" : "a parameter"));
      }
      inputs.push_back(id);
    }
    if (inputs.size() < signature->minimum || inputs.size() > signature->maximum) {
      return damaged_bundle(
          std::format("node {} of the kind {} has {} inputs", name, tokens[1], inputs.size()));
    }
    const Tokens attributes(tokens.begin() + 5, tokens.end());
    auto op = make_op(tokens[1], attributes_from_tokens(attributes));
    if (!op)
      return std::unexpected(std::move(op.error()).with_context("the model bundle's node " + name));
    auto outputs = builder_.add(*std::move(op), inputs, std::string(tokens[4]));
    if (!outputs)
      return std::unexpected(std::move(outputs.error()).with_context("the model bundle"));
    if (outputs->size() != 1) return damaged_bundle("node " + name + " has several outputs");
    TRY_STATUS(check_extents((*outputs)[0], name));
    return define(tokens[4], (*outputs)[0]);
  }

  // layer NAME VALUE kind=KIND [pre=VALUE]
  Status read_layer(const Tokens& tokens) {
    if (tokens.size() < 3) return damaged_bundle("a layer line is too short");
    const std::string name(tokens[1]), where = "layer " + name;
    const Attributes extra = attributes_from_tokens({tokens.begin() + 3, tokens.end()});
    const std::string kind = extra.text("kind", "");
    if (std::ranges::find(kLayerKinds, kind) == std::end(kLayerKinds)) {
      return damaged_bundle(std::format("{} has the unknown kind '{}'", where, kind));
    }
    if (!layer_names_.insert(name).second) return damaged_bundle("it has two layers " + name);
    ModelLayer layer{.name = name, .kind = kind};
    TRY(layer.value, find_activation(tokens[2], where));
    if (extra.has("pre")) {
      TRY(layer.pre, find_activation(extra.text("pre", ""), where));
      if (builder_.shape(layer.pre) != builder_.shape(layer.value)) {
        return damaged_bundle(where +
                              " has another shape before its activation function than after it");
      }
    }
    layer.minor = kind == "squeeze" || kind == "expand" || kind == "depthwise";
    model_.layers.push_back(std::move(layer));
    return {};
  }

  Status read_output(const Tokens& tokens) {
    if (tokens.size() != 3) return damaged_bundle("an output line is not 'output ROLE VALUE'");
    TRY(const ValueId id, find_activation(tokens[2], "the output " + std::string(tokens[1])));
    if (tokens[1] == "logits") model_.logits = id;
    if (tokens[1] == "probabilities") model_.probabilities = id;
    return {};
  }

  Status check_complete() {
    if (facts_.id.empty()) return damaged_bundle("it does not name its network");
    if (!model_.input.valid()) return damaged_bundle("it has no input");
    if (!model_.logits.valid() || !model_.probabilities.valid())
      return damaged_bundle("it does not say which values are the logits and the probabilities");
    if (model_.layers.empty()) return damaged_bundle("it has no layers to look at");
    const Shape& logits = builder_.shape(model_.logits);
    if (logits.rank() != 2 || logits[0] != 1 || logits[1] > kMaxScores ||
        builder_.shape(model_.probabilities) != logits) {
      return damaged_bundle("its logits are " + logits.text() + " and its probabilities " +
                            builder_.shape(model_.probabilities).text() +
                            ", want 1 × classes twice");
    }
    if (facts_.classes != 0 && facts_.classes != logits[1]) {
      return damaged_bundle(
          std::format("it says {} classes and has {} logits", facts_.classes, logits[1]));
    }
    return take_facts();
  }

  Status take_facts() {
    model_.id = facts_.id;
    model_.title = facts_.title;
    model_.citation = facts_.citation;
    if (facts_.preprocessing.empty()) return {};
    const Shape& input = builder_.shape(model_.input);
    const Preprocessing said = preprocessing_of(facts_.input);
    const Shape makes{1, said.crop_height, said.crop_width, said.channels()};
    if (input != makes) {
      return damaged_bundle(std::format("its preprocessing makes {} and its input is {}",
                                        makes.text(), input.text()));
    }
    model_.preprocessing = said;
    return {};
  }

  Status check_extents(ValueId id, const std::string& node) const {
    int64_t elements = 1;
    for (int64_t extent : builder_.shape(id).dims()) {
      if (extent < 1) return damaged_bundle("node " + node + " has an output without elements");
      if (extent > kMaxExtent || (elements *= extent) > kMaxValueElements) {
        return fail(
            ErrorCode::kTooLarge,
            "node " + node +
                " of the model bundle makes an array that is too large; use a smaller network");
      }
    }
    return {};
  }

  Status define(std::string_view name, ValueId id) {
    if (!values_.emplace(std::string(name), id).second)
      return damaged_bundle("it defines " + std::string(name) + " twice");
    return {};
  }
  Result<ValueId> find(std::string_view name, const std::string& user) const {
    const auto found = values_.find(name);
    if (found == values_.end())
      return damaged_bundle(std::format("{} uses {}, which is not defined before it", user, name));
    return found->second;
  }
  Result<ValueId> find_activation(std::string_view name, const std::string& user) const {
    TRY(const ValueId id, find(name, user));
    if (!builder_.graph().value(id).producer.valid())
      return damaged_bundle(std::format("{} names {}, which no node makes", user, name));
    return id;
  }

  static Result<int64_t> read_integer(std::string_view text, int64_t minimum, int64_t maximum) {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < minimum ||
        value > maximum) {
      return damaged_bundle(
          std::format("it has '{}' where it wants a number from {} to {}", text, minimum, maximum));
    }
    return value;
  }
  static Result<Shape> read_shape(std::span<const std::string_view> tokens, int64_t largest) {
    if (tokens.size() > 4) return damaged_bundle("it has an array of more than four dimensions");
    std::vector<int64_t> dims;
    int64_t elements = 1;
    for (std::string_view token : tokens) {
      TRY(const int64_t extent, read_integer(token, 1, largest));
      if ((elements *= extent) > kMaxValueElements)
        return damaged_bundle("it has an array that is too large");
      dims.push_back(extent);
    }
    return Shape(dims);
  }

  std::span<const uint8_t> bytes_, data_;
  GraphBuilder builder_;
  Model model_;
  BundleFacts facts_;
  std::map<std::string, ValueId, std::less<>> values_;
  std::set<std::string> layer_names_;
  std::vector<StoredWeights> weights_;  // by parameter
  int64_t parameter_bytes_ = 0;
};

}  // namespace

Result<Model> read_bundle(std::span<const uint8_t> bytes) { return BundleReader(bytes).read(); }

}  // namespace convscope
