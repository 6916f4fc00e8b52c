# Compiles one file of misuse/: it must fail, and the compiler's output must match the file's line "// expect: REGEX".
# A file is first compiled with MISUSE undefined, which must succeed: so it fails for the reason it is there for.
#   cmake -DCOMPILER=g++ -DINCLUDE_DIRS=... -DSOURCE=misuse/x.cpp -P misuse.cmake

cmake_minimum_required(VERSION 3.25)

list(TRANSFORM INCLUDE_DIRS PREPEND -I)
set(command ${COMPILER} -std=c++20 -fsyntax-only ${INCLUDE_DIRS} ${SOURCE})
file(STRINGS ${SOURCE} expected REGEX "^// expect: " LIMIT_COUNT 1)
string(REPLACE "// expect: " "" expected "${expected}")
if(expected STREQUAL "")
  message(FATAL_ERROR "${SOURCE} does not say what to expect")
endif()

execute_process(COMMAND ${command} RESULT_VARIABLE result ERROR_VARIABLE output OUTPUT_VARIABLE output)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "expected this to compile without MISUSE:\n${output}")
endif()
execute_process(COMMAND ${command} -DMISUSE RESULT_VARIABLE result ERROR_VARIABLE output OUTPUT_VARIABLE output)
if(result EQUAL 0)
  message(FATAL_ERROR "expected this not to compile, but it does")
endif()
if(NOT output MATCHES "${expected}")
  message(FATAL_ERROR "expected the compiler to say '${expected}', it said:\n${output}")
endif()
