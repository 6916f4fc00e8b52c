# Two objects of one source with different flags: none may have a weak symbol of the library that the other has as well,
# since the linker keeps one of each name. The error is no code that computes, and is to be caught whoever throws it.
#   cmake -DNM=nm -DBASELINE=a.o -DV4=b.o -P flags.cmake

cmake_minimum_required(VERSION 3.25)

function(weak_symbols object result)
  execute_process(COMMAND ${NM} --demangle --defined-only ${object} OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "[0-9a-f]+ [WVu] [^\n]*maskrcnn[^\n]*" lines "${output}")
  string(REGEX REPLACE "[0-9a-f]+ [WVu] " "" lines "${lines}")
  set(${result} "${lines}" PARENT_SCOPE)
endfunction()

weak_symbols(${BASELINE} baseline)
weak_symbols(${V4} v4)
list(LENGTH baseline count)
if(count LESS 100)
  message(FATAL_ERROR "found ${count} weak symbols of the library in ${BASELINE}, expected its code")
endif()
set(shared)
foreach(symbol IN LISTS v4)
  if(symbol IN_LIST baseline AND NOT symbol MATCHES "maskrcnn::Error")
    list(APPEND shared "${symbol}")
  endif()
endforeach()
if(shared)
  list(JOIN shared "\n  " text)
  message(FATAL_ERROR "units of different flags share code:\n  ${text}")
endif()
message(STATUS "${count} weak symbols of the library, none shared")
