# Builds and runs consumer/ against the library: installed (find_package) or in a subfolder (add_subdirectory).

cmake_minimum_required(VERSION 3.25)

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command} failed:\n${output}")
  endif()
endfunction()

file(REMOVE_RECURSE ${WORK})
set(options -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_CXX_STANDARD=20)
if(WAY STREQUAL installed)
  run(${CMAKE_COMMAND} --install ${LIBRARY_BUILD} --component library --prefix ${WORK}/prefix)
  list(APPEND options -DCMAKE_PREFIX_PATH=${WORK}/prefix)
else()
  list(APPEND options -DMASKRCNN_SUBFOLDER=${LIBRARY_SOURCE})
endif()
run(${CMAKE_COMMAND} -S ${CONSUMER} -B ${WORK}/build ${options})
run(${CMAKE_COMMAND} --build ${WORK}/build)
run(${WORK}/build/consumer)
run(${WORK}/build/images)
