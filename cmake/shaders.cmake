# shaders/*.glsl as C++: build/<preset>/generated/shaders/<name>.h holds
#   namespace convscope::shaders { inline constexpr char k<Name>[] = "..."; }
# with <name> the file's name without .glsl and <Name> the same in PascalCase.
function(convscope_shaders target)
  file(GLOB shaders CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/shaders/*.glsl)
  set(headers)
  foreach(shader ${shaders})
    get_filename_component(name ${shader} NAME_WE)
    set(header ${CMAKE_BINARY_DIR}/generated/shaders/${name}.h)
    add_custom_command(OUTPUT ${header} DEPENDS ${shader} ${CMAKE_SOURCE_DIR}/cmake/embed_text.cmake
      COMMAND ${CMAKE_COMMAND} -DNAME=${name} -DINPUT=${shader} -DOUTPUT=${header}
        -P ${CMAKE_SOURCE_DIR}/cmake/embed_text.cmake)
    list(APPEND headers ${header})
  endforeach()
  target_sources(${target} PRIVATE ${headers})
  target_include_directories(${target} PRIVATE ${CMAKE_BINARY_DIR}/generated)
endfunction()
