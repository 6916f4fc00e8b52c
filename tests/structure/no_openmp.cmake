# Runs a program built without OpenMP and the same one with it: results have to be the same, and the first must not need
# a library of OpenMP.
#   cmake -DPROGRAM=... -DWITH_OPENMP=... -DREADELF=readelf -P no_openmp.cmake

execute_process(COMMAND ${READELF} -d ${PROGRAM} OUTPUT_VARIABLE needed COMMAND_ERROR_IS_FATAL ANY)
if(needed MATCHES "lib(gomp|omp|iomp)[^\n]*")
  message(FATAL_ERROR "a program without OpenMP needs ${CMAKE_MATCH_0}")
endif()
foreach(program IN ITEMS PROGRAM WITH_OPENMP)
  execute_process(COMMAND ${${program}} OUTPUT_VARIABLE results_of_${program} RESULT_VARIABLE status TIMEOUT 300)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${${program}}: status ${status}")
  endif()
endforeach()
if(NOT results_of_PROGRAM STREQUAL results_of_WITH_OPENMP)
  message(FATAL_ERROR "without OpenMP:\n${results_of_PROGRAM}with it:\n${results_of_WITH_OPENMP}")
endif()
