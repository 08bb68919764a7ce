#include "model/bundle_facts.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <format>

#include "model/text_lines.h"

namespace convscope {
namespace {

constexpr int64_t kMaxClasses = 100'000;

// The words of a statement as they were written, one space between two.
Result<std::string> sentence(std::span<const std::string_view> tokens) {
  const std::string name(tokens[0]);
  std::string out;
  for (std::string_view word : tokens.subspan(1))
    out += (out.empty() ? "" : " ") + std::string(word);
  if (out.empty()) return damaged_bundle("its " + name + " line says nothing");
  if (out.size() > kMaxFactBytes) {
    return damaged_bundle(
        std::format("its {} has {} bytes, want up to {}", name, out.size(), kMaxFactBytes));
  }
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::ranges::any_of(out, control)) return damaged_bundle("its " + name + " is no text");
  return out;
}

Status read_classes(std::span<const std::string_view> tokens, BundleFacts& facts) {
  int64_t count = 0;
  if (tokens.size() == 2 && facts.classes == 0) {
    const std::string_view text = tokens[1];
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc() || end != text.data() + text.size()) count = 0;
  }
  if (count < 1 || count > kMaxClasses) {
    return damaged_bundle(
        std::format("its classes line is not 'classes NUMBER' from 1 to {}, once", kMaxClasses));
  }
  facts.classes = count;
  return {};
}

std::string* named_fact(std::string_view name, BundleFacts& facts) {
  if (name == "title") return &facts.title;
  if (name == "citation") return &facts.citation;
  if (name == "licence") return &facts.licence;
  if (name == "origin") return &facts.origin;
  if (name == "preprocessing") return &facts.preprocessing;
  return nullptr;
}

}  // namespace

std::unexpected<Error> damaged_bundle(const std::string& what) {
  return fail(ErrorCode::kMalformed,
              "the model bundle is damaged: " + what + "; download or build it again");
}

Result<size_t> bundle_head_bytes(std::span<const uint8_t> prelude) {
  const std::string_view text(reinterpret_cast<const char*>(prelude.data()), prelude.size());
  if (!text.starts_with(kBundleMagic)) {
    return fail(ErrorCode::kMalformed,
                prelude.empty() ? "the model file is empty (0 bytes); download it again"
                                : "this is not a ConvScope model bundle (its first bytes are "
                                  "wrong); choose a .csb file");
  }
  if (prelude.size() < kBundlePreludeBytes)
    return damaged_bundle(std::format("it ends after {} bytes", prelude.size()));
  uint32_t length = 0;
  std::memcpy(&length, prelude.data() + kBundleMagic.size(), sizeof(length));
  if (length > kMaxBundleHeaderBytes)
    return damaged_bundle(std::format("its header claims {} bytes", length));
  return kBundlePreludeBytes + length;
}

Result<std::string_view> bundle_header(std::span<const uint8_t> bytes) {
  TRY(const size_t end, bundle_head_bytes(bytes));
  if (end > bytes.size()) {
    return damaged_bundle(std::format("its header claims {} bytes and the file has {}",
                                      end - kBundlePreludeBytes, bytes.size()));
  }
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), end);
  return text.substr(kBundlePreludeBytes);
}

Result<bool> read_bundle_fact(std::span<const std::string_view> tokens, BundleFacts& facts) {
  if (tokens[0] == "model") {
    if (tokens.size() != 2 || !facts.id.empty())
      return damaged_bundle("its model line is not 'model NAME', once");
    facts.id = tokens[1];
    return true;
  }
  if (tokens[0] == "classes") {
    TRY_STATUS(read_classes(tokens, facts));
    return true;
  }
  std::string* fact = named_fact(tokens[0], facts);
  if (fact == nullptr) return false;
  if (!fact->empty()) return damaged_bundle("it has two " + std::string(tokens[0]) + " lines");
  TRY(*fact, sentence(tokens));
  if (fact == &facts.preprocessing) {
    auto input = read_input_settings(*fact);
    if (!input) return damaged_bundle("its preprocessing: " + input.error().message);
    facts.input = *input;
  }
  return true;
}

Result<BundleFacts> read_bundle_facts(std::span<const uint8_t> bytes) {
  TRY(const std::string_view header, bundle_header(bytes));
  BundleFacts facts;
  for (std::string_view line : split(header, '\n')) {
    const std::vector<std::string_view> tokens = split(line, ' ');
    if (!tokens.empty() && !tokens[0].starts_with('#')) TRY_STATUS(read_bundle_fact(tokens, facts));
  }
  return facts;
}

}  // namespace convscope
