// convscope classify MODEL IMAGE…: the network's five first answers, one line per picture.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <numeric>

#include "cli/program.h"

namespace convscope {
namespace {

constexpr size_t kAnswers = 5;
constexpr size_t kMostPictures = 100'000;

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

std::string stem_of(const std::string& picture) {
  return std::filesystem::path(picture).stem().string();
}

// Where the result of one picture goes: FILE, or with several pictures FILE with "-" and the
// picture's own name before the ending, so that none overwrites another.
std::string result_path(const Arguments& arguments, const char* option,
                        const std::string& picture) {
  const std::filesystem::path file(arguments.value(option));
  if (arguments.words.size() <= 2) return file.string();
  return (file.parent_path() /
          (file.stem().string() + "-" + stem_of(picture) + file.extension().string()))
      .string();
}

Status check_result_paths(const Arguments& arguments) {
  if (!arguments.has("npy") && !arguments.has("png")) return {};
  std::map<std::string, std::string> seen;
  for (size_t i = 1; i < arguments.words.size(); ++i) {
    const auto [other, is_new] = seen.emplace(stem_of(arguments.words[i]), arguments.words[i]);
    if (is_new) continue;
    return fail(ErrorCode::kInvalidArgument,
                "the results of " + other->second + " and " + arguments.words[i] +
                    " would have the same name; classify them one by one");
  }
  return {};
}

Status write_results(const Arguments& arguments, const std::string& picture,
                     const ForwardDone& forward) {
  if (arguments.has("npy")) {
    const auto classes = static_cast<int64_t>(forward.logits.float_count());
    TRY_STATUS(write_npy(result_path(arguments, "npy", picture), Shape{1, 1, classes},
                         {forward.logits.floats(), forward.logits.float_count()}));
  }
  if (arguments.has("png"))
    TRY_STATUS(write_picture_png(result_path(arguments, "png", picture), forward.input));
  return {};
}

Status run(const Arguments& arguments) {
  TRY_STATUS(check_result_paths(arguments));
  TRY(Opened opened, open_network(arguments));
  TRY(const auto labels, load_labels(opened.folder, arguments.value("lang", "en"), opened.model));
  bool failed = false;
  for (size_t i = 1; i < arguments.words.size(); ++i) {
    const std::string& file = arguments.words[i];
    if (arguments.words.size() > 2) {
      show_progress(std::to_string(i) + "/" + std::to_string(arguments.words.size() - 1) + " " +
                    file);
    }
    // One bad picture among many is reported; the others are still classified.
    const auto one = [&]() -> Status {
      TRY_STATUS(open_picture(*opened.client, file));
      TRY(const ForwardDone forward, opened.client->ask<ForwardDone>(Forward{.thumbnails = 0}));
      end_progress();
      std::puts(
          (arguments.has("json") ? as_json(file, forward, labels) : as_line(file, forward, labels))
              .c_str());
      return write_results(arguments, file, forward);
    };
    if (const Status status = one(); !status) {
      end_progress();
      std::fprintf(stderr, "convscope: %s\n", status.error().message.c_str());
      failed = true;
    }
  }
  if (failed) return fail(ErrorCode::kMalformed, "not every picture could be classified");
  return {};
}

}  // namespace

const Verb& classify_verb() {
  static const Verb kVerb = {
      {"classify", "MODEL IMAGE…",
       "Prints one line per picture: file, then the five first answers with index, label, "
       "probability and logit.",
       2, kMostPictures,
       picture_options("write what the network sees of the picture; with several pictures, "
                       "FILE gets each one's name before its ending",
                       "write the logits as float32, 1 × 1 × classes; the same names",
                       {{"lang", "en|zh", "language of the labels", false, 0, -1, {"en", "zh"}}})},
      run};
  return kVerb;
}

}  // namespace convscope
