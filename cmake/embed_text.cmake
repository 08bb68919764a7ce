# Writes the text of INPUT as the constant convscope::shaders::k<Name> to OUTPUT.
string(REPLACE "_" ";" words ${NAME})
set(constant k)
foreach(word ${words})
  string(SUBSTRING ${word} 0 1 first)
  string(SUBSTRING ${word} 1 -1 rest)
  string(TOUPPER ${first} first)
  string(APPEND constant ${first}${rest})
endforeach()
file(READ ${INPUT} text)
file(WRITE ${OUTPUT} "// Made from shaders/${NAME}.glsl by the build.
#pragma once
namespace convscope::shaders {
inline constexpr char ${constant}[] = R\"GLSL(${text})GLSL\";
}
")
