// Every sentence of the page, in English and Chinese. The sentences stand in strings/*.def, one
// line each:
//   STRING(kShare, "Share", "分享")
// `{0}`, `{1}` … are replaced by format(); `*word*` is emphasised and `^word^` is drawn in the
// target's colour by sentence().
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "protocol/types.h"
#include "ui/view_state.h"

namespace convscope {

enum class S : uint16_t {
#define STRING(id, en, zh) id,
#include "ui/strings/faithfulness.def"
#include "ui/strings/frame.def"
#include "ui/strings/lenses.def"
#undef STRING
  kCount,
};

std::string_view text_of(S id, Language language);
std::string_view text_of(const Text& text, Language language);  // English where the other is empty

// Replaces {0}, {1} … by the arguments.
std::string format(std::string_view pattern, std::initializer_list<std::string_view> arguments);

// Numbers as text.
std::string fixed(double value, int digits);                  // "0.807"
std::string significant(double value, int digits = 3);        // "12.3", "0.00123", "1.2e-7"
std::string integer(int64_t value);                           // "1,248,424"
std::string percent(double fraction, int digits = 1);         // 0.807 → "80.7%"
std::string bytes_text(double bytes);                         // "0.7 MB"
std::string flops_text(double flops);                         // "1.67 G"
std::string shape_text(int height, int width, int channels);  // "55×55×128"

// `text` without the marks * and ^.
std::string plain(std::string_view text);

}  // namespace convscope
