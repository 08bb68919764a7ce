#include "model/input_size.h"

#include <format>

namespace convscope {
namespace {

constexpr int64_t kMaxValueElements = 1 << 28;  // as in bundles of this size

}  // namespace

std::unexpected<Error> wrong_input_size(const Shape& input, const Shape& want,
                                        std::string_view why) {
  return fail(ErrorCode::kUnsupported,
              std::format("the network cannot take pictures of {} × {}, only of {} × {}: {}",
                          want[2], want[1], input[2], input[1], why));
}

Status resize_input(Model& model, const Shape& want) {
  const Shape input = model.graph.shape(model.input);
  if (want == input) return {};
  if (want[3] != input[3]) {
    return fail(ErrorCode::kUnsupported,
                std::format("the network's input is {}, not {}; choose its own channels",
                            input.text(), want.text()));
  }
  auto resized = model.graph.with_input_shapes({&want, 1});
  if (!resized) return wrong_input_size(input, want, resized.error().message);
  for (const Node& node : resized->nodes()) {
    if (resized->shape(node.outputs[0]).elements() <= kMaxValueElements) continue;
    return fail(ErrorCode::kTooLarge,
                std::format("node {} makes an array that is too large from pictures of {} × {}; "
                            "choose smaller ones",
                            node.origin, want[2], want[1]));
  }
  const Shape &classes = model.graph.shape(model.logits), &other = resized->shape(model.logits);
  if (other != classes) {
    return wrong_input_size(
        input, want,
        std::format("its scores become {} instead of {}", other.text(), classes.text()));
  }
  model.graph = *std::move(resized);
  return {};
}

}  // namespace convscope
