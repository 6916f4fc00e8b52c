# Reads the headers and holds the table of CONTRIBUTING.md: which layer may include which, and what may stand where.
#   cmake -DINCLUDE_DIR=include -P layers.cmake

cmake_minimum_required(VERSION 3.25)
cmake_path(ABSOLUTE_PATH INCLUDE_DIR)
set(wrong "")

# What a folder may include, itself among it. "top" are the headers in maskrcnn/ itself.
set(may_core core)
set(may_kernels core kernels)
set(may_ops core kernels ops)
set(may_weights core weights)
set(may_layers core kernels ops weights layers)
set(may_stages core kernels ops weights layers) # never each other
set(may_top core kernels ops weights layers stages top)
set(may_model core kernels ops weights layers stages top model)
set(may_umbrella core kernels ops weights layers stages top model)
set(may_io core kernels ops weights layers stages top model io)
set(may_evaluate core kernels ops weights layers stages top model io evaluate)

function(layer_of path result)
  if(path MATCHES "^([a-z]+)/")
    set(${result} ${CMAKE_MATCH_1} PARENT_SCOPE)
  elseif(path STREQUAL maskrcnn.hpp)
    set(${result} umbrella PARENT_SCOPE)
  else()
    set(${result} top PARENT_SCOPE)
  endif()
endfunction()

file(GLOB_RECURSE files RELATIVE ${INCLUDE_DIR}/maskrcnn ${INCLUDE_DIR}/maskrcnn/*)
foreach(file IN LISTS files)
  layer_of(${file} layer)
  if(NOT DEFINED may_${layer})
    list(APPEND wrong "${file}: '${layer}' is no layer of the table")
    continue()
  endif()
  file(STRINGS ${INCLUDE_DIR}/maskrcnn/${file} includes REGEX "^[ \t]*#[ \t]*include")
  foreach(line IN LISTS includes)
    if(line MATCHES "\"")
      list(APPEND wrong "${file}: includes with quotes: ${line}")
    elseif(line MATCHES "<maskrcnn/([^>]+)>")
      set(target ${CMAKE_MATCH_1})
      layer_of(${target} target_layer)
      # bodies belong to the header of their name: rpn.hpp, rpn.inl, rpn_head.inl
      string(REGEX REPLACE "[.].*" "" own ${file})
      string(REGEX REPLACE "[.].*" "" other ${target})
      string(FIND ${own} ${other} begins_with_other)
      string(FIND ${other} ${own} begins_with_own)
      if(NOT target_layer IN_LIST may_${layer} AND NOT begins_with_other EQUAL 0 AND NOT begins_with_own EQUAL 0)
        list(APPEND wrong "${file}: ${layer} may not include ${target}")
      endif()
    elseif(line MATCHES "<stb/" AND NOT layer STREQUAL io)
      list(APPEND wrong "${file}: stb belongs to io")
    elseif(line MATCHES "<(jpeglib|jerror|spng)\\.h>" AND NOT layer STREQUAL io)
      list(APPEND wrong "${file}: libjpeg-turbo and libspng belong to io")
    elseif(line MATCHES "<nlohmann/" AND NOT layer MATCHES "^(io|weights|evaluate)$")
      list(APPEND wrong "${file}: JSON belongs to weights, io and evaluate")
    elseif(line MATCHES "<omp\\.h>" AND NOT file STREQUAL core/parallel.inl)
      list(APPEND wrong "${file}: OpenMP belongs to core/parallel.inl")
    elseif(line MATCHES "<(thread|condition_variable|pthread\\.h)>" AND NOT file STREQUAL core/thread_pool.inl)
      list(APPEND wrong "${file}: threads belong to core/thread_pool.inl")
    elseif(line MATCHES "<(immintrin|x86intrin|emmintrin|arm_neon)\\.h>" AND NOT layer STREQUAL kernels
           AND NOT file STREQUAL io/stb.hpp) # which keeps what stb includes out of a namespace
      list(APPEND wrong "${file}: intrinsics belong to kernels")
    elseif(line MATCHES "<(iostream|print)>")
      list(APPEND wrong "${file}: the library prints nothing")
    endif()
  endforeach()

  # things that may stand in one place only
  foreach(rule IN ITEMS
      "#pragma omp|core/parallel.inl" "_Pragma\\(.omp|core/parallel.inl" "_mm[0-9]*_|kernels/" "__m(128|256|512)|kernels/"
      "(target\\(.avx|attribute push)|kernels/" "std::(cout|cerr|clog)|nowhere" "[^a-z_]f?printf *\\(|nowhere"
      "[^a-z_]puts *\\(|nowhere"
      # what asks the locale of the host: numbers go through std::to_chars and std::from_chars
      "s[n]?printf *\\(|nowhere" "strto[dfl]d? *\\(|nowhere" "(sscanf|ato[fil]|sto[dfil]|stold) *\\(|nowhere"
      "stringstream|nowhere" "(to|is)(upper|lower|alpha|alnum|digit|space|punct) *\\(|nowhere" "setlocale *\\(|nowhere")
    string(REGEX REPLACE "^(.*)\\|([^|]*)$" "\\1" pattern "${rule}")
    string(REGEX REPLACE "^(.*)\\|([^|]*)$" "\\2" place "${rule}")
    file(STRINGS ${INCLUDE_DIR}/maskrcnn/${file} lines REGEX "${pattern}")
    string(FIND "${file}" "${place}" found)
    if(lines AND NOT found EQUAL 0)
      list(GET lines 0 line)
      list(APPEND wrong "${file}: '${pattern}' may stand in ${place} only: ${line}")
    endif()
  endforeach()

  # a header opens with a sentence that says what it is
  file(STRINGS ${INCLUDE_DIR}/maskrcnn/${file} first LIMIT_COUNT 1)
  if(NOT first MATCHES "^//")
    list(APPEND wrong "${file}: the first line says nothing")
  endif()
endforeach()

list(LENGTH files count)
if(count LESS 40)
  list(APPEND wrong "found ${count} headers in ${INCLUDE_DIR}, expected the library")
endif()
if(wrong)
  list(JOIN wrong "\n  " text)
  message(FATAL_ERROR "layers are broken:\n  ${text}")
endif()
message(STATUS "${count} headers keep to their layers")
