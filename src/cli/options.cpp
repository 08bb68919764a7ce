#include "cli/options.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace convscope {

std::string Arguments::value(std::string_view name, std::string_view fallback) const {
  const auto found = options.find(name);
  return found == options.end() || found->second.empty() ? std::string(fallback)
                                                         : found->second.back();
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
  const auto usage = [&](std::string problem) {
    return fail(ErrorCode::kInvalidArgument, std::move(problem) + "\n" + verb_help(verb));
  };
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view word = arguments[i];
    if (!word.starts_with("--")) {
      out.words.emplace_back(word);
      continue;
    }
    const size_t equals = word.find('=');
    const std::string name(word.substr(2, equals == std::string_view::npos ? equals : equals - 2));
    const auto spec = std::ranges::find(verb.options, name, &OptionSpec::name);
    if (spec == verb.options.end())
      return usage(std::string(verb.name) + " has no option --" + name);
    auto& values = out.options[name];
    if (!values.empty() && !spec->repeated) return usage("--" + name + " was given twice");
    if (spec->value.empty()) {
      if (equals != std::string_view::npos) return usage("--" + name + " takes no value");
      values.emplace_back("1");
    } else if (equals != std::string_view::npos) {
      values.emplace_back(word.substr(equals + 1));
    } else if (i + 1 < arguments.size()) {
      values.emplace_back(arguments[++i]);
    } else {
      return usage("--" + name + " needs " + std::string(spec->value));
    }
  }
  if (out.has("help")) return out;
  if (out.words.size() < verb.min_words)
    return usage(std::string(verb.name) + " needs " + std::string(verb.words));
  if (out.words.size() > verb.max_words)
    return usage(std::string(verb.name) + ": unexpected " + out.words[verb.max_words]);
  return out;
}

Result<int64_t> parse_integer(std::string_view what, const std::string& text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return fail(ErrorCode::kInvalidArgument,
                std::string(what) + ": got \"" + text + "\", want a whole number");
  }
  return value;
}

Result<double> parse_number(std::string_view what, const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || end != text.c_str() + text.size()) {
    return fail(ErrorCode::kInvalidArgument,
                std::string(what) + ": got \"" + text + "\", want a number");
  }
  return value;
}

}  // namespace convscope
