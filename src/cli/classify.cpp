// convscope classify MODEL IMAGE…: the network's five first answers, one line per picture.
#include <algorithm>
#include <cstdio>
#include <numeric>

#include "cli/program.h"

namespace convscope {
namespace {

constexpr size_t kAnswers = 5;

std::vector<int32_t> first_answers(const ForwardDone& forward) {
  std::vector<int32_t> order(forward.probabilities.float_count());
  std::iota(order.begin(), order.end(), 0);
  const size_t count = std::min(kAnswers, order.size());
  std::ranges::partial_sort(
      order, order.begin() + static_cast<std::ptrdiff_t>(count), [&](int32_t a, int32_t b) {
        return forward.probabilities.floats()[a] > forward.probabilities.floats()[b];
      });
  order.resize(count);
  return order;
}

std::string as_json(const std::string& file, const ForwardDone& forward,
                    const std::vector<std::string>& labels) {
  std::string out = "{\"file\":" + json_string(file) + ",\"answers\":[";
  for (const int32_t index : first_answers(forward)) {
    if (out.back() != '[') out += ",";
    out += "{\"index\":" + std::to_string(index) +
           ",\"label\":" + json_string(labels[static_cast<size_t>(index)]) +
           ",\"probability\":" + json_number(forward.probabilities.floats()[index]) +
           ",\"logit\":" + json_number(forward.logits.floats()[index]) + "}";
  }
  return out + "]}";
}

std::string as_line(const std::string& file, const ForwardDone& forward,
                    const std::vector<std::string>& labels) {
  std::string out = file;
  for (const int32_t index : first_answers(forward)) {
    char numbers[64];
    std::snprintf(numbers, sizeof(numbers), " %.4f (logit %.3f)",
                  static_cast<double>(forward.probabilities.floats()[index]),
                  static_cast<double>(forward.logits.floats()[index]));
    out += "\t" + std::to_string(index) + " " + labels[static_cast<size_t>(index)] + numbers;
  }
  return out;
}

Status write_logits(const Arguments& arguments, const ForwardDone& forward) {
  if (arguments.has("npy")) {
    const auto classes = static_cast<int64_t>(forward.logits.float_count());
    TRY_STATUS(write_npy(arguments.value("npy"), Shape{1, 1, classes},
                         {forward.logits.floats(), forward.logits.float_count()}));
  }
  if (arguments.has("png")) TRY_STATUS(write_picture_png(arguments.value("png"), forward.input));
  return {};
}

Status run(const Arguments& arguments) {
  TRY(Opened opened, open_network(arguments));
  TRY(const auto labels,
      load_labels(opened.folder, arguments.value("lang", "en"), opened.model.classes));
  bool failed = false;
  for (size_t i = 1; i < arguments.words.size(); ++i) {
    const std::string& file = arguments.words[i];
    // One bad picture among many is reported; the others are still classified.
    const auto one = [&]() -> Status {
      TRY_STATUS(open_picture(*opened.client, file));
      TRY(const ForwardDone forward, opened.client->ask<ForwardDone>(Forward{.thumbnails = 0}));
      std::puts(
          (arguments.has("json") ? as_json(file, forward, labels) : as_line(file, forward, labels))
              .c_str());
      return write_logits(arguments, forward);
    };
    if (const Status status = one(); !status) {
      std::fprintf(stderr, "convscope: %s\n", status.error().message.c_str());
      failed = true;
    }
  }
  if (failed) return fail(ErrorCode::kInvalidArgument, "not every picture could be classified");
  return {};
}

}  // namespace

const Verb& classify_verb() {
  static const Verb kVerb = {
      {"classify", "MODEL IMAGE…",
       "Prints one line per picture: file, then the five first answers with index, label, "
       "probability and logit.",
       2, 100'000, with_common_options({{"lang", "en|zh", "language of the labels"}})},
      run};
  return kVerb;
}

}  // namespace convscope
