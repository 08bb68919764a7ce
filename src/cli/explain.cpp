// convscope explain METHOD MODEL IMAGE, and convscope dream MODEL IMAGE: run a visualisation
// method.
#include <algorithm>
#include <cstdio>

#include "base/nearest.h"
#include "base/rng.h"
#include "cli/program.h"
#include "explain/registry.h"
#include "imagine/deep_dream.h"

namespace convscope {
namespace {

const OptionSpec kTarget = {
    "target", "INDEX", "class to ask about (default: the network's first answer)",
    false,    0,       kLargestIndex};

std::vector<OptionSpec> method_options() {
  return {
      {"layer", "NAME", "layer, where the method wants one (default: one that shows much)"},
      {"channel", "INDEX", "channel of that layer (may be given several times; default: all)", true,
       0, kLargestIndex},
      {"param", "KEY=VALUE",
       "parameter of the method (may be given several times; `convscope models --methods`)", true},
      {"seed", "N", "seed of everything random", false, 0, std::numeric_limits<int64_t>::max()},
      {"untrained", "", "on a copy of the network with random weights"},
      {"warm", "", "run it on noise first, so that the time told is that of every later run"}};
}

std::vector<OptionSpec> explain_options() {
  std::vector<OptionSpec> options = method_options();
  options.insert(options.begin(), kTarget);
  return picture_options("write the map in colours",
                         "write the map's own numbers as float32, height × width; of a method that "
                         "gives every colour a number, height × width × colours in the network's "
                         "own order; of one that gives every unit of a layer one, the layer's "
                         "height × width × channels",
                         std::move(options));
}

Status write_outputs(const Arguments& arguments, const MethodPreview& last) {
  if (arguments.has("npy")) {
    if (last.attribution) {
      const Attribution& a = *last.attribution;
      TRY_STATUS(write_npy(arguments.value("npy"), Shape{a.height, a.width, a.channels},
                           {a.values.floats(), a.values.float_count()}));
    } else if (last.map) {
      TRY_STATUS(write_npy(arguments.value("npy"), Shape{last.map->height, last.map->width},
                           {last.map->values.floats(), last.map->values.float_count()}));
    } else if (last.picture) {
      std::vector<float> rgb;
      for (size_t i = 0; i < last.picture->rgba.size(); ++i) {
        if (i % 4 != 3) rgb.push_back(last.picture->rgba.data()[i]);
      }
      TRY_STATUS(write_npy(arguments.value("npy"),
                           Shape{last.picture->height, last.picture->width, 3}, rgb));
    }
  }
  if (!arguments.has("png")) return {};
  return last.map ? write_map_png(arguments.value("png"), *last.map)
                  : write_picture_png(arguments.value("png"), *last.picture);
}

std::string json_floats(const Blob& values) {
  std::string out;
  for (size_t i = 0; i < values.float_count(); ++i)
    out += (i == 0 ? "" : ",") + json_number(double(values.floats()[i]));
  return "[" + out + "]";
}

std::string json_curves(const std::vector<Curve>& curves) {
  std::string out;
  for (const Curve& curve : curves) {
    out += (out.empty() ? "" : ",") + std::string("{\"title\":") + json_string(curve.title.en) +
           ",\"x_title\":" + json_string(curve.x_title.en) +
           ",\"y_title\":" + json_string(curve.y_title.en) + ",\"xs\":" + json_floats(curve.xs) +
           ",\"ys\":" + json_floats(curve.ys) + "}";
  }
  return out;
}

std::string answers_json(const MethodPreview& last) {
  std::string out;
  for (const ClassAnswer& answer : last.answers) {
    out += (out.empty() ? "" : ",") + ("{\"index\":" + std::to_string(answer.index)) +
           ",\"probability\":" + json_number(static_cast<double>(answer.probability)) +
           ",\"logit\":" + json_number(static_cast<double>(answer.logit)) + "}";
  }
  return "[" + out + "]";
}

// Of a channel {"channel":…,"value":…}, of a whole layer {"layer":…,"value":…}.
std::string contributions_json(const MethodPreview& last) {
  std::string out;
  for (const Contribution& part : last.contributions) {
    out += (out.empty() ? "{" : ",{") +
           (part.channel < 0 ? "\"layer\":" + json_string(part.layer)
                             : "\"channel\":" + std::to_string(part.channel)) +
           ",\"value\":" + json_number(part.value) + "}";
  }
  return "[" + out + "]";
}

// One line each, as far as a person reads them.
void print_parts(const MethodPreview& last) {
  constexpr size_t kPrinted = 10;
  for (const ClassAnswer& answer : last.answers) {
    std::printf("  class %d: probability %.6g, score %.6g\n", answer.index,
                static_cast<double>(answer.probability), static_cast<double>(answer.logit));
  }
  size_t printed = 0;
  for (const Contribution& part : last.contributions) {
    if (part.channel < 0) {
      std::printf("  %s: %.6g\n", part.layer.c_str(), part.value);
    } else if (printed++ < kPrinted) {
      std::printf("  channel %d: %.6g\n", part.channel, part.value);
    }
  }
}

void print_result(const MethodResult& result, bool json) {
  const MethodPreview& last = result.last;
  if (json) {
    std::string figures;
    for (const Figure& figure : last.figures) {
      figures += (figures.empty() ? "" : ",") + json_string(figure.title.en) + ":" +
                 json_number(figure.value);
    }
    std::string map = "null";
    if (last.map) {
      map = "{\"height\":" + std::to_string(last.map->height) +
            ",\"width\":" + std::to_string(last.map->width) +
            ",\"minimum\":" + json_number(last.map->minimum) +
            ",\"maximum\":" + json_number(last.map->maximum) +
            ",\"unit\":" + json_string(last.map->unit) + "}";
    }
    std::printf(
        "{\"method\":%s,\"target\":%d,\"layer\":%s,\"micros\":%lld,\"map\":%s,\"figures\":{%s},"
        "\"curves\":[%s],\"answers\":%s,\"contributions\":%s,\"diagnosis\":%s}\n",
        json_string(last.method).c_str(), result.target, json_string(result.layer).c_str(),
        static_cast<long long>(result.micros), map.c_str(), figures.c_str(),
        json_curves(last.curves).c_str(), answers_json(last).c_str(),
        contributions_json(last).c_str(), json_string(result.diagnosis.en).c_str());
    return;
  }
  std::printf("%s", last.method.c_str());
  if (result.target >= 0) std::printf(", class %d", result.target);
  if (!result.layer.empty()) std::printf(", layer %s", result.layer.c_str());
  if (last.map) {
    std::printf(": %d × %d, %s from %.6g to %.6g", last.map->height, last.map->width,
                last.map->unit.c_str(), static_cast<double>(last.map->minimum),
                static_cast<double>(last.map->maximum));
  }
  for (const Figure& figure : last.figures)
    std::printf("; %s %.6g", figure.title.en.c_str(), figure.value);
  std::printf("; %.1f ms\n", static_cast<double>(result.micros) / 1000);
  print_parts(last);
  if (!result.diagnosis.en.empty()) std::printf("%s\n", result.diagnosis.en.c_str());
}

// Plans are made and weights are packed by a run on another picture, of which no more is kept.
Status warm_up(Opened& opened, const MethodInfo& info, const Arguments& arguments) {
  constexpr int32_t kSide = 64;
  Rng rng(1);
  std::vector<uint8_t> noise(size_t{kSide} * kSide * 4);
  for (uint8_t& byte : noise) byte = static_cast<uint8_t>(rng.below(256));
  opened.client->set_exact_input(false);
  TRY_STATUS(
      opened.client->ask<ImageReady>(SetPixels{Picture{kSide, kSide, Blob(std::move(noise))}}));
  TRY_STATUS(run_method(opened, info, arguments));
  opened.client->set_exact_input(arguments.has("exact-input"));
  return {};
}

Status run_and_write(const MethodInfo& info, const Arguments& arguments) {
  TRY_STATUS(check_method_options(info, arguments));
  TRY(Opened opened, open_network(arguments));
  if (arguments.has("warm")) TRY_STATUS(warm_up(opened, info, arguments));
  TRY_STATUS(open_picture(*opened.client, arguments.words[1]));
  TRY(const MethodResult result, run_method(opened, info, arguments));
  TRY_STATUS(write_outputs(arguments, result.last));
  print_result(result, arguments.has("json"));
  return {};
}

Status run_explain(const Arguments& arguments) {
  Arguments rest = arguments;
  const std::string name = rest.words[0];
  rest.words.erase(rest.words.begin());
  std::vector<std::string> known;
  for (const Method& method : explain_methods()) {
    if (method.info().id == name) return run_and_write(method.info(), rest);
    known.push_back(method.info().id);
  }
  return fail(ErrorCode::kInvalidArgument,
              "there is no method named " + name + " that explains an answer" +
                  nearest_hint(name, known) + "; `convscope models --methods` lists them");
}

Status run_dream(const Arguments& arguments) { return run_and_write(kDeepDream.info(), arguments); }

}  // namespace

const Verb& explain_verb() {
  static const Verb kVerb = {
      {"explain", "METHOD MODEL IMAGE", "Asks why the network answered what it answered.", 3, 3,
       explain_options()},
      run_explain};
  return kVerb;
}

const Verb& dream_verb() {
  static const Verb kVerb = {
      {"dream",
       "MODEL IMAGE",
       "DeepDream: changes the picture towards what a layer responds to.",
       2,
       2,
       picture_options("write the dream",
                       "write the dream as float32, height × width × 3: R, G, B, 0 to 255, as in "
                       "the picture",
                       method_options()),
       {{"target", "it asks about no class; it follows a layer"}}},
      run_dream};
  return kVerb;
}

}  // namespace convscope
