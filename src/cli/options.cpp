#include "cli/options.h"

#include <algorithm>
#include <charconv>

#include "base/nearest.h"
#include "base/number.h"

namespace convscope {
namespace {

std::unexpected<Error> usage(const VerbSpec& verb, std::string problem) {
  return fail(ErrorCode::kInvalidArgument,
              std::move(problem) + "; `convscope " + std::string(verb.name) + " --help` says more");
}

// What is wrong with an option that the verb does not have.
std::unexpected<Error> unknown_option(const VerbSpec& verb, const std::string& name) {
  const auto refused = std::ranges::find(verb.refused, name, &RefusedOption::name);
  if (refused != verb.refused.end()) {
    return usage(
        verb, std::string(verb.name) + " takes no --" + name + ": " + std::string(refused->reason));
  }
  std::vector<std::string> names;
  for (const OptionSpec& option : verb.options) names.push_back("--" + std::string(option.name));
  return usage(
      verb, std::string(verb.name) + " has no option --" + name + nearest_hint("--" + name, names));
}

Status check_value(const VerbSpec& verb, const OptionSpec& spec, const std::string& text) {
  const std::string name = "--" + std::string(spec.name);
  if (text.empty()) return usage(verb, name + ": got nothing, want " + std::string(spec.value));
  if (spec.minimum <= spec.maximum) {
    if (const auto value = parse_integer(name, text, spec.minimum, spec.maximum); !value)
      return usage(verb, value.error().message);
  }
  if (spec.choices.empty() || std::ranges::find(spec.choices, text) != spec.choices.end())
    return {};
  std::string wanted;
  for (const std::string_view choice : spec.choices)
    wanted += (wanted.empty() ? "" : " or ") + std::string(choice);
  return usage(verb, name + ": got \"" + text + "\", want " + wanted);
}

}  // namespace

std::string Arguments::value(std::string_view name, std::string_view fallback) const {
  const auto found = options.find(name);
  return found == options.end() || found->second.empty() ? std::string(fallback)
                                                         : found->second.back();
}

int64_t Arguments::integer(std::string_view name, int64_t fallback) const {
  const std::string text = value(name);
  int64_t number = fallback;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string verb_help(const VerbSpec& verb) {
  std::string out = "usage: convscope " + std::string(verb.name);
  if (!verb.words.empty()) out += " " + std::string(verb.words);
  if (!verb.options.empty()) out += " [options]";
  out += "\n" + std::string(verb.summary) + "\n";
  for (const OptionSpec& option : verb.options) {
    std::string left = "  --" + std::string(option.name) +
                       (option.value.empty() ? "" : " " + std::string(option.value));
    left.resize(std::max<size_t>(left.size() + 2, 24), ' ');
    out += left + std::string(option.help) + "\n";
  }
  return out;
}

Result<Arguments> parse_arguments(const VerbSpec& verb, std::span<char*> arguments) {
  Arguments out;
  bool only_words = false;  // after "--"
  for (size_t i = 0; i < arguments.size(); ++i) {
    std::string_view word = arguments[i];
    if (word == "-h") word = "--help";
    if (only_words || !word.starts_with('-') || word == "-") {
      out.words.emplace_back(word);
      continue;
    }
    if (word == "--") {
      only_words = true;
      continue;
    }
    if (!word.starts_with("--")) {
      return usage(verb, std::string(verb.name) + " has no option " + std::string(word) +
                             " (a file of that name is ./" + std::string(word) + ")");
    }
    const size_t equals = word.find('=');
    const std::string name(word.substr(2, equals == std::string_view::npos ? equals : equals - 2));
    const auto spec = std::ranges::find(verb.options, name, &OptionSpec::name);
    if (spec == verb.options.end()) return unknown_option(verb, name);
    auto& values = out.options[name];
    if (!values.empty() && !spec->repeated) return usage(verb, "--" + name + " was given twice");
    if (spec->value.empty()) {
      if (equals != std::string_view::npos) return usage(verb, "--" + name + " takes no value");
      values.emplace_back("1");
      continue;
    }
    if (equals != std::string_view::npos) {
      values.emplace_back(word.substr(equals + 1));
    } else if (i + 1 < arguments.size()) {
      values.emplace_back(arguments[++i]);
    } else {
      return usage(verb, "--" + name + " needs " + std::string(spec->value));
    }
    TRY_STATUS(check_value(verb, *spec, values.back()));
  }
  if (out.has("help")) return out;
  if (out.words.size() < verb.min_words)
    return usage(verb, std::string(verb.name) + " needs " + std::string(verb.words));
  if (out.words.size() > verb.max_words)
    return usage(verb, std::string(verb.name) + ": unexpected " + out.words[verb.max_words] +
                           ", want only " +
                           std::string(verb.words.empty() ? "options" : verb.words));
  return out;
}

Result<int64_t> parse_integer(std::string_view what, const std::string& text, int64_t minimum,
                              int64_t maximum) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < minimum ||
      value > maximum) {
    return fail(ErrorCode::kInvalidArgument,
                std::string(what) + ": got \"" + text + "\", want a whole number from " +
                    std::to_string(minimum) + " to " + std::to_string(maximum));
  }
  return value;
}

Result<double> parse_number(std::string_view what, const std::string& text) {
  const auto value = double_of(text);
  if (!value) {
    return fail(ErrorCode::kInvalidArgument,
                std::string(what) + ": got \"" + text + "\", want a number");
  }
  return *value;
}

}  // namespace convscope
